//! Translations by real models.

use meeshy_testkit::models;
use meeshy_translation::{Outcome, TranslationConfig, Translator};

mod support;

#[tokio::test]
async fn real_models_translate() {
    let config = TranslationConfig {
        models_dir: models::real(),
        apertium_modes_dir: "/nonexistent".into(),
        ..TranslationConfig::default()
    };
    let translator = Translator::new(&config, None).unwrap();
    let outcome = support::translate_one(&translator, "en", "pt", "The train arrives in the morning.").await;
    assert!(matches!(&outcome, Outcome::Done { text, .. } if text.contains("manhã")), "{outcome:?}");
}
