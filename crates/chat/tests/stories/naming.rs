//! Names, addresses and passwords in many scripts, and invisible texts, on both databases.

use meeshy_chat::{
    ChatError, Device, MessageEdit, NewConversation, NewMessage, NewReport, ProfilePatch, Registration,
    SignIn,
};
use meeshy_domain::Network;
use meeshy_harness::{World, registration};
use meeshy_testkit::both_databases;

async fn join(world: &World, new: Registration) -> Result<meeshy_chat::SignedIn, ChatError> {
    world.chat.accounts().register(new, Device::default()).await
}

fn is_refused<T: std::fmt::Debug>(outcome: &Result<T, ChatError>, wanted: &str) -> bool {
    matches!(outcome, Err(ChatError::Invalid { field, .. }) if field == wanted)
}

#[both_databases]
async fn names_are_stored_as_typed(world: World) {
    for (number, (first, last, kept)) in [
        ("გიორგი", "მაისურაძე", "გიორგი მაისურაძე"),
        ("ßtein", "ﬁsher", "ßtein ﬁsher"),
        ("zoe\u{308}", "ne\u{301}e", "Zoë Née"),
        ("jean-luc", "PICARD", "Jean-Luc PICARD"),
    ]
    .into_iter()
    .enumerate()
    {
        let new = Registration {
            first_name: first.into(),
            last_name: last.into(),
            ..registration(&format!("p{number}"), "fr")
        };
        let user = join(&world, new).await.unwrap().user;
        assert_eq!(format!("{} {}", user.first_name, user.last_name), kept);
        assert_eq!(user.display_name, kept);
    }
}

#[both_databases]
async fn a_name_is_visible_and_has_no_bidi_controls(world: World) {
    let lea = world.person("lea", "fr").await;
    for name in
        ["\u{200b}", "\u{2800}", "\u{3164}", "\u{e0041}\u{e007f}", "\u{301}", "Ann\u{202e}eno", "\u{2067}Ann"]
    {
        let new = Registration { first_name: name.into(), ..registration("ann", "fr") };
        assert!(is_refused(&join(&world, new).await, "firstName"), "{name:?}");
        let new = Registration { last_name: name.into(), ..registration("ann", "fr") };
        assert!(is_refused(&join(&world, new).await, "lastName"), "{name:?}");
        let patch = ProfilePatch { display_name: Some(name.into()), ..ProfilePatch::default() };
        assert!(
            is_refused(&world.chat.profiles().update(lea, patch, Network::default()).await, "displayName"),
            "{name:?}"
        );
        let new = NewConversation { kind: "group".into(), title: Some(name.into()), ..Default::default() };
        assert!(is_refused(&world.chat.conversations().create(lea, new).await, "title"), "{name:?}");
    }
    let patch = ProfilePatch { bio: Some("\u{2800}".into()), ..ProfilePatch::default() };
    assert_eq!(
        world.chat.profiles().update(lea, patch, Network::default()).await.unwrap().bio,
        "",
        "it may be empty"
    );
}

#[both_databases]
async fn a_message_is_visible(world: World) {
    let lea = world.person("lea", "fr").await;
    let talk = world.group(lea, &[]).await;
    let id = world.say(lea, &talk, "salut").await.unwrap().message.message.id.to_string();
    for blank in [
        "\u{2800}",
        "\u{3164}",
        "\u{ffa0}",
        "\u{115f}\u{1160}",
        "\u{e0100}",
        "\u{e0041}\u{e007f}",
        "\u{180b}",
        "\u{fff9}\u{fffb}",
        "\u{1}\u{2}",
        "\u{7f}",
    ] {
        assert!(is_refused(&world.say(lea, &talk, blank).await, "content"), "{blank:?}");
        let edit = MessageEdit { message: id.clone(), content: blank.into(), ..MessageEdit::default() };
        assert!(is_refused(&world.chat.messages().edit(lea, edit).await, "content"), "{blank:?}");
    }
    for shown in ["\u{202e}gnp.exe", "👩\u{200d}👧", "\u{200b}a "] {
        let said = world.say(lea, &talk, shown).await.unwrap();
        assert_eq!(said.message.message.content, shown, "messages stay as they were typed");
    }
    let report = NewReport {
        message: id,
        language: "es".into(),
        reason: "other".into(),
        comment: Some("\u{3164}".into()),
        wants_another: false,
    };
    assert!(is_refused(&world.chat.reports().add(lea, report).await, "comment"));
}

