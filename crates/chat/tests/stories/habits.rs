//! The language of short messages, which the author's habits decide, on both databases.

use meeshy_chat::{ConversationView, MessageEdit, NewMessage};
use meeshy_domain::{Language, UserId};
use meeshy_harness::World;
use meeshy_testkit::both_databases;

/// Sends a text, in a declared language or none, and returns the language of the message.
async fn say(
    world: &World,
    who: UserId,
    talk: &ConversationView,
    text: &str,
    declared: Option<&str>,
) -> (&'static str, String) {
    let new = NewMessage {
        conversation: talk.conversation.id.to_string(),
        content: text.into(),
        original_language: declared.map(str::to_owned),
        ..NewMessage::default()
    };
    let sent = world.chat.messages().send(who, new).await.unwrap().message;
    (sent.message.original_language.code(), sent.message.id.to_string())
}

/// The languages that an author wrote before in the conversation, the latest last; their system language;
/// what they write now; its language.
const CASES: [(&[&str], &str, &str, &str); 28] = [
    // Of relatives that two words do not distinguish, the latest one counts.
    (&["es"], "en", "casa bonita", "es"),
    (&["pt"], "en", "casa bonita", "pt"),
    (&["it"], "en", "casa bella", "it"),
    (&["pt", "es"], "en", "una casa", "es"),
    (&["es", "pt"], "en", "uma casa", "pt"),
    (&["no"], "en", "god natt", "no"),
    (&["da"], "en", "god nat", "da"),
    (&["sk"], "en", "dobrú noc", "sk"),
    (&["cs"], "en", "dobrou noc", "cs"),
    (&["hr"], "en", "laku noć", "hr"),
    (&["bs"], "en", "laku noć", "bs"),
    (&["id"], "en", "selamat pagi", "id"),
    (&["uk"], "en", "так", "uk"),
    (&["bg"], "en", "да", "bg"),
    (&["ru"], "en", "да", "ru"),
    (&["ja"], "en", "了解", "ja"),
    (&["zh"], "en", "了解", "zh"),
    // Texts that say nothing.
    (&["fr"], "en", "ok", "fr"),
    (&["fr", "de"], "en", "haha", "de"),
    (&["es"], "en", "😀", "es"),
    (&["de"], "en", "https://example.org", "de"),
    (&[], "en", "ok", "en"),
    (&[], "de", "haha", "de"),
    // A habit in another script does not fit.
    (&["ru"], "fr", "ok", "fr"),
    (&["fr", "ru"], "en", "ok", "fr"),
    // A text that says enough is believed.
    (&["de", "de", "de"], "de", "Where did you put the keys to the house?", "en"),
    (&["en", "en"], "en", "Je t'appelle dès que le train arrive à la gare.", "fr"),
    (&["es"], "es", "Куда ты вчера положил ключи?", "ru"),
];

#[both_databases]
async fn a_short_message_is_in_the_language_of_the_authors_latest(world: World) {
    let mut wrong = Vec::new();
    for (at, (before, system, text, expected)) in CASES.into_iter().enumerate() {
        let author = world.person(&format!("author{at}"), system).await;
        let talk = world.group(author, &[]).await;
        for language in before {
            let declared = Some(*language);
            let said =
                if *language == "ru" || *language == "uk" || *language == "bg" { "да" } else { "…" };
            say(&world, author, &talk, said, declared).await;
        }
        let (found, _) = say(&world, author, &talk, text, None).await;
        if found != expected {
            wrong.push((before, system, text, expected, found));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[both_databases]
async fn only_the_authors_own_latest_messages_of_this_conversation_count(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (talk, other) = (world.group(lea, &[carlos]).await, world.group(lea, &[carlos]).await);
    say(&world, carlos, &talk, "¡hola!", Some("es")).await;
    say(&world, lea, &other, "hello", Some("en")).await;
    assert_eq!(say(&world, lea, &talk, "ok", None).await.0, "fr", "others, elsewhere");

    let (_, first) = say(&world, lea, &talk, "bom dia", Some("pt")).await;
    assert_eq!(say(&world, lea, &talk, "ok", None).await.0, "pt");
    assert_eq!(say(&world, lea, &talk, "haha", Some("it")).await.0, "it", "declared");
    assert_eq!(say(&world, lea, &talk, "ok", None).await.0, "it");
    let edit = MessageEdit { message: first, content: "ok".into(), ..MessageEdit::default() };
    let edited = world.chat.messages().edit(lea, edit).await.unwrap();
    assert_eq!(
        edited.message.original_language,
        Language::parse("pt").unwrap(),
        "an edit keeps its language"
    );

    for _ in 0..40 {
        say(&world, carlos, &talk, "¡hola!", Some("es")).await;
    }
    assert_eq!(say(&world, lea, &talk, "ok", None).await.0, "fr", "too long ago");
}
