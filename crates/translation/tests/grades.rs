//! The grades of translations by the real engines, against what people wrote.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use meeshy_domain::Grade;
use meeshy_testkit::{chrf, models};
use meeshy_translation::{Outcome, TranslationConfig, Translator};
use rstest::rstest;
use std::collections::HashMap;
use std::path::Path;
use support::{apertium, language, translate_one};

/// From and into English.
const PAIRS: [&str; 10] =
    ["en-pt", "pt-en", "en-fr", "fr-en", "en-es", "es-en", "en-ca", "ca-en", "en-it", "it-en"];

/// A translation, its reference, and its grade.
struct Graded {
    translation: String,
    reference: String,
    grade: Grade,
}

fn with_models() -> Translator {
    let config = TranslationConfig { models_dir: models::real(), ..TranslationConfig::default() };
    Translator::new(&config, None).unwrap()
}

fn sentences(code: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("quality/flores/{code}.txt"));
    std::fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect()
}

async fn graded(translator: &Translator, from: &str, to: &str) -> Vec<Graded> {
    let outcomes = translator.translate(language(from), language(to), &sentences(from)).await;
    let graded = |(outcome, reference): (Result<Outcome, _>, String)| match outcome.unwrap() {
        Outcome::Done { text, grade, .. } => Graded { translation: text, reference, grade: grade.unwrap() },
        other => panic!("{other:?}"),
    };
    outcomes.into_iter().zip(sentences(to)).map(graded).collect()
}

/// From one grade to the next, the score falls.
#[tokio::test]
async fn grades_say_how_well_a_translation_agrees_with_that_of_people() {
    let mut by_grade: HashMap<Grade, (Vec<String>, Vec<String>)> = HashMap::new();
    for (translator, pairs) in [(with_models(), PAIRS), (apertium(), PAIRS)] {
        for pair in pairs {
            let (from, to) = pair.split_once('-').unwrap();
            for Graded { translation, reference, grade } in graded(&translator, from, to).await {
                let (translations, references) = by_grade.entry(grade).or_default();
                translations.push(translation);
                references.push(reference);
            }
        }
        translator.shutdown().await;
    }
    let [good, fair, rough] = [Grade::Good, Grade::Fair, Grade::Rough].map(|grade| {
        let (translations, references) = &by_grade[&grade];
        assert!(translations.len() > 50, "{grade}: only {}", translations.len());
        eprintln!("{grade}: {} sentences", translations.len());
        let scores = translations.iter().zip(references).map(|(one, other)| chrf(&[one], &[other]));
        scores.sum::<f64>() / translations.len() as f64
    });
    eprintln!("mean chrF: good {good:.1}, fair {fair:.1}, rough {rough:.1}");
    assert!(good >= fair + 5.0 && fair >= rough + 5.0, "good {good:.1}, fair {fair:.1}, rough {rough:.1}");
}

#[tokio::test]
async fn hardly_any_sentence_of_a_good_model_is_rough() {
    let translator = with_models();
    for (from, to) in [("en", "pt"), ("pt", "en")] {
        let graded = graded(&translator, from, to).await;
        let rough = graded.iter().filter(|graded| graded.grade == Grade::Rough).count();
        assert!(rough * 10 <= graded.len(), "{from}-{to}: {rough} of {}", graded.len());
    }
    translator.shutdown().await;
}

