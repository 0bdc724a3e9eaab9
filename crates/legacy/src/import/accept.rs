//! A document that can be taken, on its way to its row.

use super::anonymise;
use super::batch::Settled;
use super::error::ImportError;
use super::groups::{self, Group, Held, Repeated};
use super::kept::Row;
use super::ledger_only::LedgerOnly;
use super::reading::{Passing, Reading};
use super::writing::Step;
use crate::mapping::columns::ColumnDigests;
use crate::mapping::{Draft, IdIndex, Mapping, Rejection, Residual, field::Parent, translations};
use bson::RawDocument;
use bson::oid::ObjectId;
use meeshy_store::legacy::{Entry, Outcome};
use std::collections::HashMap;

impl<'d> Reading<'d> {
    /// Takes a document as a row.
    pub(super) fn take(
        &mut self,
        collection: &'d str,
        mut draft: Draft<'d>,
        passing: &Passing<'_>,
    ) -> Result<(), ImportError> {
        if let Err(rejection) = self.claim(&mut draft) {
            self.reject(passing, &rejection);
            return Ok(());
        }
        let mut replaces = false;
        if collection == "MessageTranslation" {
            match self.compare_with_inside(&draft) {
                Inside::None => {}
                Inside::Older => replaces = true,
                Inside::Newer => {
                    let note = "the message itself has a newer one".into();
                    let message = draft.text("message_id").unwrap_or_default().to_owned();
                    let aside = LedgerOnly { kept: Some(("Message".into(), message)), ..passing.aside(note) };
                    self.ledger_only(Outcome::Merged, aside);
                    return Ok(());
                }
            }
        }
        let is_message = draft.mapper.mapping.parent == Some(Parent::Message);
        let parts = if is_message { self.translations_inside(&mut draft, passing.raw) } else { Vec::new() };
        let mut trace = Residual::of(&draft, passing.raw);
        if self.given.options.anonymise {
            anonymise::draft(&mut draft);
            (trace.rest, trace.instead) = (None, None);
        }
        remember(&mut self.known, &draft);
        self.texts.add(collection, &draft);
        for notice in &draft.notices {
            self.notices.add(collection, notice.field, notice.what);
        }
        let note = note_of(&draft);
        let entry = Entry {
            id: draft.id.clone(),
            digest: passing.digest.clone(),
            outcome: Outcome::Inserted,
            note,
            rest: trace.rest.map(|rest| rest.as_bytes().to_vec()),
            row_digest: Some(draft.row_digest().to_vec()),
            layout: self.layout(passing.name, &trace.fields)?,
            instead: trace.instead.map(|instead| instead.as_bytes().to_vec()),
            kept: None,
            column_digests: Some(ColumnDigests::of(&draft).to_bytes()),
        };
        if is_message {
            self.prepare_message(&mut draft);
        }
        let raw =
            (!self.given.is_first && !self.given.options.anonymise).then(|| passing.raw.as_bytes().to_vec());
        let position = passing.position;
        self.pending.push(Settled { entry, position, row: Some(draft), raw, replaces });
        if !parts.is_empty() {
            self.flush(collection)?;
            self.send(Step::Translations(parts))?;
        }
        Ok(())
    }

    /// A message has a number of its own until all are there, and answers another one only then.
    fn prepare_message(&mut self, draft: &mut Draft<'d>) {
        self.provisional -= 1;
        draft.set("sequence", self.provisional);
        if let Some(reply_to) = draft.text("reply_to_id").map(str::to_owned) {
            self.replies.push((draft.id.clone(), reply_to));
            draft.set("reply_to_id", None::<String>);
        }
    }

    /// The translations that a message has inside; what cannot be read of them stays beside it.
    fn translations_inside(&mut self, message: &mut Draft<'d>, raw: &RawDocument) -> Vec<Draft<'d>> {
        let mut newest: HashMap<String, Draft<'d>> = HashMap::new();
        for (written, entry) in translations::entries(message, raw, &self.given.mappers.entry) {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(rejection) => {
                    let what = "has an entry that cannot be read, kept aside";
                    message.notice("translations", what, format!("{written}: {rejection}"));
                    if let Ok(Some(map)) = raw.get("translations") {
                        message.keep("translations", map);
                    }
                    continue;
                }
            };
            if self.given.options.anonymise {
                anonymise::draft(&mut entry);
            }
            let key = key_in_map(&entry);
            let updated = entry.int("updated_at");
            if newest.get(&key).is_none_or(|other| other.int("updated_at") < updated) {
                self.inside.insert(key.clone(), updated);
                newest.insert(key, entry);
            }
        }
        newest.into_values().collect()
    }

