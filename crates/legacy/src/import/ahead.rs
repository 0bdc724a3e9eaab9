//! What is read before its turn, because others depend on it.

use super::error::ImportError;
use super::groups::{Repeated, key_of};
use super::ids::id_of;
use super::reading::Reading;
use super::take::remember;
use crate::dump::{Collection, Document, Dump};
use crate::mapping::{Fate, Known, Source, attachments};

impl Reading<'_> {
    /// Reads a collection once before it is taken, where documents may be there twice, say the same as others or refer to each
    /// other. `source` is what is known of it.
    pub(super) fn look_for_repetition(
        &mut self,
        source: Option<&'static Source>,
        collections: &[&Collection],
    ) -> Result<Repeated, ImportError> {
        let mut repeated = Repeated::default();
        let mappings = source.map_or(&[][..], |source| source.shape.mappings());
        let refers_to_itself = mappings.iter().any(|mapping| mapping.refers_to_itself.is_some());
        let may_repeat = mappings.iter().any(|mapping| !mapping.unique.is_empty());
        let has_several_names = collections.len() > 1;
        let is_in_order = collections.iter().all(|collection| collection.is_in_order());
        if !(refers_to_itself || may_repeat || has_several_names) && is_in_order {
            return Ok(repeated);
        }
        for collection in collections {
            repeated.begin_name();
            for document in collection.read()? {
                let Document { raw, position, bad_text, .. } = document?;
                if has_several_names || !collection.is_in_order() {
                    let is_copy = repeated.note_id(&id_of(&raw, position));
                    if is_copy {
                        continue;
                    }
                }
                let mapper = source.and_then(|source| self.given.mappers.of(source, &raw));
                let Some(mapper) = mapper.filter(|_| bad_text.is_none()) else { continue };
                let Ok((draft, Fate::Row)) = mapper.map(&raw, &self.known) else { continue };
                if refers_to_itself {
                    remember(&mut self.known, &draft);
                }
                if let Some(key) = key_of(&draft) {
                    repeated.note_key(&key);
                }
            }
        }
        repeated.done();
        Ok(repeated)
    }
}

/// Reads what documents that come later say of ones that come earlier.
pub(super) fn look_ahead(dump: &Dump, known: &mut Known) -> Result<(), ImportError> {
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
