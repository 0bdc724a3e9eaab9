//! CTranslate2 models: real translations with the feature `ct2`; without it, the advice to the operator.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use meeshy_translation::{Outcome, TranslationConfig, Translator, ctranslate2_models};
use std::path::Path;
use support::ctranslate2::install;
use support::translate_one;

const OPUS: &str = "family = 'opus'\nlicence = 'CC-BY-4.0'\npairs = ['en-es']\n";
fn config(models_dir: &Path) -> TranslationConfig {
    TranslationConfig {
        models_dir: models_dir.to_owned(),
        apertium_modes_dir: "/nonexistent".into(),
        threads: 1,
        ..TranslationConfig::default()
    }
}

fn unavailable(outcome: Outcome) -> String {
    match outcome {
        Outcome::Unavailable { reason } => reason.text,
        other => panic!("{other:?}"),
    }
}

#[cfg(not(feature = "ct2"))]
#[tokio::test]
async fn a_build_without_the_feature_reports_what_a_model_needs() {
    let folder = tempfile::tempdir().unwrap();
    install(folder.path(), "opus-en-es", OPUS);
    let translator = Translator::new(&config(folder.path()), None).unwrap();
    let reason = unavailable(translate_one(&translator, "en", "es", "hello").await);
    assert_eq!(reason, "the model `opus-en-es` requires Meeshy to be built with the feature `ct2`");
    let listed = ctranslate2_models(&config(folder.path()));
    assert_eq!(listed[0].problem.as_deref(), Some(reason.as_str()));
}

#[test]
fn a_folder_without_a_manifest_is_listed_with_its_problem() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("ct2/half")).unwrap();
    let listed = ctranslate2_models(&config(folder.path())).remove(0);
    assert_eq!((listed.name.as_str(), listed.pairs), ("half", 0));
    assert!(listed.problem.unwrap().starts_with("meeshy.toml: "));
}

#[cfg(feature = "ct2")]
mod built {
    use super::*;

    const NLLB: &str = "family = 'nllb'\nlicence = 'CC-BY-NC-4.0'\nlanguages = {en = '__en__', fr = '__fr__', es = '__es__'}\n";

    fn parts(outcome: Outcome) -> (String, f32) {
        match outcome {
            Outcome::Done { text, engine, score: Some(score), .. } if engine == "ctranslate2" => {
                (text, score)
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_model_of_one_pair_translates() {
        let folder = tempfile::tempdir().unwrap();
        install(folder.path(), "opus-en-es", OPUS);
        let translator = Translator::new(&config(folder.path()), None).unwrap();
        let (text, score) = parts(translate_one(&translator, "en", "es", "- hello\n- hello, hello").await);
        assert_eq!(text, "- hola\n- hola");
        assert!(score > 0.9 && score <= 1.0, "{score}");
        translator.shutdown().await;
        assert_eq!(parts(translate_one(&translator, "en", "es", "hello hello").await).0, "hola");
    }

    #[tokio::test]
    async fn a_multilingual_model_is_given_the_languages() {
        let folder = tempfile::tempdir().unwrap();
        install(folder.path(), "m2m", "family = 'm2m100'\nlicence = 'MIT'\npairs = ['en-es', 'en-fr']\n");
        let translator = Translator::new(&config(folder.path()), None).unwrap();
        assert_eq!(parts(translate_one(&translator, "en", "fr", "hello").await).0, "bonjour");
        assert_eq!(parts(translate_one(&translator, "en", "es", "hello").await).0, "hola");
    }

    #[tokio::test]
    async fn a_non_commercial_licence_must_be_accepted() {
        let folder = tempfile::tempdir().unwrap();
        install(folder.path(), "nllb-200", NLLB);
        let mut config = config(folder.path());
        let translator = Translator::new(&config, None).unwrap();
        let reason = unavailable(translate_one(&translator, "en", "fr", "hello").await);
        assert!(reason.contains("(CC-BY-NC-4.0) forbids commercial use"), "{reason}");
        assert_eq!(ctranslate2_models(&config)[0].problem.as_deref(), Some(reason.as_str()));
        config.accept_non_commercial = true;
        let translator = Translator::new(&config, None).unwrap();
        assert_eq!(parts(translate_one(&translator, "en", "fr", "hello").await).0, "bonjour");
        assert_eq!(ctranslate2_models(&config)[0].problem, None);
    }

    #[tokio::test]
    async fn a_damaged_model_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        install(folder.path(), "opus-en-es", OPUS);
        std::fs::write(folder.path().join("ct2/opus-en-es/model.bin"), "no model").unwrap();
        let translator = Translator::new(&config(folder.path()), None).unwrap();
        let reason = unavailable(translate_one(&translator, "en", "es", "hello").await);
        assert!(reason.contains("`opus-en-es`") && reason.contains("failed to load"), "{reason}");
    }

    #[tokio::test]
    async fn an_idle_model_is_unloaded_and_reloaded() {
        let folder = tempfile::tempdir().unwrap();
        install(folder.path(), "opus-en-es", OPUS);
        let config = TranslationConfig { model_idle_seconds: 1, ..config(folder.path()) };
        let translator = Translator::new(&config, None).unwrap();
        translate_one(&translator, "en", "es", "hello").await;
        tokio::time::sleep(std::time::Duration::from_millis(1300)).await;
        assert_eq!(parts(translate_one(&translator, "en", "es", "hello there").await).0, "hola");
    }
}