    fn compare_with_inside(&self, draft: &Draft<'_>) -> Inside {
        match self.inside.get(&key_in_map(draft)) {
            None => Inside::None,
            Some(updated) if *updated < draft.int("updated_at") => Inside::Older,
            Some(_) => Inside::Newer,
        }
    }

    /// What only one document can have.
    fn claim(&mut self, draft: &mut Draft<'d>) -> Result<(), Rejection> {
        for &column in draft.mapper.mapping.claims {
            let Some(text) = draft.text(column) else { continue };
            if self.claimed.insert(claim(draft.mapper.mapping.table, column, text)) {
                continue;
            }
            if column != "identifier" {
                return Err(Rejection::taken(column));
            }
            let made = format!("mshy_{}", draft.id);
            draft.set("identifier", made);
            draft.notice("identifier", "another has the same, made from the id", "");
        }
        Ok(())
    }

    /// What keeps a document from being taken: a value of its that another has, and only one can have.
    pub(super) fn clash(&self, draft: &Draft<'_>) -> Option<Rejection> {
        let mapping = draft.mapper.mapping;
        let is_taken = |column: &str| {
            let text = draft.text(column);
            column != "identifier"
                && text.is_some_and(|text| self.claimed.contains(&claim(mapping.table, column, text)))
        };
        mapping.claims.iter().find(|column| is_taken(column)).map(|column| Rejection::taken(column))
    }

    /// Merges what was kept back.
    pub(super) fn settle_groups(&mut self) -> Result<(), ImportError> {
        let held = std::mem::take(&mut self.held);
        for Group { kept, merged } in groups::merge(held) {
            for other in merged {
                let is_shared = other.draft.id == kept.draft.id && other.collection == kept.collection;
                let note = format!("into {} {}", kept.collection, kept.draft.id);
                let kept = Some((kept.collection.to_owned(), kept.draft.id.clone()));
                let Held { name, raw, digest, draft, position, .. } = &other;
                let (id, digest, position) = (draft.id.clone(), digest.clone(), *position);
                let aside = LedgerOnly { id, is_shared, name, raw, digest, note, position, kept };
                self.ledger_only(Outcome::Merged, aside);
                self.flush(other.collection)?;
            }
            let Held { collection, name, draft, raw, digest, position } = kept;
            let raw = RawDocument::from_bytes(&raw)
                .map_err(|error| ImportError::DoesNotAddUp(error.to_string()))?;
            let repeated = &Repeated::default();
            let passing = Passing { name: &name, raw, digest, position, repeated, copy: None };
            self.take(collection, draft, &passing)?;
            self.flush(collection)?;
        }
        Ok(())
    }
}

fn claim(table: &str, column: &str, text: &str) -> String {
    format!("{table}.{column} {text}")
}

/// How a translation compares with one inside of its message.
enum Inside {
    /// There is none.
    None,
    /// That one is older.
    Older,
    /// That one is newer.
    Newer,
}

fn key_in_map(draft: &Draft<'_>) -> String {
    format!("{} {}", draft.text("message_id").unwrap_or_default(), draft.text("language").unwrap_or_default())
}

fn note_of(draft: &Draft<'_>) -> Option<String> {
    let notes: Vec<String> = draft
        .notices
        .iter()
        .map(|notice| match notice.detail.as_str() {
            "" => format!("`{}` {}", notice.field, notice.what),
            detail => format!("`{}` {}: {detail}", notice.field, notice.what),
        })
        .collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// Notes a document that was taken, for those that refer to it.
pub(super) fn remember(known: &mut IdIndex, draft: &Draft<'_>) {
    know(known, draft.mapper.mapping.parent, &draft.id, || draft.text("conversation_id"));
}

/// Notes a row that is here, for documents that refer to it.
pub(super) fn remember_row(known: &mut IdIndex, mapping: &Mapping, row: &Row) {
    know(known, mapping.parent, &row.id, || row.conversation.as_deref());
}

fn know<'c>(
    known: &mut IdIndex,
    parent: Option<Parent>,
    id: &str,
    conversation: impl FnOnce() -> Option<&'c str>,
) {
    match (parent, ObjectId::parse_str(id)) {
        (Some(Parent::Message), Ok(id)) => known.add_message(id, conversation().unwrap_or_default()),
        (Some(Parent::EncryptionKey), _) => known.add_key(id),
        (Some(parent), Ok(id)) => known.add(parent, id),
        _ => {}
    }
}
