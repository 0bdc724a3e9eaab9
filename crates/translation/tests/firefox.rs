//! The translator with synthetic Firefox models.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use meeshy_testkit::eventually;
use meeshy_translation::{Outcome, TranslationConfig, Translator};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rstest::rstest;
use std::path::Path;
use support::log::Log;
use support::synthetic::{self, Synthetic, install, saying};
use support::{language, translate_one};

fn config(models: &Path) -> TranslationConfig {
    TranslationConfig {
        models_dir: models.to_owned(),
        apertium_modes_dir: "/nonexistent".into(),
        threads: 2,
        ..TranslationConfig::default()
    }
}

fn translator(models: &Path) -> Translator {
    Translator::new(&config(models), None).unwrap()
}

fn text_of(outcome: Outcome) -> String {
    match outcome {
        Outcome::Done { text, engine, score: None, .. } if engine.starts_with("firefox") => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_model_translates_sentence_by_sentence_and_keeps_the_layout() {
    let models = tempfile::tempdir().unwrap();
    install(models.path(), "en-es", &saying("hola"));
    let translator = translator(models.path());
    let text = text_of(translate_one(&translator, "en", "es", "- hi\n- https://example.org\n").await);
    assert!(text.starts_with("- hola hola"), "{text}");
    assert!(text.ends_with("hola\n- https://example.org\n"), "{text}");
    translator.shutdown().await;
    let again = translate_one(&translator, "en", "es", "after a rest").await;
    assert!(text_of(again).starts_with("hola"));
}

/// A model that drops marks: the words around the link are translated separately.
#[tokio::test]
async fn a_link_in_the_middle_of_a_sentence_survives_a_model_that_drops_it() {
    let models = tempfile::tempdir().unwrap();
    install(models.path(), "en-es", &saying("hola"));
    let text =
        text_of(translate_one(&translator(models.path()), "en", "es", "see https://example.org now").await);
    let (before, after) = text.split_once(" https://example.org ").unwrap();
    assert!(before.starts_with("hola") && after.starts_with("hola"), "{text}");
}

#[tokio::test]
async fn two_models_are_chained_via_english() {
    let models = tempfile::tempdir().unwrap();
    install(models.path(), "fr-en", &saying("hello"));
    install(models.path(), "en-es", &saying("hola"));
    let translator = translator(models.path());
    let outcome = translate_one(&translator, "fr", "es", "bonjour").await;
    let Outcome::Done { text, engine, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(engine, "firefox via en");
    assert!(text.starts_with("hola"), "{text}");
}

#[tokio::test]
async fn a_temporarily_missing_models_folder_stops_nothing() {
    let place = tempfile::tempdir().unwrap();
    let (models, away) = (place.path().join("models"), place.path().join("away"));
    install(&models, "en-es", &saying("hola"));
    install(&models, "en-fr", &saying("salut"));
    let translator = translator(&models);
    assert!(text_of(translate_one(&translator, "en", "es", "hi").await).starts_with("hola"));
    std::fs::rename(&models, &away).unwrap();
    translator.rescan();
    assert!(text_of(translate_one(&translator, "en", "es", "hello").await).starts_with("hola"));
    // A model that is not loaded cannot be loaded now; that is a failure, not an answer.
    let failed = translator.translate(language("en"), language("fr"), &["hi".to_owned()]).await.remove(0);
    assert!(failed.is_err(), "{failed:?}");
    std::fs::rename(&away, &models).unwrap();
    let mut text = String::new();
    eventually("the models are back", async || {
        let outcome =
            translator.translate(language("en"), language("fr"), &["hi".to_owned()]).await.remove(0);
        outcome.map(|outcome| text = text_of(outcome)).is_ok()
    })
    .await;
    assert!(text.starts_with("salut"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_share_a_model() {
    let models = tempfile::tempdir().unwrap();
    install(models.path(), "en-es", &saying("hola"));
    let translator = translator(models.path());
    let requests = (0..50).map(|number| {
        let translator = translator.clone();
        let texts: Vec<String> = (0..5).map(|line| format!("message {number} number {line}")).collect();
        tokio::spawn(async move { translator.translate(language("en"), language("es"), &texts).await })
    });
    for request in requests.collect::<Vec<_>>() {
        for outcome in request.await.unwrap() {
            assert!(text_of(outcome.unwrap()).starts_with("hola"));
        }
    }
}

#[tokio::test]
async fn a_newer_model_takes_over_once_loaded_and_bypasses_the_cache() {
    let models = tempfile::tempdir().unwrap();
    install(models.path(), "en-es", &saying("hola"));
    let translator = translator(models.path());
    let version = |translator: &Translator| {
        translator.route(language("en"), language("es")).unwrap().steps[0].version.clone()
    };
    assert!(text_of(translate_one(&translator, "en", "es", "hi").await).starts_with("hola"));
    let old = version(&translator);
    install(models.path(), "en-es", &saying("buenas"));
    translator.rescan();
    eventually("the newer model takes over", async || {
        let before = version(&translator);
        let text = text_of(translate_one(&translator, "en", "es", "hi").await);
        let is_new = before != old;
        assert!(!is_new || text.starts_with("buenas"), "{text}");
        // Until then, the older one is used, immediately.
        assert!(text.starts_with("hola") || version(&translator) != old, "{text}");
        is_new
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_translation_is_not_disturbed_by_a_new_model() {
    let models = tempfile::tempdir().unwrap();
    install(models.path(), "en-es", &saying("hola"));
    let translator = translator(models.path());
    let requests: Vec<_> = (0..40)
        .map(|number| {
            let translator = translator.clone();
            let texts: Vec<String> = (0..20).map(|line| format!("message {number} line {line}")).collect();
            tokio::spawn(async move { translator.translate(language("en"), language("es"), &texts).await })
        })
        .collect();
    for word in ["buenas", "saludos", "hola"] {
        install(models.path(), "en-es", &saying(word));
        translator.rescan();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    for request in requests {
        for outcome in request.await.unwrap() {
            let text = text_of(outcome.unwrap());
            assert!(["hola", "buenas", "saludos"].iter().any(|word| text.starts_with(word)), "{text}");
        }
    }
}

#[tokio::test]
async fn the_older_model_stays_in_use_if_the_newer_cannot_be_loaded() {
    let models = tempfile::tempdir().unwrap();
    install(models.path(), "en-es", &saying("hola"));
    let translator = translator(models.path());
    assert!(text_of(translate_one(&translator, "en", "es", "hi").await).starts_with("hola"));
    let mut damaged = saying("buenas");
    damaged.model[0] = 2;
    install(models.path(), "en-es", &damaged);
    for number in 0..20 {
        translator.rescan();
        let text = text_of(translate_one(&translator, "en", "es", &format!("hi {number}")).await);
        assert!(text.starts_with("hola"), "{text}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// The threads of the loaded models.
fn loaded() -> Vec<String> {
    let threads = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
    let mut models: Vec<String> =
        names.filter_map(|name| Some(name.strip_prefix("model ")?.trim().to_owned())).collect();
    models.sort();
    models
}

#[tokio::test]
async fn the_least_recently_used_model_is_unloaded_when_memory_is_full() {
    let models = tempfile::tempdir().unwrap();
    for pair in ["en-es", "en-fr", "en-it"] {
        install(models.path(), pair, &saying("hola"));
    }
    // Room for two of the three: each takes 12 MiB and twice its files, which are small.
    let config = TranslationConfig { model_memory_bytes: 30 << 20, ..config(models.path()) };
    let translator = Translator::new(&config, None).unwrap();
    for (number, to) in ["es", "fr", "es", "it"].into_iter().enumerate() {
        text_of(translate_one(&translator, "en", to, &format!("message {number}")).await);
    }
    eventually("the least used model is unloaded", async || loaded() == ["en-es", "en-it"]).await;
    // An unloaded model is reloaded, and a limit too small for any model still allows one.
    text_of(translate_one(&translator, "en", "fr", "once more").await);
    let config = TranslationConfig { model_memory_bytes: 1, ..config };
    text_of(translate_one(&Translator::new(&config, None).unwrap(), "en", "it", "alone").await);
}

#[tokio::test]
async fn models_are_loaded_ahead_where_there_is_room() {
    let models = tempfile::tempdir().unwrap();
    for pair in ["en-es", "en-fr", "en-it", "fr-en"] {
        install(models.path(), pair, &saying("hola"));
    }
    let mut damaged = saying("hola");
    damaged.model[0] = 2;
    install(models.path(), "en-de", &damaged);
    // Room for three: each takes 12 MiB and twice its files, which are small.
    let config = TranslationConfig { model_memory_bytes: 45 << 20, ..config(models.path()) };
    let translator = Translator::new(&config, None).unwrap();
    let warm_up = |from: &str, to: &str| translator.warm_up(language(from), language(to));
    // A pair without a model is of no consequence.
    warm_up("en", "ja");
    warm_up("en", "es");
    eventually("a model is loaded before anybody asks for it", async || loaded() == ["en-es"]).await;
    warm_up("en", "es");
    warm_up("fr", "es");
    eventually("all models of a route are loaded", async || loaded() == ["en-es", "fr-en"]).await;
    warm_up("en", "fr");
    eventually("three are loaded", async || loaded() == ["en-es", "en-fr", "fr-en"]).await;
    warm_up("en", "it");
    text_of(translate_one(&translator, "en", "es", "hi").await);
    assert_eq!(loaded(), ["en-es", "en-fr", "fr-en"], "no other model is unloaded for it");
    text_of(translate_one(&translator, "en", "it", "hi").await);
    eventually("a request unloads the one used least recently", async || {
        loaded() == ["en-es", "en-fr", "en-it"]
    })
    .await;
    // What cannot be loaded is tried once; requests report it.
    let log = Log::begin();
    let roomy = Translator::new(&TranslationConfig { model_memory_bytes: 1 << 30, ..config }, None).unwrap();
    roomy.warm_up(language("en"), language("de"));
    let outcome = translate_one(&roomy, "en", "de", "hi").await;
    assert!(matches!(outcome, Outcome::Unavailable { .. }), "{outcome:?}");
    roomy.warm_up(language("en"), language("de"));
    assert_eq!(log.text().matches("An engine needs repair").count(), 1, "{}", log.text());
}

/// The next engine is real: Apertium, whose packages the tests need anyway.
#[tokio::test]
async fn another_engine_takes_over_from_a_model_of_the_wrong_version() {
    let models = tempfile::tempdir().unwrap();
    let mut wrong = saying("hola");
    wrong.model[0] = 2;
    install(models.path(), "en-es", &wrong);
    let config = TranslationConfig {
        models_dir: models.path().to_owned(),
        apertium_modes_dir: TranslationConfig::default().apertium_modes_dir,
        ..TranslationConfig::default()
    };
    let translator = Translator::new(&config, None).unwrap();
    assert_eq!(translator.route(language("en"), language("es")).unwrap().label(), "firefox");
    let outcome = translate_one(&translator, "en", "es", "Where is the cat?").await;
    let Outcome::Done { engine, text, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((engine.as_str(), text.contains("gato")), ("apertium", true), "{text}");
    translator.shutdown().await;
}

#[tokio::test]
async fn an_idle_model_is_unloaded_and_reloaded() {
    let models = tempfile::tempdir().unwrap();
    install(models.path(), "en-es", &saying("hola"));
    let config = TranslationConfig { model_idle_seconds: 0, ..config(models.path()) };
    let translator = Translator::new(&config, None).unwrap();
    for number in 0..5 {
        text_of(translate_one(&translator, "en", "es", &format!("message {number}")).await);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    eventually("the idle model is unloaded", async || loaded().is_empty()).await;
}

#[rstest]
#[case::shorter(|model: &mut Synthetic| model.model.truncate(1000), "1000 bytes")]
#[case::empty(|model: &mut Synthetic| model.model.clear(), "0 bytes")]
#[case::other(|model: &mut Synthetic| model.model[5000] ^= 1, "checksum")]
#[case::vocabulary(|model: &mut Synthetic| model.vocabulary.truncate(7), "vocab.spm")]
#[tokio::test]
async fn a_damaged_file_is_reported_with_advice(#[case] damage: fn(&mut Synthetic), #[case] expected: &str) {
    let models = tempfile::tempdir().unwrap();
    let folder = install(models.path(), "en-es", &saying("hola"));
    let mut damaged = saying("hola");
    damage(&mut damaged);
    std::fs::write(folder.join("model.bin"), &damaged.model).unwrap();
    std::fs::write(folder.join("vocab.spm"), &damaged.vocabulary).unwrap();
    let outcome = translate_one(&translator(models.path()), "en", "es", "hi").await;
    let Outcome::Unavailable { reason } = outcome else { panic!("{outcome:?}") };
    let reason = reason.text;
    assert!(reason.contains(expected) && reason.contains("meeshy models pull --force en-es"), "{reason}");
}

/// A malformed file is detected before it can do harm, even if the manifest matches it.
#[rstest]
#[case::version(|model: &mut Synthetic| model.model[0] = 2, "model.bin: not a model of a supported version")]
#[case::tensors(|model: &mut Synthetic| model.model[8..16].copy_from_slice(&(1_u64 << 60).to_le_bytes()), "model.bin")]
#[case::no_vocabulary(|model: &mut Synthetic| model.vocabulary.clear(), "vocab.spm")]
#[case::shortlist(|model: &mut Synthetic| model.shortlist[16..24].copy_from_slice(&(1_u64 << 32).to_le_bytes()), "lex.bin")]
#[case::shortlist_cut(|model: &mut Synthetic| model.shortlist.truncate(60), "lex.bin")]
#[case::settings(|model: &mut Synthetic| rewrite(&mut model.model, b"dim-emb: 32", b"dim-emb: 64"), "")]
#[case::names(|model: &mut Synthetic| rewrite(&mut model.model, b"encoder_l1_self_Wq\0", b"encoder_l1_self_Wz\0"), "")]
#[tokio::test]
async fn a_malformed_file_is_harmless(#[case] damage: fn(&mut Synthetic), #[case] named: &str) {
    let models = tempfile::tempdir().unwrap();
    let mut wrong = saying("hola");
    damage(&mut wrong);
    install(models.path(), "en-es", &wrong);
    let translator = translator(models.path());
    let outcome = translate_one(&translator, "en", "es", "hi").await;
    let Outcome::Unavailable { reason } = outcome else { panic!("{outcome:?}") };
    let reason = reason.text;
    assert!(reason.contains("the model en-es is unusable") && reason.contains(named), "{reason}");
    assert!(reason.contains("meeshy models pull --force en-es"), "{reason}");
    install(models.path(), "en-es", &saying("hola"));
    translator.rescan();
    assert!(text_of(translate_one(&translator, "en", "es", "hi").await).starts_with("hola"));
}

fn rewrite(file: &mut [u8], from: &[u8], to: &[u8]) {
    let at = file.windows(from.len()).position(|window| window == from).unwrap();
    file[at..at + from.len()].copy_from_slice(to);
}

/// Whatever bytes a model consists of, nothing is invented and the process survives.
#[test]
fn no_model_file_crashes_the_program() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let whole = saying("hola");
    let places = proptest::collection::vec((0..4096_usize, any::<u8>()), 1..4);
    let outcome = runner.run(&(places, 0..3_usize), |(places, which)| {
        let models = tempfile::tempdir().unwrap();
        let mut damaged = Synthetic {
            model: whole.model.clone(),
            vocabulary: whole.vocabulary.clone(),
            shortlist: whole.shortlist.clone(),
        };
        let file =
            [&mut damaged.model, &mut damaged.vocabulary, &mut damaged.shortlist][which].as_mut_slice();
        for (at, byte) in places {
            file[at % file.len()] = byte;
        }
        synthetic::install(models.path(), "en-es", &damaged);
        let asked = translator(models.path());
        let mut outcomes =
            runtime.block_on(asked.translate(language("en"), language("es"), &["hi there".to_owned()]));
        prop_assert_eq!(outcomes.len(), 1);
        // A failure is a valid result too: a damaged model may load and then fail.
        let outcome = outcomes.remove(0);
        let invented = matches!(&outcome, Ok(Outcome::Done { text, .. }) if text.trim().is_empty());
        prop_assert!(!invented, "{:?}", outcome);
        Ok(())
    });
    outcome.unwrap();
}
