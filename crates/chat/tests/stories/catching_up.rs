//! Clients that were away catch up, on both databases.

use crate::hidden::block;
use meeshy_chat::retention::{EventBound, prune_events};
use meeshy_chat::{CaughtUp, ChatError, ConversationView, Event, MessageEdit, MessageView};
use meeshy_domain::{Language, UserId};
use meeshy_harness::World;
use meeshy_store::translations::{State, Translation};
use meeshy_testkit::both_databases;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a client knows of a conversation from the events it has received.
#[derive(Debug, Default, PartialEq)]
struct Known {
    texts: BTreeMap<i64, (String, i64)>,
    translations: BTreeMap<(String, Language), (State, i64)>,
    read: BTreeMap<UserId, i64>,
}

impl Known {
    fn told(mut self, event: &Event) -> Self {
        match event {
            Event::MessageNew { message, .. } | Event::MessageEdited { message, .. } => self.message(message),
            Event::Translated { translation, .. } => self.translation(translation),
            Event::Read { user, read_sequence, .. } => self.has_read(*user, *read_sequence),
            _ => {}
        }
        self
    }

    fn message(&mut self, view: &MessageView) {
        let message = &view.message;
        let id = message.id.to_string();
        self.texts.insert(message.sequence, (message.content.clone(), message.revision));
        self.translations.retain(|(of, _), (_, revision)| *of != id || *revision == message.revision);
        view.translations.iter().for_each(|translation| self.translation(translation));
        if let Some(sender) = message.sender_id {
            self.has_read(sender, message.sequence);
        }
    }

    fn has_read(&mut self, user: UserId, sequence: i64) {
        let position = self.read.entry(user).or_default();
        *position = sequence.max(*position);
    }

    fn translation(&mut self, known: &Translation) {
        let key = (known.message_id.to_string(), known.language);
        self.translations.insert(key, (known.state.clone(), known.revision));
    }
}

async fn events_after(
    world: &World,
    who: UserId,
    talk: &ConversationView,
    after: i64,
    limit: i64,
) -> CaughtUp {
    let id = talk.conversation.id.to_string();
    world.chat.events().after(who, &id, after, limit).await.unwrap()
}

fn said(caught_up: &CaughtUp) -> Vec<&str> {
    (caught_up.stretch.events.iter())
        .filter_map(|happened| match &happened.event {
            Event::MessageNew { message, .. } => Some(message.message.content.as_str()),
            _ => None,
        })
        .collect()
}

#[both_databases]
async fn a_client_that_was_away_gets_the_missed_events(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let edit = |message: &str, content: &str| MessageEdit {
        message: message.to_owned(),
        content: content.to_owned(),
        ..MessageEdit::default()
    };
    let mut live = Known::default();
    let mut first = String::new();
    for round in 0..3 {
        let sent = world.say(carlos, &talk, &format!("hola {round}")).await.unwrap();
        world.translate().await;
        if round == 0 {
            first = sent.message.message.id.to_string();
        }
        world.chat.messages().edit(carlos, edit(&first, &format!("adiós {round}"))).await.unwrap();
        world.chat.conversations().mark_read(lea, &talk.conversation.id.to_string()).await.unwrap();
        world.say(lea, &talk, "oui").await.unwrap();
    }
    world.translate().await;
    for event in world.happened() {
        live = live.told(&event);
    }
    let conversation = world.chat.conversations().get(lea, &talk.conversation.id.to_string()).await.unwrap();
    let newest = conversation.conversation.last_event;
    let whole = events_after(&world, carlos, &talk, talk.conversation.last_event, 200).await;
    assert_eq!((whole.stretch.last, whole.stretch.has_more), (newest, false));
    let told = |known: Known, part: &CaughtUp| {
        part.stretch.events.iter().fold(known, |known, happened| known.told(&happened.event))
    };
    assert_eq!(told(Known::default(), &whole), live);
    let numbers: Vec<i64> = whole.stretch.events.iter().filter_map(|happened| happened.number).collect();
    assert!(numbers.is_sorted() && numbers.len() == whole.stretch.events.len(), "{numbers:?}");
    assert_eq!(whole.unread_count, 1, "only the last was not answered");

    // The same in small parts.
    let (mut known, mut after) = (Known::default(), 0);
    loop {
        let part = events_after(&world, carlos, &talk, after, 2).await;
        assert!(part.stretch.events.len() <= 2);
        known = told(known, &part);
        after = part.stretch.last;
        if !part.stretch.has_more {
            break;
        }
    }
    assert_eq!((known, after), (live, newest));
}

