//! What is read before its turn, because others depend on it.

use super::accept::remember;
use super::error::ImportError;
use super::groups::{Repeated, key_of};
use super::ids::{has_id, id_of};
use super::reading::Reading;
use crate::dump::{Collection, Document, Dump};
use crate::mapping::{Draft, Fate, IdIndex, Source, attachments};
use std::collections::HashSet;

impl Reading<'_> {
    /// Reads a collection once before it is taken, where documents may be there twice, say the same as others or refer to each
    /// other. `source` is what is known of it.
    pub(super) fn look_for_repetition(
        &mut self,
        source: Option<&'static Source>,
        collections: &[&Collection],
    ) -> Result<Repeated, ImportError> {
        let has_several_names = collections.len() > 1;
        let mut repeated = Repeated::of(has_several_names);
        let mappings = source.map_or(&[][..], |source| source.shape.mappings());
        let refers_to_itself = mappings.iter().any(|mapping| mapping.refers_to_itself.is_some());
        let may_repeat = mappings.iter().any(|mapping| !mapping.unique.is_empty());
        let is_in_order = collections.iter().all(|collection| collection.is_in_order());
        if !(refers_to_itself || may_repeat || has_several_names) && is_in_order {
            return Ok(repeated);
        }
        let mut claimed = HashSet::new();
        for collection in collections {
            repeated.begin_name(collection.name());
            let may_have_copies = has_several_names || !collection.is_in_order();
            for document in collection.read()? {
                let Document { raw, position, bad_text, .. } = document?;
                let id = id_of(&raw, position);
                if may_have_copies && !repeated.note_id(&id) {
                    continue;
                }
                let mapper = source.and_then(|source| self.given.mappers.of(source, &raw));
                let found = match mapper {
                    _ if bad_text.is_some() || !has_id(&raw) => Err(()),
                    None => Ok(None),
                    Some(mapper) => match mapper.map(&raw, &self.known) {
                        Ok((draft, Fate::Row)) if !may_have_copies || is_free(&draft, &mut claimed) => {
                            Ok(Some(draft))
                        }
                        Ok((_, Fate::Archive(_))) => Ok(None),
                        _ => Err(()),
                    },
                };
                if may_have_copies {
                    repeated.note_candidate(&id, found.is_ok());
                }
                match found {
                    Ok(Some(draft)) => {
                        if refers_to_itself {
                            remember(&mut self.known, &draft);
                        }
                        if let Some(key) = key_of(&draft) {
                            repeated.note_key(&key);
                        }
                    }
                    Ok(None) => {}
                    Err(()) if refers_to_itself => self.note_rejected(&id),
                    Err(()) => {}
                }
            }
        }
        repeated.done();
        if let Some(source) = source.filter(|_| refers_to_itself) {
            self.ask_for_rows(source)?;
        }
        Ok(repeated)
    }
}

/// Whether nothing before has a value of this document that only one can have; see [`Reading::claim`].
fn is_free(draft: &Draft<'_>, claimed: &mut HashSet<(&'static str, String)>) -> bool {
    draft.mapper.mapping.claims.iter().all(|&column| {
        draft
            .text(column)
            .is_none_or(|text| claimed.insert((column, text.to_owned())) || column == "identifier")
    })
}

/// Reads what documents that come later say of ones that come earlier.
pub(super) fn prescan(dump: &Dump, known: &mut IdIndex) -> Result<(), ImportError> {
    if let Some(copies) = dump.collection("MessageAttachment_backup_urls") {
        for document in copies.read()? {
            if let Some((id, addresses)) = attachments::addresses(&document?.raw) {
                known.add_addresses(id, addresses);
            }
        }
    }
    if let Some(stats) = dump.collection("UserStats") {
        for document in stats.read()? {
            let raw = document?.raw;
            if let (Ok(user), Ok(active)) = (raw.get_object_id("userId"), raw.get_datetime("lastActiveAt")) {
                known.add_active(user, active.timestamp_millis());
            }
        }
    }
    Ok(())
}
