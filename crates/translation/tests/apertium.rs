//! The translator over the real Apertium of this machine.

mod support;

use meeshy_translation::Outcome;
use support::{apertium, translate_one};

#[tokio::test]
async fn english_is_read_in_spanish() {
    let translator = apertium();
    let outcome = translate_one(&translator, "en", "es", "The cat eats fish.").await;
    let Outcome::Done { text, engine, score } = outcome else { panic!("{outcome:?}") };
    assert!(text.starts_with("El gato come"), "{text}");
    assert!(engine.starts_with("apertium"), "{engine}");
    assert_eq!(score, None);
    translator.shutdown().await;
}

#[tokio::test]
async fn english_is_read_in_french_over_catalan() {
    let translator = apertium();
    let outcome = translate_one(&translator, "en", "fr", "The cat is at home.").await;
    let Outcome::Done { text, engine, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(engine, "apertium via ca");
    assert!(text.starts_with("Le chat est"), "{text}");
    translator.shutdown().await;
}
