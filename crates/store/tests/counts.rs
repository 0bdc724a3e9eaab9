//! What is counted with every change is what there is, whatever happens in which order.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

use meeshy_domain::{ConversationId, IdGenerator, Language, LanguageSettings, MemberRole, MessageId, UserId};
use meeshy_store::conversation_languages::{self, Counts};
use meeshy_store::conversations::{self, Numbers};
use meeshy_store::deletions;
use meeshy_store::members::{self, NewMember, Past};
use meeshy_store::messages::{self, Page};
use meeshy_store::users::{self, ProfileChange};
use meeshy_store::visibility::Viewer;
use meeshy_store::{Store, StoreError, Tx};
use meeshy_testkit::sample::{NOW, conversation, message, user};
use meeshy_testkit::{Database, both_databases};
use std::collections::BTreeMap;

const LANGUAGES: [&str; 3] = ["en", "es", "fr"];

fn language(number: usize) -> Language {
    LANGUAGES[number % LANGUAGES.len()].parse().unwrap()
}

/// One of all settings that make a difference.
fn settings(number: usize) -> LanguageSettings {
    LanguageSettings {
        regional_language: (number & 1 > 0).then(|| language(number / 5)),
        custom_destination_language: (number & 2 > 0).then(|| language(number / 7)),
        auto_translate_enabled: number & 4 == 0,
        translate_to_system_language: number & 8 > 0,
        translate_to_regional_language: number & 16 > 0,
        use_custom_destination: number & 32 > 0,
        ..LanguageSettings::reading(language(number))
    }
}

/// The counts as they follow from the rows.
fn counted(tx: &mut Tx<'_>, talk: ConversationId) -> Result<(i64, Vec<Counts>), StoreError> {
    let mut all: BTreeMap<Language, Counts> = BTreeMap::new();
    let mut count = |language: Language, count: fn(&mut Counts)| {
        count(all.entry(language).or_insert(Counts { language, members: 0, readers: 0, messages: 0 }));
    };
    for member in tx.fetch(members::first(&[talk], 1_000))?.concat() {
        count(member.languages.system_language, |counts| counts.members += 1);
        if let Some(language) = member.languages.translated_into() {
            count(language, |counts| counts.readers += 1);
        }
    }
    for message in tx.fetch(messages::list(talk, &Viewer::anyone(NOW), Page::Offset(0), 1_000))? {
        count(message.original_language, |counts| counts.messages += 1);
    }
    let sql = "SELECT count(*) AS total FROM members WHERE conversation_id = $1 AND is_active";
    let members = tx.fetch_one(sql, &[talk.into()])?;
    Ok((members, all.into_values().collect()))
}

fn maintained(tx: &mut Tx<'_>, talk: ConversationId) -> Result<(i64, Vec<Counts>), StoreError> {
    let mut counts = tx.fetch(conversation_languages::list(talk))?;
    counts.retain(|counts| counts.members + counts.readers + counts.messages != 0);
    Ok((conversations::find(tx, talk)?.unwrap().member_count, counts))
}

async fn is_right(store: &Store, talk: ConversationId, when: &str) {
    let both = move |tx: &mut Tx<'_>| Ok::<_, StoreError>((maintained(tx, talk)?, counted(tx, talk)?));
    let (maintained, counted) = store.read(both).await.unwrap();
    assert_eq!(maintained, counted, "{when}");
}

fn join(
    tx: &mut Tx<'_>,
    id: meeshy_domain::MemberId,
    talk: ConversationId,
    user_id: UserId,
) -> Result<(), StoreError> {
    let role = MemberRole::Member;
    members::insert(tx, &NewMember { id, conversation_id: talk, user_id, role, joined_at: NOW })
}

/// A member leaves, and one who has left comes back.
fn come_or_go(
    tx: &mut Tx<'_>,
    id: meeshy_domain::MemberId,
    talk: ConversationId,
    user_id: UserId,
) -> Result<(), StoreError> {
    match tx.fetch(members::past(talk, user_id))? {
        Some(Past::Active(_)) => members::leave(tx, talk, user_id, NOW).map(drop),
        Some(_) => {
            let role = MemberRole::Member;
            members::join(tx, &NewMember { id, conversation_id: talk, user_id, role, joined_at: NOW })
        }
        None => Ok(()),
    }
}

