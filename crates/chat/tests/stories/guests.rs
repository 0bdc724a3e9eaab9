//! Guests, who take part in one conversation by a link, on both databases.

use meeshy_chat::{
    ChatError, ConversationView, Event, GuestRefusal, GuestRules, JoinedGuest, MessageEdit, NewGuest,
    NewMessage, NewShareLink, PageRequest, ParticipantRequest, ParticipantView, ShareLinkPatch,
};
use meeshy_domain::{GuestId, Language, LinkClosed, OutsideOrigins, UserId};
use meeshy_harness::World;
use meeshy_testkit::both_databases;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

fn id(talk: &ConversationView) -> String {
    talk.conversation.id.to_string()
}

/// A new link for guests with these rules.
async fn link(world: &World, who: UserId, talk: &ConversationView, guests: GuestRules) -> String {
    limited(world, who, talk, NewShareLink { guests, ..NewShareLink::default() }).await
}

async fn limited(world: &World, who: UserId, talk: &ConversationView, new: NewShareLink) -> String {
    world.chat.share_links().create(who, &id(talk), new).await.unwrap().link.link_id
}

fn named(name: &str, language: &str) -> NewGuest {
    NewGuest {
        first_name: "Anna".to_owned(),
        last_name: "Lind".to_owned(),
        username: Some(name.to_owned()),
        language: Some(language.to_owned()),
        ..NewGuest::default()
    }
}

async fn join(world: &World, link: &str, new: NewGuest) -> Result<JoinedGuest, ChatError> {
    world.chat.guests().join(link, new).await
}

async fn say(
    world: &World,
    guest: GuestId,
    talk: &ConversationView,
    content: &str,
) -> Result<String, ChatError> {
    let new = NewMessage { conversation: id(talk), content: content.to_owned(), ..NewMessage::default() };
    Ok(world.chat.messages().send(guest, new).await?.message.message.id.to_string())
}