#[both_databases]
async fn one_address_has_one_account(world: World) {
    let with = |name: &str, email: &str| Registration { email: email.into(), ..registration(name, "fr") };
    for wrong in ["te\u{200b}st@example.org", "<lea@example.org>", "a..b@example.org", "lea@-example.org"] {
        assert!(is_refused(&join(&world, with("lea", wrong)).await, "email"), "{wrong:?}");
    }
    let joined = join(&world, with("lea", "Le\u{301}a@Bücher.example")).await.unwrap();
    assert_eq!(joined.user.email, "léa@bücher.example");
    for same in ["léa@bücher.example", "LÉA@xn--bcher-kva.example"] {
        let taken = join(&world, with("other", same)).await;
        assert!(matches!(taken, Err(ChatError::Taken { field: "email" })), "{same}");
        assert_eq!(world.sign_in(same, false).await.user.id, joined.user.id, "{same}");
    }
}

#[both_databases]
async fn a_password_is_the_same_on_every_keyboard(world: World) {
    let new = Registration { password: "mot de passe é7".into(), ..registration("lea", "fr") };
    join(&world, new).await.unwrap();
    let sign_in = async |password: &str| {
        world.chat.sign_ins().with_password("lea".into(), password.into(), false, Device::default()).await
    };
    for same in ["mot de passe e\u{301}7", "mot\u{a0}de passe é7"] {
        assert!(matches!(sign_in(same).await, Ok(SignIn::Done(_))), "{same}");
    }
    assert!(sign_in("mot de passe e7").await.is_err());
}

/// The old system hashed passwords as received, so a hash may be of decomposed letters.
#[both_databases]
async fn an_imported_password_is_verified_as_typed(world: World) {
    let typed = "mot de passe e\u{301}7";
    let old = bcrypt::hash_with_result(typed, 4).unwrap().format_for_version(bcrypt::Version::TwoB);
    let lea = world.person("lea", "fr").await;
    let (old, now) = (meeshy_domain::Secret::from(old.as_str()), world.chat.now());
    let set = move |tx: &mut meeshy_store::Tx<'_>| meeshy_store::users::set_password_hash(tx, lea, &old, now);
    world.store.write(set).await.unwrap();
    for password in [typed, typed, "mot de passe é7"] {
        let signed_in = world
            .chat
            .sign_ins()
            .with_password("lea".into(), password.into(), false, Device::default())
            .await;
        assert!(matches!(signed_in, Ok(SignIn::Done(_))), "{password}");
    }
}

#[both_databases]
async fn a_client_message_id_is_unique_per_conversation(world: World) {
    let lea = world.person("lea", "fr").await;
    let (one, other) = (world.group(lea, &[]).await, world.group(lea, &[]).await);
    let say = async |talk: &meeshy_chat::ConversationView, content: &str| {
        let new = NewMessage {
            conversation: talk.conversation.id.to_string(),
            content: content.into(),
            client_message_id: Some("c-1".into()),
            ..NewMessage::default()
        };
        world.chat.messages().send(lea, new).await.unwrap()
    };
    let (first, second) = (say(&one, "salut").await, say(&other, "salut").await);
    assert!(!second.repeated);
    assert_eq!(second.message.message.conversation_id, other.conversation.id);
    assert_ne!(first.message.message.id, second.message.message.id);
    assert_eq!(second.message.message.client_message_id.as_deref(), Some("c-1"));
    let again = say(&other, "salut").await;
    assert!(again.repeated && again.message.message.id == second.message.message.id);
    assert_eq!(world.page(lea, &other).await.messages.len(), 1);
}