fn speak(tx: &mut Tx<'_>, user: UserId, number: usize) -> Result<(), StoreError> {
    let change = ProfileChange { languages: Some(settings(number)), ..Default::default() };
    users::update_profile(tx, user, &change, NOW)
}

#[both_databases]
async fn counts_follow_every_change(database: Database) {
    let store = database.open().await.unwrap();
    let ids = IdGenerator::new([1; 5], 0);
    let (talk, other): (ConversationId, ConversationId) = (ids.next(NOW).into(), ids.next(NOW).into());
    let open = move |tx: &mut Tx<'_>| {
        conversations::insert(tx, &conversation(talk))?;
        conversations::insert(tx, &conversation(other))
    };
    store.write(open).await.unwrap();
    let mut people: Vec<UserId> = Vec::new();
    let mut written: Vec<MessageId> = Vec::new();
    // Each step is another one of what can happen, to another one of whom it can happen to.
    for step in 0..168_usize {
        let turn = step * 31 + 7;
        let (id, member): (UserId, _) = (ids.next(NOW).into(), ids.next(NOW).into());
        let somebody = people.get(turn % people.len().max(1)).copied();
        let something = written.get(turn % written.len().max(1)).copied();
        let new: MessageId = ids.next(NOW).into();
        let change = move |tx: &mut Tx<'_>| match (step % 7, somebody, something) {
            (0, ..) | (_, None, _) => {
                users::insert(
                    tx,
                    &users::User { languages: settings(turn), ..user(id, &format!("p{step}")) },
                )?;
                join(tx, member, if step % 3 == 0 { other } else { talk }, id)
            }
            (1, Some(user), _) => speak(tx, user, turn),
            (2, Some(user), _) => users::set_active(tx, user, step % 4 == 0, NOW),
            (3, _, Some(id)) => messages::edit(tx, id, "edited", language(turn), NOW).map(drop),
            (5, Some(user), _) => come_or_go(tx, member, talk, user),
            (6, _, Some(id)) => deletions::delete(tx, id, NOW).map(drop),
            (_, Some(user), _) => {
                let Numbers { sequence, .. } = conversations::next_numbers(tx, talk, new, NOW)?;
                messages::insert(tx, &message(new, talk, user, sequence))
            }
        };
        store.write(change).await.unwrap();
        match (step % 7, somebody, something) {
            (0, ..) | (_, None, _) => people.push(id),
            (1 | 2 | 5, ..) | (3 | 6, _, Some(_)) => {}
            _ => written.push(new),
        }
        is_right(&store, talk, &format!("step {step}")).await;
        is_right(&store, other, &format!("step {step}")).await;
    }
    assert!(people.len() > 20 && written.len() > 20);
}

#[both_databases(flavor = "multi_thread")]
async fn counts_hold_while_people_join_and_change_their_languages_at_once(database: Database) {
    let store = database.open().await.unwrap();
    let ids = IdGenerator::new([1; 5], 0);
    let talks: [ConversationId; 4] = std::array::from_fn(|_| ids.next(NOW).into());
    let people: Vec<UserId> = (0..12).map(|_| ids.next(NOW).into()).collect();
    let known = people.clone();
    let open = move |tx: &mut Tx<'_>| {
        talks.iter().try_for_each(|talk| conversations::insert(tx, &conversation(*talk)))?;
        known.iter().enumerate().try_for_each(|(n, id)| users::insert(tx, &user(*id, &format!("p{n}"))))
    };
    store.write(open).await.unwrap();
    let mut changes = tokio::task::JoinSet::new();
    for (number, user) in people.into_iter().enumerate() {
        for talk in talks {
            let (store, member) = (store.clone(), ids.next(NOW).into());
            changes.spawn(async move { store.write(move |tx| join(tx, member, talk, user)).await });
        }
        for turn in 0..4 {
            let store = store.clone();
            changes.spawn(async move { store.write(move |tx| speak(tx, user, number * 5 + turn)).await });
        }
    }
    while let Some(outcome) = changes.join_next().await {
        outcome.unwrap().unwrap();
    }
    for talk in talks {
        is_right(&store, talk, "at the end").await;
    }
}