/// The texts that a guest sees, the oldest first.
async fn texts(world: &World, guest: GuestId, talk: &ConversationView) -> Vec<String> {
    let request = PageRequest { limit: 20, ..PageRequest::default() };
    let page = world.chat.messages().page(guest, &id(talk), request, || true).await.unwrap();
    page.messages.iter().rev().map(|view| view.message.content.clone()).collect()
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, ChatError>) -> GuestRefusal {
    match outcome {
        Err(ChatError::Guest(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn closed<T: std::fmt::Debug>(outcome: Result<T, ChatError>) -> LinkClosed {
    match outcome {
        Err(ChatError::LinkClosed(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[both_databases]
async fn a_guest_reads_and_writes_in_their_language(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    world.say(lea, &talk, "bonjour").await.unwrap();
    world.translate().await;
    let link = link(&world, lea, &talk, GuestRules::default()).await;
    world.happened();
    let joined = join(&world, &link, named("anna", "de")).await.unwrap();
    let anna = joined.caller.id();
    assert!(matches!(&world.happened()[..], [Event::ConversationUpdated { .. }]), "members hear of it");
    // What is written from now on is translated for her, and what she writes for the others.
    let said = world.say(lea, &talk, "salut").await.unwrap();
    let german: Language = "de".parse().unwrap();
    assert!(said.message.pending.contains(&german), "{:?}", said.message.pending);
    let sent = world
        .chat
        .messages()
        .send(anna, NewMessage { conversation: id(&talk), content: "hallo".into(), ..NewMessage::default() })
        .await
        .unwrap();
    let view = &sent.message;
    assert_eq!((view.message.sender_id, view.message.details.guest_sender_id), (None, Some(anna)));
    assert_eq!(view.guest.as_ref().unwrap().username, "anna");
    let (french, spanish) = ("fr".parse().unwrap(), "es".parse().unwrap());
    assert_eq!(view.message.original_language, german, "what she writes is in her language");
    assert_eq!(view.pending, [spanish, french]);
    world.translate().await;
    let request = PageRequest { limit: 20, ..PageRequest::default() };
    let page = world.chat.messages().page(anna, &id(&talk), request, || true).await.unwrap();
    assert_eq!(page.reader_language, german);
    let greeting = page.messages.iter().find(|view| view.message.content == "salut").unwrap();
    assert!(greeting.translations.iter().any(|translation| translation.language == german));
    // The message from before is translated because she looks at it.
    let earlier = page.messages.iter().find(|view| view.message.content == "bonjour").unwrap();
    assert_eq!(earlier.pending, [german]);
    // Léa has not read what the guest wrote.
    assert_eq!(world.chat.conversations().get(lea, &id(&talk)).await.unwrap().unread_count, 1);
}

#[both_databases]
async fn a_guest_sees_only_what_the_link_shows(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let before = world.say(lea, &talk, "un secret").await.unwrap().message.message.id;
    let rules = GuestRules { allow_view_history: false, ..GuestRules::default() };
    let joined = join(&world, &link(&world, lea, &talk, rules).await, named("anna", "fr")).await.unwrap();
    let anna = joined.caller.id();
    assert_eq!(texts(&world, anna, &talk).await, [""; 0]);
    let conversation = world.chat.conversations().get(anna, &id(&talk)).await.unwrap();
    assert!(conversation.last_message.is_none());
    for outcome in [
        world.chat.messages().get(anna, &before.to_string()).await.map(drop),
        world.chat.reactions().add(anna, &before.to_string(), "👍").await.map(drop),
        world.chat.translations().request(anna, &before.to_string(), "de").await.map(drop),
    ] {
        assert!(matches!(outcome, Err(ChatError::NotFound { what: "message" })), "{outcome:?}");
    }
    let answer = NewMessage {
        conversation: id(&talk),
        content: "je réponds".into(),
        reply_to_id: Some(before.to_string()),
        ..NewMessage::default()
    };
    let outcome = world.chat.messages().send(anna, answer).await;
    assert!(matches!(&outcome, Err(ChatError::Invalid { field, .. }) if field == "replyToId"), "{outcome:?}");
    // A new message that answers an old one comes without it.
    let reply = NewMessage {
        conversation: id(&talk),
        content: "ça reste".into(),
        reply_to_id: Some(before.to_string()),
        ..NewMessage::default()
    };
    world.chat.messages().send(lea, reply).await.unwrap();
    let request = PageRequest { limit: 20, ..PageRequest::default() };
    let page = world.chat.messages().page(anna, &id(&talk), request, || true).await.unwrap();
    assert_eq!((page.messages.len(), page.total, page.has_older), (1, 1, false));
    assert!(page.messages[0].reply_to.is_none());
    // Another conversation is none of hers, and neither is another link to this one.
    let other = world.group(lea, &[carlos]).await;
    for outcome in [
        world.chat.conversations().get(anna, &id(&other)).await.map(drop),
        say(&world, anna, &other, "coucou").await.map(drop),
        world.chat.guests().link_page(anna, &link_of(&world, lea, &talk).await).await.map(drop),
    ] {
        assert!(matches!(outcome, Err(ChatError::NotAMember)), "{outcome:?}");
    }
}

async fn link_of(world: &World, who: UserId, talk: &ConversationView) -> String {
    link(world, who, talk, GuestRules::default()).await
}

#[both_databases]
async fn a_guest_does_what_the_link_allows_now(world: World) {
    let lea = world.person("lea", "fr").await;
    let talk = world.group(lea, &[]).await;
    let silent = GuestRules { allow_messages: false, ..GuestRules::default() };
    let silent = join(&world, &link(&world, lea, &talk, silent).await, named("silent", "fr")).await.unwrap();
    let outcome = say(&world, silent.caller.id(), &talk, "un mot").await;
    assert!(matches!(outcome, Err(ChatError::Forbidden(_))), "{outcome:?}");
    let open = link_of(&world, lea, &talk).await;
    let joined = join(&world, &open, named("anna", "fr")).await.unwrap();
    let anna = joined.caller.id();
    let own = say(&world, anna, &talk, "bonjour").await.unwrap();
    // She changes and deletes what she wrote, and nothing else.
    let edit = |message: &str| MessageEdit {
        message: message.to_owned(),
        content: "bonsoir".to_owned(),
        ..MessageEdit::default()
    };
    let edited = world.chat.messages().edit(anna, edit(&own)).await.unwrap();
    assert_eq!(edited.message.content, "bonsoir");
    let of_lea = world.say(lea, &talk, "salut").await.unwrap().message.message.id.to_string();
    for outcome in [
        world.chat.messages().edit(anna, edit(&of_lea)).await.map(drop),
        world.chat.messages().delete(anna, &of_lea, None).await.map(drop),
        world.chat.messages().edit(silent.caller.id(), edit(&own)).await.map(drop),
    ] {
        assert!(matches!(outcome, Err(ChatError::Forbidden(_))), "{outcome:?}");
    }
    // Reactions of guests are counted with those of users.
    let reacted = world.chat.reactions().add(anna, &of_lea, "👍").await.unwrap();
    assert_eq!((reacted.user_id, reacted.guest_id), (None, Some(anna)));
    let found = world.chat.reactions().of_message(anna, &of_lea).await.unwrap();
    assert_eq!((found.reactions[0].guests.clone(), found.reactions[0].is_own), (vec![anna], true));
    world.chat.reactions().remove(anna, &of_lea, "👍").await.unwrap();
    assert!(world.chat.reactions().of_message(lea, &of_lea).await.unwrap().reactions.is_empty());
    world.chat.messages().delete(anna, &own, None).await.unwrap();
    // A change of the link counts at once.
    let mute = ShareLinkPatch { allow_messages: Some(false), ..ShareLinkPatch::default() };
    world.chat.share_links().change(lea, &open, mute).await.unwrap();
    let outcome = say(&world, anna, &talk, "encore").await;
    assert!(matches!(outcome, Err(ChatError::Forbidden(_))), "{outcome:?}");
    let off = ShareLinkPatch { is_active: Some(false), ..ShareLinkPatch::default() };
    world.chat.share_links().change(lea, &open, off).await.unwrap();
    assert_eq!(closed(world.chat.guests().authenticate(&joined.secret).await), LinkClosed::TurnedOff);
    assert_eq!(closed(say(&world, anna, &talk, "encore").await), LinkClosed::TurnedOff);
    assert!(world.chat.guests().ended(vec![anna, silent.caller.id()]).await.unwrap().contains(&anna));
}

#[both_databases]
async fn a_link_limits_its_guests(world: World) {
    let lea = world.person("lea", "fr").await;
    let talk = world.group(lea, &[]).await;
    let new = NewShareLink::default;
    let alone = limited(&world, lea, &talk, NewShareLink { max_concurrent_users: Some(1), ..new() }).await;
    let first = join(&world, &alone, named("first", "fr")).await.unwrap();
    assert_eq!(refusal(join(&world, &alone, named("second", "fr")).await), GuestRefusal::Full);
    world.chat.guests().leave(&first.secret).await.unwrap();
    join(&world, &alone, named("second", "fr")).await.unwrap();
    for limit in
        [NewShareLink { max_uses: Some(1), ..new() }, NewShareLink { max_unique_sessions: Some(1), ..new() }]
    {
        let once = limited(&world, lea, &talk, limit).await;
        let only = join(&world, &once, named("only", "fr")).await.unwrap();
        world.chat.guests().leave(&only.secret).await.unwrap();
        assert_eq!(closed(join(&world, &once, named("late", "fr")).await), LinkClosed::UsedUp);
    }
    let short = NewShareLink { expires_at: Some(world.chat.now().plus(HOUR)), ..new() };
    let short = limited(&world, lea, &talk, short).await;
    let guest = join(&world, &short, named("brief", "fr")).await.unwrap();
    world.hand.advance(HOUR);
    assert_eq!(closed(join(&world, &short, named("late", "fr")).await), LinkClosed::Expired);
    assert_eq!(closed(say(&world, guest.caller.id(), &talk, "trop tard").await), LinkClosed::Expired);
    assert_eq!(closed(world.chat.share_links().info(&short).await), LinkClosed::Expired);
}

#[both_databases]
async fn a_link_chooses_its_guests(world: World) {
    let lea = world.person("lea", "fr").await;
    let talk = world.group(lea, &[]).await;
    let rules = GuestRules::default;
    let list = |item: &str| vec![item.to_owned()];
    let account = link(&world, lea, &talk, GuestRules { require_account: true, ..rules() }).await;
    assert_eq!(refusal(join(&world, &account, named("anna", "fr")).await), GuestRefusal::AccountRequired);
    let french = link(&world, lea, &talk, GuestRules { languages: list("fr"), ..rules() }).await;
    let outside = |place| GuestRefusal::Outside(place);
    assert_eq!(refusal(join(&world, &french, named("anna", "de")).await), outside(OutsideOrigins::Language));
    join(&world, &french, named("anne", "fr")).await.unwrap();
    let swiss = link(&world, lea, &talk, GuestRules { countries: list("CH"), ..rules() }).await;
    let from = |country: Option<&str>| NewGuest { country: country.map(str::to_owned), ..named("urs", "de") };
    assert_eq!(refusal(join(&world, &swiss, from(None)).await), outside(OutsideOrigins::Country));
    assert_eq!(refusal(join(&world, &swiss, from(Some("FR"))).await), outside(OutsideOrigins::Country));
    join(&world, &swiss, from(Some("CH"))).await.unwrap();
    let local = link(&world, lea, &talk, GuestRules { ip_ranges: list("192.0.2.0/24"), ..rules() }).await;
    let at = |address: &str| NewGuest { ip_address: address.parse().ok(), ..named("ina", "de") };
    assert_eq!(refusal(join(&world, &local, at("192.0.3.1")).await), outside(OutsideOrigins::Address));
    join(&world, &local, at("192.0.2.1")).await.unwrap();
    let curious = GuestRules { require_email: true, require_birthday: true, ..rules() };
    let curious = link(&world, lea, &talk, curious).await;
    let complete = NewGuest {
        email: Some("eva@example.org".to_owned()),
        birthday: Some(world.chat.now()),
        ..named("eva", "de")
    };
    let cases = [
        ("username", NewGuest { username: None, ..complete.clone() }),
        ("email", NewGuest { email: Some(String::new()), ..complete.clone() }),
        ("email", NewGuest { email: Some("nowhere".to_owned()), ..complete.clone() }),
        ("birthday", NewGuest { birthday: None, ..complete.clone() }),
        ("firstName", NewGuest { first_name: " ".to_owned(), ..complete.clone() }),
        ("language", NewGuest { language: Some("xx".to_owned()), ..complete.clone() }),
    ];
    for (wanted, new) in cases {
        let outcome = join(&world, &curious, new).await;
        assert!(matches!(&outcome, Err(ChatError::Invalid { field, .. }) if field == wanted), "{outcome:?}");
    }
    join(&world, &curious, complete).await.unwrap();
    // Nothing was counted for those who could not join.
    let used = world.chat.share_links().list(lea, &id(&talk)).await.unwrap();
    assert!(used.links.iter().all(|view| view.link.current_uses <= 1), "{used:?}");
}

#[both_databases]
async fn names_of_guests_are_unique_in_a_conversation(world: World) {
    let lea = world.person("lea", "fr").await;
    let talk = world.group(lea, &[]).await;
    let link =
        link(&world, lea, &talk, GuestRules { require_nickname: false, ..GuestRules::default() }).await;
    let anna = join(&world, &link, named("anna", "fr")).await.unwrap();
    for taken in ["anna", "lea", "LEA"] {
        match refusal(join(&world, &link, named(taken, "fr")).await) {
            GuestRefusal::NameTaken { suggestion } => {
                assert!(suggestion.starts_with("anna_li"), "{suggestion}");
            }
            other => panic!("{other:?}"),
        }
    }
    let unnamed = join(&world, &link, NewGuest { username: None, ..named("", "fr") }).await.unwrap();
    assert!(unnamed.caller.seat.guest().username.starts_with("anna_li"));
    world.chat.guests().leave(&anna.secret).await.unwrap();
    join(&world, &link, named("anna", "fr")).await.unwrap();
}

#[both_databases]
async fn a_guest_comes_back_and_leaves(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let link = link_of(&world, lea, &talk).await;
    let joined = join(&world, &link, named("anna", "de")).await.unwrap();
    let back = world.chat.guests().authenticate(&joined.secret).await.unwrap();
    assert_eq!((back.id(), back.conversation.id), (joined.caller.id(), talk.conversation.id));
    for unknown in ["", "anon_", "anon_1_2_", "nonsense", &joined.secret.to_uppercase(), "anon_\0"] {
        let outcome = world.chat.guests().authenticate(unknown).await;
        assert!(matches!(outcome, Err(ChatError::Unauthenticated(_))), "{unknown}: {outcome:?}");
    }
    let page = world.chat.conversations().participants(carlos, &id(&talk), all()).await.unwrap();
    let guests = page.participants.iter().filter(|one| matches!(one, ParticipantView::Guest(_)));
    assert_eq!(guests.count(), 1);
    let info = world.chat.share_links().info(&link).await.unwrap();
    assert_eq!((info.figures.members, info.figures.guests, info.figures.online_guests), (2, 1, 1));
    world.happened();
    world.chat.guests().leave(&joined.secret).await.unwrap();
    assert!(matches!(&world.happened()[..], [Event::ConversationUpdated { .. }]));
    let again = world.chat.guests().leave(&joined.secret).await;
    assert!(matches!(again, Err(ChatError::NotFound { .. })), "{again:?}");
    let outcome = say(&world, joined.caller.id(), &talk, "encore").await;
    assert!(matches!(outcome, Err(ChatError::Unauthenticated(_))), "{outcome:?}");
    // Nothing is translated for her any more.
    let german: Language = "de".parse().unwrap();
    assert!(!world.say(lea, &talk, "salut").await.unwrap().message.pending.contains(&german));
    assert_eq!(world.chat.share_links().info(&link).await.unwrap().link.current_concurrent_users, 0);
}

fn all() -> ParticipantRequest {
    ParticipantRequest { limit: 50, ..ParticipantRequest::default() }
}

#[both_databases]
async fn who_is_idle_for_a_day_has_left(world: World) {
    let lea = world.person("lea", "fr").await;
    let talk = world.group(lea, &[]).await;
    let link = link_of(&world, lea, &talk).await;
    let idle = join(&world, &link, named("idle", "de")).await.unwrap();
    let active = join(&world, &link, named("active", "es")).await.unwrap();
    world.hand.advance(HOUR * 23);
    world.chat.guests().authenticate(&active.secret).await.unwrap();
    world.hand.advance(HOUR * 2);
    world.run_jobs(meeshy_chat::retention::Bounds::default()).await;
    assert!(world.chat.guests().authenticate(&active.secret).await.is_ok());
    assert!(world.chat.guests().authenticate(&idle.secret).await.is_err());
    let info = world.chat.share_links().info(&link).await.unwrap();
    assert_eq!((info.figures.guests, info.link.current_concurrent_users), (1, 1));
    let languages: Vec<_> = info.figures.languages.iter().map(|language| language.code()).collect();
    assert_eq!(languages, ["es", "fr"]);
}

#[both_databases]
async fn a_link_that_is_removed_takes_its_guests_along(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (emma, talk) = (world.person("emma", "en").await, world.group(lea, &[carlos]).await);
    let link = link_of(&world, carlos, &talk).await;
    let joined = join(&world, &link, named("anna", "de")).await.unwrap();
    say(&world, joined.caller.id(), &talk, "hallo").await.unwrap();
    // Strangers do not learn of it, other members may not change it, and moderators may.
    let outcome = world.chat.share_links().remove(emma, &link).await;
    assert!(matches!(outcome, Err(ChatError::NotFound { .. })), "{outcome:?}");
    let of_lea = link_of(&world, lea, &talk).await;
    let outcome = world.chat.share_links().remove(carlos, &of_lea).await;
    assert!(matches!(outcome, Err(ChatError::Forbidden(_))), "{outcome:?}");
    let rename = ShareLinkPatch { name: Some(Some("Open day".to_owned())), ..ShareLinkPatch::default() };
    let changed = world.chat.share_links().change(lea, &link, rename).await.unwrap();
    assert_eq!((changed.name.as_deref(), changed.allow_anonymous_messages), (Some("Open day"), true));
    let (own, total) = world.chat.share_links().own(carlos, 10, 0).await.unwrap();
    assert_eq!((own.len(), total, own[0].figures.guests), (1, 1, 1));
    world.chat.share_links().remove(lea, &link).await.unwrap();
    assert!(world.chat.guests().authenticate(&joined.secret).await.is_err());
    assert!(matches!(join(&world, &link, named("eva", "de")).await, Err(ChatError::NotFound { .. })));
    assert_eq!(world.chat.share_links().own(carlos, 10, 0).await.unwrap().1, 0);
    assert_eq!(world.chat.share_links().list(lea, &id(&talk)).await.unwrap().links.len(), 1);
    // What she wrote stays, with her name.
    let page = world.page(lea, &talk).await;
    assert_eq!(page.messages[0].guest.as_ref().unwrap().username, "anna");
}

#[both_databases]
async fn ids_of_links_open_nothing_to_strangers(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[]).await;
    let created =
        world.chat.share_links().create(lea, &id(&talk), NewShareLink::default()).await.unwrap().link;
    let by_id = created.id.to_string();
    for outcome in [
        join(&world, &by_id, named("anna", "fr")).await.map(drop),
        world.chat.share_links().info(&by_id).await.map(drop),
        world.chat.share_links().join(carlos, &by_id).await.map(drop),
        join(&world, "mshy_\0", named("anna", "fr")).await.map(drop),
    ] {
        assert!(matches!(outcome, Err(ChatError::NotFound { what: "link" })), "{outcome:?}");
    }
    let guest = join(&world, &created.link_id, named("anna", "fr")).await.unwrap();
    let page = world.chat.guests().link_page(guest.caller.id(), &by_id).await.unwrap();
    assert_eq!((page.link.id, page.guests.len()), (created.id, 1));
    assert!(world.chat.share_links().is_available(&by_id).await.unwrap());
    assert!(!world.chat.share_links().is_available(&created.link_id).await.unwrap());
}

#[both_databases]
async fn a_message_sent_twice_by_a_guest_is_one(world: World) {
    let lea = world.person("lea", "fr").await;
    let talk = world.group(lea, &[]).await;
    let anna = join(&world, &link_of(&world, lea, &talk).await, named("anna", "fr")).await.unwrap();
    let new = || NewMessage {
        conversation: id(&talk),
        content: "bonjour".into(),
        client_message_id: Some("one".into()),
        ..NewMessage::default()
    };
    let first = world.chat.messages().send(anna.caller.id(), new()).await.unwrap();
    let second = world.chat.messages().send(anna.caller.id(), new()).await.unwrap();
    assert_eq!((first.repeated, second.repeated), (false, true));
    assert_eq!(first.message.message.id, second.message.message.id);
    assert_eq!(texts(&world, anna.caller.id(), &talk).await, ["bonjour"]);
}