#[both_databases]
async fn hidden_events_stay_hidden_and_non_members_get_nothing(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (emma, stranger) = (world.person("emma", "en").await, world.person("eve", "en").await);
    let talk = world.group(lea, &[carlos, emma]).await;
    world.say(carlos, &talk, "before").await.unwrap();
    block(&world, lea, carlos).await;
    world.say(carlos, &talk, "hello?").await.unwrap();
    world.say(emma, &talk, "hi").await.unwrap();
    world.chat.conversations().mark_read(carlos, &talk.conversation.id.to_string()).await.unwrap();
    world.translate().await;
    let for_lea = events_after(&world, lea, &talk, 1, 200).await;
    assert_eq!(said(&for_lea), ["hi"]);
    let is_carlos = |event: &Event| matches!(event, Event::Read { user, .. } if *user == carlos);
    assert!(!for_lea.stretch.events.iter().any(|happened| is_carlos(&happened.event)));
    assert_eq!(for_lea.unread_count, 1);
    let for_emma = events_after(&world, emma, &talk, 1, 200).await;
    assert_eq!(said(&for_emma), ["before", "hello?", "hi"]);
    assert!(for_emma.stretch.events.iter().any(|happened| is_carlos(&happened.event)));
    assert_eq!(for_lea.stretch.last, for_emma.stretch.last);
    let refused = world.chat.events().after(stranger, &talk.conversation.id.to_string(), 0, 10).await;
    assert!(matches!(refused, Err(ChatError::NotAMember)), "{refused:?}");
    let all = world.chat.events().all_after(stranger, vec![(talk.conversation.id, 0)]).await.unwrap();
    assert!(all.conversations.is_empty() && all.is_list_stale, "{all:?}");
}

#[both_databases]
async fn a_client_that_was_away_for_too_long_has_to_reload(world: World) {
    let lea = world.person("lea", "fr").await;
    let talk = world.group(lea, &[]).await;
    for number in 0..6 {
        world.say(lea, &talk, &number.to_string()).await.unwrap();
    }
    let bound = EventBound { age: Duration::from_secs(60), rows: 4 };
    assert_eq!(prune_events(&world.store, bound, world.chat.now()).await.unwrap(), 3);
    let too_old = events_after(&world, lea, &talk, 2, 10).await.stretch;
    assert!(too_old.is_too_old && too_old.events.is_empty());
    assert_eq!((too_old.last, too_old.has_more), (7, false), "from there it goes on");
    let known = events_after(&world, lea, &talk, 3, 10).await;
    assert!(!known.stretch.is_too_old);
    assert_eq!(said(&known), ["2", "3", "4", "5"]);
    for unknown in [8, i64::MAX] {
        let answer = events_after(&world, lea, &talk, unknown, 10).await.stretch;
        assert!(answer.is_too_old, "nobody can know {unknown}");
    }
    world.hand.advance(Duration::from_secs(61));
    prune_events(&world.store, bound, world.chat.now()).await.unwrap();
    assert!(events_after(&world, lea, &talk, 6, 10).await.stretch.is_too_old);
    let current = events_after(&world, lea, &talk, 7, 10).await.stretch;
    assert!(!current.is_too_old && !current.has_more, "nothing was missed");
    world.say(lea, &talk, "again").await.unwrap();
    assert_eq!(said(&events_after(&world, lea, &talk, 7, 10).await), ["again"]);
}

#[both_databases]
async fn one_call_catches_up_all_conversations(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (quiet, busy) = (world.group(lea, &[carlos]).await, world.group(lea, &[carlos]).await);
    let late = world.group(lea, &[carlos]).await;
    world.hand.advance(Duration::from_secs(1));
    world.say(carlos, &busy, "hola").await.unwrap();
    // The state of a client that has read the list by now, without its last conversation.
    let known = [(busy.conversation.id, 1), (quiet.conversation.id, 1)];
    let all = world.chat.events().all_after(lea, known.to_vec()).await.unwrap();
    let [one] = &all.conversations[..] else { panic!("{all:?}") };
    assert_eq!(one.stretch.conversation_id, busy.conversation.id);
    assert_eq!((said(one), one.unread_count), (vec!["hola"], 1));
    assert!(all.is_list_stale, "the other is as young as the oldest that is known");
    let known = [(busy.conversation.id, one.stretch.last)];
    let all = world.chat.events().all_after(lea, known.to_vec()).await.unwrap();
    assert!(all.conversations.is_empty() && !all.is_list_stale, "the others come later in the list");
    world.hand.advance(Duration::from_secs(1));
    world.say(carlos, &late, "¿y aquí?").await.unwrap();
    let all = world.chat.events().all_after(lea, known.to_vec()).await.unwrap();
    assert!(all.conversations.is_empty() && all.is_list_stale, "now it comes first");
}

#[both_databases]
async fn a_response_is_bounded_and_says_whether_there_is_more(world: World) {
    let lea = world.person("lea", "fr").await;
    let mut known = Vec::new();
    for number in 0..20 {
        let talk = world.group(lea, &[]).await;
        known.push((talk.conversation.id, 1));
        for line in 0..40 + number % 2 {
            world.say(lea, &talk, &line.to_string()).await.unwrap();
        }
    }
    let (mut calls, mut messages) = (0, 0);
    while calls < 10 {
        let all = world.chat.events().all_after(lea, known.clone()).await.unwrap();
        let count: usize = all.conversations.iter().map(|one| one.stretch.events.len()).sum();
        assert!(count <= 1_000, "{count}");
        messages += count;
        calls += 1;
        for one in &all.conversations {
            let at = known.iter_mut().find(|(id, _)| *id == one.stretch.conversation_id).unwrap();
            at.1 = one.stretch.last;
        }
        if all.conversations.iter().all(|one| !one.stretch.has_more) {
            break;
        }
    }
    assert_eq!((messages, calls), (810, 2));
}
