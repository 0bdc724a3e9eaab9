//! Shared helpers of the engine tests.

#![expect(dead_code, reason = "each test file uses a part of this")]

pub mod ctranslate2;
pub mod log;
pub mod mirror;
pub mod server;
pub use meeshy_testkit::firefox as synthetic;

use meeshy_domain::Language;
use meeshy_translation::{Outcome, TranslationConfig, Translator};
use std::path::Path;
use std::time::Duration;

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

/// Translates a message, which must not fail.
pub async fn translate_one(translator: &Translator, from: &str, to: &str, text: &str) -> Outcome {
    let mut outcomes = translator.translate(language(from), language(to), &[text.to_owned()]).await;
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0).unwrap()
}

/// The child processes of this one in start order, including zombies.
pub fn children() -> Vec<u32> {
    let own = std::process::id().to_string();
    let mut found: Vec<u32> = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // The name of the program, in parentheses, may contain anything; the state and the parent follow it.
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1));
        if parent == Some(own.as_str()) {
            found.push(pid);
        }
    }
    found.sort_unstable();
    found
}

/// The processor time of this thread, which does not depend on other load.
pub fn computing_time() -> Duration {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(times.split(' ').next().unwrap().parse().unwrap())
}
