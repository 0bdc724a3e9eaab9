//! Loads engines before they are needed: when a conversation is opened whose members write in other languages.
//!
//! The first translation after a start would otherwise wait until its model is loaded.

use super::engines::Engines;
use meeshy_domain::{Language, LanguageSettings};
use meeshy_store::MAX_NOTICE_BYTES;
use meeshy_store::conversation_languages::Counts;
use meeshy_translation::Pair;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// The most languages of a conversation for which engines are loaded: those of most members.
const MAX_LANGUAGES: usize = 4;
/// The most pairs that wait to be announced to other processes.
const MAX_WAITING: usize = MAX_NOTICE_BYTES / 8;

/// Loads engines, here and in other processes. Cheap to clone.
#[derive(Clone)]
pub(crate) struct WarmUp {
    engines: Engines,
    waiting: Arc<Waiting>,
}

/// Pairs for other processes.
#[derive(Default)]
struct Waiting {
    pairs: Mutex<BTreeSet<Pair>>,
    added: Notify,
}

impl WarmUp {
    pub fn new(engines: Engines) -> Self {
        Self { engines, waiting: Arc::default() }
    }

    /// Loads what a conversation with these members needs, now that `opener` is likely to read and write there.
    pub fn opened(&self, opener: &LanguageSettings, members: &[Counts]) {
        for pair in pairs(opener, members) {
            if self.engines.translator.serves(pair.from, pair.to) {
                self.engines.translator.warm_up(pair);
            } else if self.engines.remote.serve(pair.from, pair.to) {
                self.tell_others(pair);
            }
        }
    }

    fn tell_others(&self, pair: Pair) {
        let mut waiting = self.waiting.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MAX_WAITING && waiting.insert(pair) {
            self.waiting.added.notify_one();
        }
    }

    /// Waits until there are pairs for other processes, and returns them as the payload of a notification.
    pub async fn next_notice(&self) -> String {
        loop {
            self.waiting.added.notified().await;
            let pairs = {
                let mut waiting = self.waiting.pairs.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *waiting)
            };
            if !pairs.is_empty() {
                return pairs.iter().map(Pair::to_string).collect::<Vec<_>>().join(" ");
            }
        }
    }

    /// Another process has sent these pairs.
    pub fn noticed(&self, payload: &str) {
        // A newer version may know languages that this one does not.
        let pairs = payload.split(' ').filter_map(|pair| pair.parse::<Pair>().ok());
        for pair in pairs.filter(|pair| self.engines.translator.serves(pair.from, pair.to)) {
            self.engines.translator.warm_up(pair);
        }
    }
}

/// The pairs between the languages of an opener and those of the other members.
fn pairs(opener: &LanguageSettings, members: &[Counts]) -> Vec<Pair> {
    let (writes, reads) = (opener.system_language, opener.translated_into());
    let others = |counts: &&Counts| {
        let own = i64::from(counts.language == writes);
        counts.members > own || counts.readers > i64::from(reads == Some(counts.language))
    };
    let mut others: Vec<&Counts> = members.iter().filter(others).collect();
    others.sort_by_key(|counts| Reverse(counts.members.max(counts.readers)));
    others.truncate(MAX_LANGUAGES);
    let mut pairs = Vec::new();
    let mut add = |from: Language, to: Language| {
        if from != to {
            pairs.push(Pair { from, to });
        }
    };
    for counts in others {
        if counts.readers > i64::from(reads == Some(counts.language)) {
            add(writes, counts.language);
        }
        if let Some(reads) = reads.filter(|_| counts.members > i64::from(counts.language == writes)) {
            add(counts.language, reads);
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(code: &str) -> Language {
        Language::parse(code).unwrap()
    }

    /// `en` reads what others write in English; `en-` reads originals only; `en>fr` writes English and reads French.
    fn settings(text: &str) -> LanguageSettings {
        if let Some((writes, reads)) = text.split_once('>') {
            return LanguageSettings {
                custom_destination_language: Some(language(reads)),
                use_custom_destination: true,
                ..LanguageSettings::reading(language(writes))
            };
        }
        match text.strip_suffix('-') {
            Some(code) => LanguageSettings {
                auto_translate_enabled: false,
                ..LanguageSettings::reading(language(code))
            },
            None => LanguageSettings::reading(language(text)),
        }
    }

    /// The counts that the database keeps for these members.
    fn counts(members: &[LanguageSettings]) -> Vec<Counts> {
        let mut counts: Vec<Counts> = Vec::new();
        let mut of = |language: Language, change: &dyn Fn(&mut Counts)| {
            let known = counts.iter().position(|counts| counts.language == language);
            let at = known.unwrap_or_else(|| {
                counts.push(Counts { language, members: 0, readers: 0, messages: 0 });
                counts.len() - 1
            });
            change(&mut counts[at]);
        };
        for settings in members {
            of(settings.system_language, &|counts| counts.members += 1);
            if let Some(language) = settings.translated_into() {
                of(language, &|counts| counts.readers += 1);
            }
        }
        counts.sort_by_key(|counts| counts.language);
        counts
    }

    /// The opener, who is a member too, the other members, and the pairs.
    const CASES: &[(&str, &str, &str)] = &[
        ("en", "", ""),
        ("en", "en", ""),
        ("en", "en en en-", ""),
        ("en", "fr", "en-fr fr-en"),
        ("fr", "en", "en-fr fr-en"),
        ("en", "fr fr fr", "en-fr fr-en"),
        ("en", "fr en", "en-fr fr-en"),
        ("en", "fr pt", "en-fr en-pt fr-en pt-en"),
        ("pt", "fr ja", "fr-pt ja-pt pt-fr pt-ja"),
        // Nobody reads translations: a French message is read as it is.
        ("en-", "fr-", ""),
        ("en-", "fr", "en-fr"),
        ("en", "fr-", "fr-en"),
        ("en", "fr- fr", "en-fr fr-en"),
        ("en-", "en- fr de-", "en-fr"),
        // Reads another language than it writes.
        ("en>fr", "en", "en-fr"),
        ("en>fr", "", ""),
        ("en>fr", "fr", "en-fr"),
        ("en", "en>fr", "en-fr"),
        ("en>fr", "de", "de-fr en-de"),
        ("en", "de>fr", "de-en en-fr"),
        ("en>fr", "en>fr", "en-fr"),
        // At most four languages, those of most members.
        ("en", "fr fr pt pt de de es es ja", "de-en en-de en-es en-fr en-pt es-en fr-en pt-en"),
        ("en", "fr ja ja pt pt de de es es", "de-en en-de en-es en-ja en-pt es-en ja-en pt-en"),
        ("en-", "fr fr pt pt de de es es ja", "en-de en-es en-fr en-pt"),
        ("en", "it it fr fr pt pt de de es", "de-en en-de en-fr en-it en-pt fr-en it-en pt-en"),
    ];

    #[test]
    fn the_pairs_between_the_opener_and_the_others() {
        for (opener, others, expected) in CASES {
            let opener = settings(opener);
            let others = others.split_whitespace().map(settings);
            let members: Vec<LanguageSettings> = std::iter::once(opener).chain(others).collect();
            let mut found: Vec<String> =
                pairs(&opener, &counts(&members)).iter().map(Pair::to_string).collect();
            found.sort();
            found.dedup();
            assert_eq!(found.join(" "), *expected, "{opener:?} among {members:?}");
        }
    }
}
