//! Translations embedded in messages, compared with those that are separate documents.

use super::anonymise;
use crate::import::context::Input;
use crate::mapping::{Draft, translations};
use bson::RawDocument;
use std::cmp::Ordering;
use std::collections::HashMap;

/// The time of each embedded translation, by message and language.
#[derive(Default)]
pub(super) struct EmbeddedTranslations(HashMap<String, Option<i64>>);

impl EmbeddedTranslations {
    /// The translations embedded in a message; invalid ones stay in the ledger.
    pub(super) fn extract<'d>(
        &mut self,
        input: Input<'d>,
        message: &mut Draft<'d>,
        raw: &RawDocument,
    ) -> Vec<Draft<'d>> {
        let mut newest: HashMap<String, Draft<'d>> = HashMap::new();
        for (written, entry) in translations::entries(message, raw, input.mappers.embedded_translation()) {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(rejection) => {
                    let what = "has an invalid entry, stored in the ledger";
                    message.notice("translations", what, format!("{written}: {rejection}"));
                    if let Ok(Some(map)) = raw.get("translations") {
                        message.keep_original("translations", map);
                    }
                    continue;
                }
            };
            if input.options.anonymise {
                anonymise::draft(&mut entry);
            }
            let key = key_of(&entry);
            let updated = entry.int("updated_at");
            if newest.get(&key).is_none_or(|other| other.int("updated_at") < updated) {
                self.0.insert(key.clone(), updated);
                newest.insert(key, entry);
            }
        }
        newest.into_values().collect()
    }

    /// Compares the embedded translation with a separate one, if there is one: older, or newer.
    pub(super) fn compare(&self, draft: &Draft<'_>) -> Option<Ordering> {
        let updated = self.0.get(&key_of(draft))?;
        Some(if *updated < draft.int("updated_at") { Ordering::Less } else { Ordering::Greater })
    }
}

fn key_of(draft: &Draft<'_>) -> String {
    format!("{} {}", draft.text("message_id").unwrap_or_default(), draft.text("language").unwrap_or_default())
}
