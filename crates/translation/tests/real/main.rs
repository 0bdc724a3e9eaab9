//! Translations by real models, English and Portuguese.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod chat;
#[path = "../support/mod.rs"]
mod support;

use meeshy_testkit::{chrf, models};
use meeshy_translation::{Outcome, Request, TranslationConfig, Translator, Urgency};
use rstest::rstest;
use support::language;

/// A translator without a cache, so that everything is translated.
fn translator(threads: usize) -> Translator {
    let config = TranslationConfig {
        models_dir: models::real(),
        apertium_modes_dir: "/nonexistent".into(),
        threads,
        cache_bytes: 0,
        ..TranslationConfig::default()
    };
    Translator::new(&config, None).unwrap()
}

/// The lines of a language in the excerpt of FLORES.
fn flores(code: &str) -> Vec<String> {
    let path = format!("{}/quality/flores/{code}.txt", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

async fn translate(translator: &Translator, request: &Request, texts: &[String]) -> Vec<String> {
    let outcomes = translator.answer(request, texts).await;
    let text_of = |(outcome, source): (Result<Outcome, _>, &String)| match outcome.unwrap() {
        Outcome::Done { text, engine, .. } if engine == "firefox" => text,
        Outcome::Identical { .. } => source.clone(),
        other => panic!("{other:?}"),
    };
    outcomes.into_iter().zip(texts).map(text_of).collect()
}

fn request(from: &str, to: &str) -> Request {
    Request::new(language(from), language(to))
}

#[rstest]
#[case("en", "pt", 68.0)]
#[case("pt", "en", 67.5)]
#[tokio::test]
async fn real_models_translate_well(#[case] from: &str, #[case] to: &str, #[case] least: f64) {
    let translations = translate(&translator(2), &request(from, to), &flores(from)).await;
    let score = chrf(&translations, &flores(to));
    assert!(score >= least, "chrF {score:.2}");
}

/// A text is translated in the same way alone, in a batch, and by each of the two threads of a model.
#[rstest]
#[case("en", "pt")]
#[case("pt", "en")]
#[tokio::test]
async fn a_translation_depends_on_its_text_only(#[case] from: &str, #[case] to: &str) {
    let texts: Vec<String> = flores(from).into_iter().take(12).collect();
    let (serial, parallel, live) = (translator(1), translator(3), request(from, to));
    let later = Request { urgency: Urgency::Later, ..live.clone() };
    let mut alone = Vec::new();
    for text in &texts {
        alone.extend(translate(&serial, &live, std::slice::from_ref(text)).await);
    }
    assert_eq!(translate(&serial, &live, &texts).await, alone);
    assert_eq!(translate(&parallel, &live, &texts).await, alone);
    assert_eq!(translate(&parallel, &later, &texts).await, alone);
}

#[rstest]
#[case("en", "pt", &chat::TO_PORTUGUESE)]
#[case("pt", "en", &chat::TO_ENGLISH)]
#[tokio::test]
async fn everyday_messages_read_well(
    #[case] from: &str,
    #[case] to: &str,
    #[case] messages: &[chat::Message],
) {
    let texts: Vec<String> = messages.iter().map(|message| message.text.to_owned()).collect();
    let translations = translate(&translator(2), &request(from, to), &texts).await;
    let problems: Vec<String> = messages
        .iter()
        .zip(&translations)
        .filter_map(|(message, translation)| {
            message
                .problem(translation)
                .map(|problem| format!("{}\n  {translation}\n  {problem}", message.text))
        })
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
