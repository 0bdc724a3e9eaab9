//! The translator over models of Firefox Translations, made by the tests.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use meeshy_translation::{Outcome, TranslationConfig, Translator};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rstest::rstest;
use std::path::Path;
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
        Outcome::Done { text, engine, score: None } if engine.starts_with("firefox") => text,
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

/// A model that copies no mark: the words around the link are translated by themselves.
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
async fn two_models_meet_in_english() {
    let models = tempfile::tempdir().unwrap();
    install(models.path(), "fr-en", &saying("hello"));
    install(models.path(), "en-es", &saying("hola"));
    let translator = translator(models.path());
    let outcome = translate_one(&translator, "fr", "es", "bonjour").await;
    let Outcome::Done { text, engine, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(engine, "firefox via en");
    assert!(text.starts_with("hola"), "{text}");
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
async fn a_replaced_model_answers_after_a_rescan_and_not_from_the_cache() {
    let models = tempfile::tempdir().unwrap();
    install(models.path(), "en-es", &saying("hola"));
    let translator = translator(models.path());
    assert!(text_of(translate_one(&translator, "en", "es", "hi").await).starts_with("hola"));
    install(models.path(), "en-es", &saying("buenas"));
    translator.rescan();
    assert!(text_of(translate_one(&translator, "en", "es", "hi").await).starts_with("buenas"));
}

#[tokio::test]
async fn an_idle_model_leaves_the_memory_and_comes_back() {
    let models = tempfile::tempdir().unwrap();
    install(models.path(), "en-es", &saying("hola"));
    let config = TranslationConfig { model_idle_seconds: 0, ..config(models.path()) };
    let translator = Translator::new(&config, None).unwrap();
    for number in 0..5 {
        text_of(translate_one(&translator, "en", "es", &format!("message {number}")).await);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let threads = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
    assert_eq!(names.filter(|name| name.starts_with("model en-es")).count(), 0);
}

#[rstest]
#[case::shorter(|model: &mut Synthetic| model.model.truncate(1000), "1000 bytes")]
#[case::empty(|model: &mut Synthetic| model.model.clear(), "0 bytes")]
#[case::other(|model: &mut Synthetic| model.model[5000] ^= 1, "checksum")]
#[case::vocabulary(|model: &mut Synthetic| model.vocabulary.truncate(7), "vocab.spm")]
#[tokio::test]
async fn a_damaged_file_is_named_and_what_to_do(#[case] damage: fn(&mut Synthetic), #[case] expected: &str) {
    let models = tempfile::tempdir().unwrap();
    install(models.path(), "en-es", &saying("hola"));
    let mut damaged = saying("hola");
    damage(&mut damaged);
    std::fs::write(models.path().join("en-es/model.bin"), &damaged.model).unwrap();
    std::fs::write(models.path().join("en-es/vocab.spm"), &damaged.vocabulary).unwrap();
    let outcome = translate_one(&translator(models.path()), "en", "es", "hi").await;
    let Outcome::Unavailable { reason } = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains(expected) && reason.contains("meeshy models pull --force en-es"), "{reason}");
}

/// Even with a manifest that vouches for it, a file of the wrong form is found out before it can do harm.
#[rstest]
#[case::tensors(|model: &mut Synthetic| model.model[8..16].copy_from_slice(&(1_u64 << 60).to_le_bytes()))]
#[case::no_vocabulary(|model: &mut Synthetic| model.vocabulary.clear())]
#[case::shortlist(|model: &mut Synthetic| model.shortlist[16..24].copy_from_slice(&(1_u64 << 32).to_le_bytes()))]
#[case::shortlist_cut(|model: &mut Synthetic| model.shortlist.truncate(60))]
#[case::settings(|model: &mut Synthetic| rewrite(&mut model.model, b"dim-emb: 32", b"dim-emb: 64"))]
#[case::names(|model: &mut Synthetic| rewrite(&mut model.model, b"encoder_l1_self_Wq\0", b"encoder_l1_self_Wz\0"))]
#[tokio::test]
async fn a_wrong_file_is_no_danger(#[case] damage: fn(&mut Synthetic)) {
    let models = tempfile::tempdir().unwrap();
    let mut wrong = saying("hola");
    damage(&mut wrong);
    install(models.path(), "en-es", &wrong);
    let translator = translator(models.path());
    let outcome = translate_one(&translator, "en", "es", "hi").await;
    let Outcome::Unavailable { reason } = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("the model en-es cannot be used"), "{reason}");
    install(models.path(), "en-es", &saying("hola"));
    translator.rescan();
    assert!(text_of(translate_one(&translator, "en", "es", "hi").await).starts_with("hola"));
}

fn rewrite(file: &mut [u8], from: &[u8], to: &[u8]) {
    let at = file.windows(from.len()).position(|window| window == from).unwrap();
    file[at..at + from.len()].copy_from_slice(to);
}

/// Whatever bytes a model is made of, nothing is invented and the process lives.
#[test]
fn no_bytes_end_the_program() {
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
        let mut outcomes = runtime.block_on(asked.translate(
            language("en"),
            language("es"),
            &["hi there".to_owned()],
        ));
        prop_assert_eq!(outcomes.len(), 1);
        // A failure is an honest answer too: a damaged model may load and then say nothing.
        let outcome = outcomes.remove(0);
        let invented = matches!(&outcome, Ok(Outcome::Done { text, .. }) if text.trim().is_empty());
        prop_assert!(!invented, "{:?}", outcome);
        Ok(())
    });
    outcome.unwrap();
}
