//! What the tests of the engines share.

#![allow(dead_code)]

use meeshy_domain::Language;
use meeshy_translation::{Outcome, TranslationConfig, Translator};
use std::path::Path;

/// The packages that these tests need, as in `deploy/apertium-packages.txt`.
const PACKAGES: &str = include_str!("../../../../deploy/apertium-packages.txt");

pub fn language(code: &str) -> Language {
    Language::parse(code).unwrap()
}

/// A translator with Apertium only.
pub fn apertium() -> Translator {
    apertium_with(TranslationConfig::default())
}

/// The same with other settings.
pub fn apertium_with(config: TranslationConfig) -> Translator {
    let needed = [
        "eng-spa", "spa-eng", "eng-cat", "cat-eng", "es-fr", "fr-es", "cat-fra", "fra-cat", "es-pt",
        "spa-ita",
    ];
    let missing: Vec<&str> = needed
        .into_iter()
        .filter(|name| !Path::new("/usr/share/apertium/modes").join(format!("{name}.mode")).exists())
        .collect();
    let packages = PACKAGES.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(missing.is_empty(), "Apertium lacks {missing:?}; install it: sudo apt-get install -y {packages}");
    let config = TranslationConfig { models_dir: "/nonexistent".into(), ..config };
    Translator::new(&config, None).unwrap()
}

/// Translates one message, which must not fail.
pub async fn translate_one(translator: &Translator, from: &str, to: &str, text: &str) -> Outcome {
    let mut outcomes = translator.translate(language(from), language(to), &[text.to_owned()]).await;
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0).unwrap()
}

/// The processes of this one with such a name and such a word among their arguments, zombies included.
pub fn children_named(name: &str, argument: &str) -> Vec<u32> {
    let own = std::process::id().to_string();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let Some((head, tail)) = stat.rsplit_once(") ") else { continue };
        let command = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        let child = tail.split(' ').nth(1) == Some(own.as_str());
        let called = head.rsplit_once('(').is_some_and(|(_, called)| name.starts_with(called));
        if child && called && (command.is_empty() || command.contains(argument)) {
            found.push(pid);
        }
    }
    found
}