/// What people write in a chat, and the grade of its translation by rules alone.
const BY_RULES: [(&str, &str, Grade); 24] = [
    ("en-fr", "My plane lands at noon. Where do we meet?", Grade::Rough),
    ("en-es", "My plane lands at noon. Where do we meet?", Grade::Rough),
    ("en-fr", "I am running late, sorry.", Grade::Rough),
    ("en-fr", "Could you send me the address again?", Grade::Rough),
    ("en-fr", "She has quit her job to look after her mother.", Grade::Rough),
    ("en-fr", "What a lovely photo!", Grade::Rough),
    ("en-es", "He is fed up with the noise next door.", Grade::Rough),
    ("en-es", "Could you send me the address again?", Grade::Rough),
    ("en-es", "I'll pick you up on the way home.", Grade::Rough),
    ("en-pt", "We ran out of milk this morning.", Grade::Rough),
    ("en-it", "Dinner is ready, come down!", Grade::Rough),
    ("fr-en", "On se retrouve devant la gare ?", Grade::Rough),
    ("en-ca", "The meeting is on Friday at the library.", Grade::Fair),
    ("es-en", "La reunión es el viernes en la biblioteca.", Grade::Fair),
    ("es-en", "El chaval flipó con el finde y el botellón.", Grade::Rough),
    ("es-ca", "Mañana vamos a la playa con los niños.", Grade::Fair),
    ("ca-es", "Demà anem a la platja amb els nens.", Grade::Fair),
    ("pt-es", "Amanhã vamos à praia com as crianças.", Grade::Fair),
    ("es-pt", "Mañana vamos a la playa con los niños.", Grade::Fair),
    ("pt-ca", "O comboio chega às nove da manhã.", Grade::Fair),
    ("fr-ca", "Le train arrive à neuf heures du matin.", Grade::Fair),
    ("ca-fr", "El tren arriba a les nou del matí.", Grade::Fair),
    ("it-es", "Domani andiamo al mare con i bambini.", Grade::Fair),
    ("es-ca", "quiero un chivolo y un huachafo bien chévere", Grade::Rough),
];

/// The same with the models of English and Portuguese.
const WITH_MODELS: [(&str, &str, Grade); 20] = [
    ("en-pt", "My plane lands at noon. Where do we meet?", Grade::Good),
    ("en-pt", "I am running late, sorry.", Grade::Good),
    ("en-pt", "Could you send me the address again?", Grade::Good),
    ("en-pt", "She has quit her job to look after her mother.", Grade::Good),
    ("en-pt", "He is fed up with the noise next door.", Grade::Good),
    ("en-pt", "Thanks a lot! 👍", Grade::Good),
    ("pt-en", "O meu voo chega ao meio-dia. Onde nos encontramos?", Grade::Good),
    ("pt-en", "Desculpa, estou atrasada.", Grade::Good),
    ("pt-en", "Ela deixou o emprego para cuidar da mãe.", Grade::Good),
    ("pt-en", "Que foto linda!", Grade::Good),
    ("es-en", "Mi avión aterriza a mediodía. ¿Dónde nos encontramos?", Grade::Fair),
    ("ca-en", "Demà anem a la platja amb els nens.", Grade::Fair),
    ("en-ca", "My plane lands at noon. Where do we meet?", Grade::Fair),
    ("en-es", "My plane lands at noon. Where do we meet?", Grade::Fair),
    ("en-es", "Could you send me the address again?", Grade::Fair),
    // The model invents a word, "aterronetes", that Apertium does not know.
    ("en-fr", "My plane lands at noon. Where do we meet?", Grade::Rough),
    ("en-fr", "She has quit her job to look after her mother.", Grade::Fair),
    ("fr-en", "On se retrouve devant la gare ?", Grade::Fair),
    ("it-en", "Domani andiamo al mare con i bambini.", Grade::Fair),
    ("es-pt", "Mañana vamos a la playa con los niños.", Grade::Fair),
];

#[rstest]
#[case(apertium(), &BY_RULES)]
#[case(with_models(), &WITH_MODELS)]
#[tokio::test]
async fn everyday_sentences_have_the_grade_that_they_deserve(
    #[case] translator: Translator,
    #[case] table: &[(&str, &str, Grade)],
) {
    let mut wrong = Vec::new();
    for (pair, source, expected) in table {
        let (from, to) = pair.split_once('-').unwrap();
        match translate_one(&translator, from, to, source).await {
            Outcome::Done { grade, .. } if grade == Some(*expected) => {}
            other => wrong.push(format!("{pair} {source} is not {expected}: {other:?}")),
        }
    }
    translator.shutdown().await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}
