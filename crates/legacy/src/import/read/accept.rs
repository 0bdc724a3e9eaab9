//! Documents that become rows.

use super::anonymise;
use super::candidate::{Candidate, LedgerOnly};
use super::reader::Reader;
use crate::import::error::ImportError;
use crate::import::step::{Resolution, Step};
use crate::mapping::digests::ColumnDigests;
use crate::mapping::field::Parent;
use crate::mapping::{Draft, Residual};
use meeshy_store::legacy::{Entry, Outcome};
use std::cmp::Ordering;

impl<'d> Reader<'d> {
    /// Accepts a document as a row, unless another one has one of its unique values or a newer translation
    /// exists.
    pub(super) fn accept(
        &mut self,
        collection: &'d str,
        mut draft: Draft<'d>,
        candidate: &Candidate<'_>,
    ) -> Result<(), ImportError> {
        if let Err(rejection) = self.unique_values.claim(&mut draft) {
            self.reject(candidate, &rejection);
            return Ok(());
        }
        let mut replaces = false;
        if collection == "MessageTranslation" {
            match self.embedded.compare(&draft) {
                None => {}
                Some(Ordering::Less) => replaces = true,
                Some(_) => {
                    let note = "the message contains a newer translation".into();
                    let message = draft.text("message_id").unwrap_or_default().to_owned();
                    let kept = Some(("Message".into(), message));
                    self.keep(Outcome::Merged, LedgerOnly { kept, ..candidate.ledger_only(note) });
                    return Ok(());
                }
            }
        }
        let input = self.input;
        let is_message = draft.mapper.mapping.parent == Some(Parent::Message);
        let translations = match is_message {
            true => self.embedded.extract(input, &mut draft, candidate.raw),
            false => Vec::new(),
        };
        let mut residual = Residual::of(&draft, candidate.raw);
        if input.options.anonymise {
            anonymise::draft(&mut draft);
            (residual.rest, residual.instead) = (None, None);
        }
        self.remember(&draft);
        self.findings.texts.add(collection, &draft);
        for notice in &draft.notices {
            self.findings.notices.add(collection, notice.field, notice.what);
        }
        let entry = Entry {
            id: draft.id.clone(),
            digest: candidate.digest.clone(),
            outcome: Outcome::Inserted,
            note: note_of(&draft),
            rest: residual.rest.map(|rest| rest.as_bytes().to_vec()),
            row_digest: Some(draft.row_digest().to_vec()),
            layout: self.output.layout(candidate.name, &residual.fields)?,
            instead: residual.instead.map(|instead| instead.as_bytes().to_vec()),
            kept: None,
            column_digests: Some(ColumnDigests::of(&draft).to_bytes()),
        };
        if is_message {
            self.prepare_message(&mut draft);
        }
        let keeps_raw = !input.is_first && !input.options.anonymise;
        let raw = keeps_raw.then(|| candidate.raw.as_bytes().to_vec());
        self.output.push(Resolution { entry, position: candidate.position, row: Some(draft), raw, replaces });
        if !translations.is_empty() {
            self.output.flush(collection)?;
            self.output.send(Step::Translations(translations))?;
        }
        Ok(())
    }

    /// A message has a temporary number until all are there, and only then gets its reply-to.
    fn prepare_message(&mut self, draft: &mut Draft<'d>) {
        self.provisional_sequence -= 1;
        draft.set("sequence", self.provisional_sequence);
        if let Some(reply_to) = draft.text("reply_to_id").map(str::to_owned) {
            self.replies.push((draft.id.clone(), reply_to));
            draft.set("reply_to_id", None::<String>);
        }
    }
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
