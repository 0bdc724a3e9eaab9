//! The translator with the real Apertium of this machine.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use meeshy_domain::ReasonCode;
use meeshy_testkit::eventually;
use meeshy_translation::{Outcome, TranslationConfig, Translator};
use rstest::rstest;
use std::time::{Duration, Instant};
use support::log::Log;
use support::{apertium, apertium_with, children, language, translate_one};

async fn done(translator: &Translator, from: &str, to: &str, text: &str) -> (String, String) {
    match translate_one(translator, from, to, text).await {
        Outcome::Done { text, engine, score: None, .. } => (text, engine),
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case("en", "es", "The cat eats fish.", "El gato come", "apertium")]
#[case("es", "en", "El gato come pescado.", "The cat eats", "apertium")]
#[case("en", "fr", "The cat is at home.", "Le chat est", "apertium via ca")]
#[case("fr", "en", "Le chat mange du poisson.", "The cat eats", "apertium via ca, es")]
#[case("es", "fr", "El gato come pescado.", "Le chat mange", "apertium via ca")]
#[case("fr", "ca", "Le chat mange du poisson.", "El gat menja", "apertium")]
#[case("ca", "es", "El gat menja peix.", "El gato come", "apertium")]
#[case("es", "pt", "El gato come pescado.", "O gato come", "apertium")]
#[case("es", "it", "El gato come pescado.", "Il gatto mangia", "apertium")]
#[case("en", "pt", "The cat eats fish.", "O gato come", "apertium via es")]
#[tokio::test]
async fn everyone_reads_in_their_own_language(
    #[case] from: &str,
    #[case] to: &str,
    #[case] text: &str,
    #[case] start: &str,
    #[case] engine: &str,
) {
    let translator = apertium();
    let (translation, by) = done(&translator, from, to, text).await;
    assert!(translation.starts_with(start), "{translation}");
    assert_eq!(by, engine);
    translator.shutdown().await;
}

#[tokio::test]
async fn layout_and_protected_pieces_come_back_unchanged() {
    let translator = apertium();
    let message = "- Hello @marie, see https://example.org/a_b?c=d now 😀\r\n\r\n  2. The `cat` costs 5 km/h ~ [x] {y} <z> $5 ^hat \\ a/b *star* #tag m+abc123\n```\nlet cat = 1;\n```\nbye\t \n";
    let (text, _) = done(&translator, "en", "fr", message).await;
    for piece in [
        "- ",
        "@marie",
        "https://example.org/a_b?c=d",
        "😀\r\n\r\n  2. ",
        "`cat`",
        "5 km/h",
        "~",
        "[x]",
        "{y}",
        "$5",
        "#tag",
        "m+abc123\n```\nlet cat = 1;\n```\n",
        "\t \n",
    ] {
        assert!(text.contains(piece), "{piece:?} is not in {text:?}");
    }
    assert!(text.starts_with("- Bonjour @marie") || text.starts_with("- Salut @marie"), "{text}");
}

/// Sentences for which the rules leave stars, hashes, tags or alternative forms.
#[rstest]
#[case("en", "es", "The xyzzyfoo bluhbar went to the house.")]
#[case("es", "it", "Se espera que produzca un espectáculo de muchas luces visible para las personas.")]
#[case("es", "pt", "Se ha corroborado que tan solo 34 son de provienen de Marte.")]
#[case("fr", "ca", "La société n’a pas donné de raison initiale à l’annulation.")]
#[case("fr", "es", "Se rendre à un hôtel, y séjourner environ une semaine et rentrer chez soi.")]
#[tokio::test]
async fn no_artefacts_of_the_rules_remain(#[case] from: &str, #[case] to: &str, #[case] source: &str) {
    let translator = apertium();
    let (text, _) = done(&translator, from, to, source).await;
    assert!(!text.contains(['*', '#', '@', '\\', '<', '/']), "{text}");
    translator.shutdown().await;
}

/// The post-generator sees unknown words without a mark.
#[rstest]
#[case("es", "fr", "el libro de Ernaux", "d'Ernaux")]
#[case("es", "fr", "la casa de airbnb", "d'airbnb")]
#[case("fr", "ca", "le livre d'Ernaux", "d'Ernaux")]
#[tokio::test]
async fn words_are_elided_before_unknown_ones(
    #[case] from: &str,
    #[case] to: &str,
    #[case] source: &str,
    #[case] expected: &str,
) {
    let translator = apertium();
    let (text, _) = done(&translator, from, to, source).await;
    assert!(text.contains(expected), "{text}");
    translator.shutdown().await;
}

#[tokio::test]
async fn texts_without_words_are_identical_and_missing_pairs_are_unavailable() {
    let translator = apertium();
    assert_eq!(
        translate_one(&translator, "en", "ja", "😀 https://example.org 12").await,
        Outcome::Identical { engine: None }
    );
    let same = translate_one(&translator, "en", "es", "Xyzzyfoo").await;
    assert_eq!(same, Outcome::Identical { engine: Some("apertium".to_owned()) });
    let Outcome::Unavailable { reason } = translate_one(&translator, "de", "ja", "Hallo").await else {
        panic!()
    };
    assert!(
        reason.text.contains("German to Japanese") && reason.text.contains("meeshy models pull de-en en-ja"),
        "{reason}"
    );
    assert_eq!(reason.code, ReasonCode::NoEngine);
}

/// The advice is for operators: logged once, not for each message.
#[tokio::test]
async fn a_missing_pair_is_logged_once() {
    let log = Log::begin();
    let translator = apertium();
    let told = || log.text().matches("meeshy models pull de-en en-ja").count();
    for _ in 0..3 {
        translate_one(&translator, "de", "ja", "Hallo").await;
        assert_eq!(told(), 1);
    }
    // What is installed has changed, but not for this pair.
    translator.rescan();
    translate_one(&translator, "de", "ja", "Hallo").await;
    assert_eq!(told(), 2);
}

#[tokio::test]
async fn a_large_batch_does_not_jam_the_pipes() {
    let translator = apertium();
    let long = "The cat eats the fish of the neighbour because it is hungry. ".repeat(40);
    let texts: Vec<String> = (0..60)
        .map(|number| format!("{long} Number {number} is {number}. {}", "word ".repeat(50 + number)))
        .collect();
    let outcomes = translator.translate(language("en"), language("fr"), &texts).await;
    assert_eq!(outcomes.len(), texts.len());
    for outcome in outcomes {
        assert!(matches!(outcome.unwrap(), Outcome::Done { .. }));
    }
    translator.shutdown().await;
}

/// Sentences that end within a multi-word make a pipeline wait for more; none may hang.
#[tokio::test]
async fn no_unusual_text_blocks_or_ends_a_pipeline() {
    let translator = apertium();
    let texts: Vec<String> = [
        "in order",
        "a",
        "as well as",
        "[",
        "]]",
        "^a$",
        "\\",
        "\\\\x",
        "a\0b",
        "@",
        "{{",
        "~~a~~ b",
        "a<b>",
        "日本語 and",
        "ا ب",
        "e\u{301}t",
        "\u{FEFF}x",
        "a/b/c",
        "x^^y",
        "$a",
        "it's",
        "&amp; y",
        "🤷 so",
    ]
    .map(str::to_owned)
    .to_vec();
    for (from, to) in
        [("en", "es"), ("en", "ca"), ("ca", "fr"), ("fr", "ca"), ("es", "pt"), ("es", "it"), ("pt", "ca")]
    {
        for outcome in translator.translate(language(from), language(to), &texts).await {
            assert!(
                matches!(outcome, Ok(Outcome::Done { .. } | Outcome::Identical { .. })),
                "{from}-{to}: {outcome:?}"
            );
        }
    }
    translator.shutdown().await;
}

#[tokio::test]
async fn a_killed_stage_is_restarted_transparently() {
    let translator = apertium();
    done(&translator, "en", "es", "Hello there.").await;
    let stages = children();
    assert!(stages.len() > 5, "{stages:?}");
    for (number, stage) in [stages[0], stages[4]].into_iter().enumerate() {
        let victim = if number == 0 { stage } else { children()[4] };
        assert!(
            std::process::Command::new("kill").args(["-9", &victim.to_string()]).status().unwrap().success()
        );
        let text = [format!("The house number {number} is new.")];
        let outcome = translator.translate(language("en"), language("es"), &text).await.remove(0);
        let by_itself = matches!(&outcome, Ok(Outcome::Done { engine, .. }) if engine == "apertium");
        assert!(by_itself, "{outcome:?}");
    }
    translator.shutdown().await;
    assert_eq!(children(), Vec::<u32>::new());
}

#[tokio::test]
async fn a_hanging_pipeline_is_restarted() {
    let translator = apertium();
    done(&translator, "en", "es", "Hello there.").await;
    let stage = children()[4].to_string();
    assert!(std::process::Command::new("kill").args(["-STOP", &stage]).status().unwrap().success());
    let started = Instant::now();
    let (text, _) = done(&translator, "en", "es", "The cat sees the house.").await;
    assert!(text.starts_with("El gato ve"), "{text}");
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    translator.shutdown().await;
    assert_eq!(children(), Vec::<u32>::new());
}

#[tokio::test]
async fn an_idle_pipeline_stops_and_leaves_nothing_behind() {
    let translator =
        apertium_with(TranslationConfig { apertium_idle_seconds: 1, ..TranslationConfig::default() });
    done(&translator, "en", "es", "Hello there.").await;
    assert!(!children().is_empty());
    eventually("every process has ended", async || children().is_empty()).await;
    done(&translator, "en", "es", "Good night.").await;
    translator.shutdown().await;
}

#[tokio::test]
async fn a_cancelled_request_disturbs_nobody() {
    let translator = apertium();
    let long = vec!["The cat eats the fish of the neighbour. ".repeat(20_000)];
    let given_up = tokio::time::timeout(
        Duration::from_millis(1),
        translator.translate(language("en"), language("es"), &long),
    );
    assert!(given_up.await.is_err());
    let (text, _) = done(&translator, "en", "es", "The cat sees the house.").await;
    assert!(text.starts_with("El gato ve"), "{text}");
    translator.shutdown().await;
}

#[tokio::test]
async fn a_pair_that_is_not_installed_is_not_an_error() {
    let config = TranslationConfig {
        apertium_modes_dir: "/nonexistent".into(),
        models_dir: "/nonexistent".into(),
        ..TranslationConfig::default()
    };
    let translator = Translator::new(&config, None).unwrap();
    assert_eq!(translator.routes(), []);
    let outcome = translate_one(&translator, "en", "es", "hello").await;
    assert!(matches!(outcome, Outcome::Unavailable { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_pair_whose_programs_keep_failing_is_backed_off_from() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("eng-spa.mode"), "lt-proc '/nonexistent.bin'").unwrap();
    let config = TranslationConfig {
        apertium_modes_dir: folder.path().to_owned(),
        models_dir: "/nonexistent".into(),
        ..TranslationConfig::default()
    };
    let translator = Translator::new(&config, None).unwrap();
    let log = Log::begin();
    for _ in 0..5 {
        let outcome =
            translator.translate(language("en"), language("es"), &["Hello".to_owned()]).await.remove(0);
        let failure = outcome.unwrap_err().to_string();
        assert!(failure.contains("Apertium exited while translating en-es"), "{failure}");
    }
    let log = log.text();
    // The same failure is logged once in ten seconds.
    assert_eq!(log.matches("trying the next best route").count(), 1, "{log}");
    assert_eq!(log.matches("keeps failing; backing off").count(), 1, "{log}");
    assert_eq!(children(), Vec::<u32>::new());
}

/// Copies the modes of two pairs; their data stays in place.
fn copied_modes(folder: &std::path::Path) {
    std::fs::create_dir_all(folder).unwrap();
    for name in ["eng-spa.mode", "spa-eng.mode"] {
        std::fs::copy(std::path::Path::new("/usr/share/apertium/modes").join(name), folder.join(name))
            .unwrap();
    }
}

#[tokio::test]
async fn a_temporarily_missing_modes_folder_stops_nothing() {
    let place = tempfile::tempdir().unwrap();
    let (modes, away) = (place.path().join("modes"), place.path().join("away"));
    copied_modes(&modes);
    let config = TranslationConfig { apertium_modes_dir: modes.clone(), ..TranslationConfig::default() };
    let log = Log::begin();
    let translator = apertium_with(config);
    done(&translator, "en", "es", "The cat eats.").await;

    // The folder is moved away, and then replaced by a file; each time it is read.
    std::fs::rename(&modes, &away).unwrap();
    translator.rescan();
    assert!(done(&translator, "en", "es", "The dog eats.").await.0.starts_with("El perro"));
    std::fs::write(&modes, "").unwrap();
    translator.rescan();
    // Not even the pair that has not run yet is lost.
    assert!(done(&translator, "es", "en", "El gato come.").await.0.starts_with("The cat"));
    assert_eq!(log.text().matches("Failed to read a translation folder").count(), 1, "{}", log.text());

    std::fs::remove_file(&modes).unwrap();
    std::fs::rename(&away, &modes).unwrap();
    // If a mode cannot be read, its last known state is used.
    std::fs::remove_file(modes.join("spa-eng.mode")).unwrap();
    std::fs::create_dir(modes.join("spa-eng.mode")).unwrap();
    translator.rescan();
    assert!(done(&translator, "es", "en", "El perro come.").await.0.starts_with("The dog"));
    // A removed mode is removed, without an explicit rescan.
    std::fs::remove_dir(modes.join("spa-eng.mode")).unwrap();
    eventually("the pair is gone", async || translator.route(language("es"), language("en")).is_none()).await;
    assert!(log.text().contains("is readable again"), "{}", log.text());
    translator.shutdown().await;
}
