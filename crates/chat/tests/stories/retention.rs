//! Retention, on both databases.

use meeshy_chat::NotificationCounts;
use meeshy_chat::retention::{Bounds, CacheBound, Retention, archive_notifications, prune_cache};
use meeshy_domain::{Timestamp, UserId};
use meeshy_harness::World;
use meeshy_store::notifications::{self, Notification};
use meeshy_store::translation_cache::{self, Cached};
use meeshy_store::{Store, Tx};
use meeshy_testkit::both_databases;
use std::collections::BTreeSet;
use std::time::Duration;

const DAY: i64 = 86_400_000;
const NOW: Timestamp = Timestamp::from_millis(1_000 * DAY);
const RULE: Retention = Retention { age: Duration::from_secs(30 * 86_400), unread_kept: 3 };

fn notification(user: UserId, number: u32, age_days: i64, is_read: bool) -> Notification {
    let created_at = NOW.millis() - age_days * DAY + i64::from(number);
    Notification {
        id: format!("{user:.16}{number:08x}"),
        user_id: user,
        kind: "new_message".to_owned(),
        title: "Léa 🎈".to_owned(),
        content: "line\nbreak \"quoted\" \u{202e}".to_owned(),
        data: number.is_multiple_of(2).then(|| "{\"a\":1}".to_owned()),
        priority: "normal".to_owned(),
        is_read,
        read_at: is_read.then_some(created_at + 5),
        email_sent: false,
        push_sent: true,
        expires_at: None,
        created_at,
        sender_id: Some("65a0c0ffee0123456789abcd".to_owned()),
        sender_username: Some("lea".to_owned()),
        sender_avatar: None,
        sender_display_name: None,
        sender_first_name: None,
        sender_last_name: None,
        message_preview: Some("…".to_owned()),
        conversation_id: None,
        message_id: None,
        call_session_id: None,
    }
}

async fn insert(store: &Store, all: Vec<Notification>) {
    store
        .write(move |tx| all.iter().try_for_each(|notification| notifications::insert(tx, notification)))
        .await
        .unwrap();
}

async fn active(store: &Store, user: UserId) -> Vec<Notification> {
    store.read(move |tx| notifications::list(tx, user)).await.unwrap()
}

async fn archived(store: &Store, user: UserId) -> Vec<Notification> {
    store.read(move |tx| notifications::archived(tx, user)).await.unwrap()
}

#[both_databases]
async fn old_read_notifications_are_archived_and_the_newest_unread_ones_stay(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let store = world.store.clone();
    let all: Vec<Notification> = [
        (0, 31, true),
        (1, 29, true),
        (2, 40, false),
        (3, 39, false),
        (4, 38, false),
        (5, 37, false),
        (6, 36, false),
        (7, 1, false),
    ]
    .map(|(number, age, is_read)| notification(lea, number, age, is_read))
    .into();
    insert(&store, all.clone()).await;
    insert(&store, vec![notification(carlos, 9, 35, false)]).await;

    let run = archive_notifications(&store, RULE, NOW).await.unwrap();
    assert_eq!((run.moved, run.people, run.active, run.archived), (3, 1, 6, 3));
    let numbers = |left: &[Notification]| -> BTreeSet<i64> {
        left.iter().map(|notification| notification.created_at % DAY).collect()
    };
    assert_eq!(numbers(&active(&store, lea).await), BTreeSet::from([1, 4, 5, 6, 7]));
    assert_eq!(numbers(&archived(&store, lea).await), BTreeSet::from([0, 2, 3]));
    assert_eq!(archived(&store, carlos).await, []);
    // A second run finds nothing left to do.
    assert_eq!(archive_notifications(&store, RULE, NOW).await.unwrap().moved, 0);

    let restored = store.write(move |tx| notifications::restore(tx, lea)).await.unwrap();
    let mut as_before = all;
    as_before.sort_by_key(|notification| notification.created_at);
    assert_eq!((restored, active(&store, lea).await), (3, as_before));
    assert_eq!(archived(&store, lea).await, []);
}

#[both_databases]
async fn a_long_history_is_archived_in_many_steps(world: World) {
    let (lea, store) = (world.person("lea", "fr").await, world.store.clone());
    insert(&store, (0..1_203).map(|number| notification(lea, number, 90, true)).collect()).await;
    world.run_jobs(Bounds { notifications: RULE, ..Bounds::default() }).await;
    let archived = archived(&store, lea).await;
    assert_eq!(archived.len(), 1_203);
    assert!(archived.is_sorted_by_key(|notification| notification.created_at));
    let counts = world.chat.health().notification_counts().await.unwrap();
    assert_eq!(counts, NotificationCounts { active: 0, archived: 1_203 });
}

#[both_databases]
async fn each_notification_is_archived_when_it_is_old_enough(world: World) {
    let (lea, store) = (world.person("lea", "fr").await, world.store.clone());
    insert(&store, (20..30).map(|age| notification(lea, u32::try_from(age).unwrap(), age, true)).collect())
        .await;
    for day in 0..=12 {
        let today = Timestamp::from_millis(NOW.millis() + day * DAY);
        let run = archive_notifications(&store, RULE, today).await.unwrap();
        // The oldest was 29 days old on the first day, and is archived when it is older than 30.
        let gone = (day - 1).clamp(0, 10);
        assert_eq!((run.active, run.archived), (10 - gone, gone), "day {day}");
    }
}

#[both_databases]
async fn an_interrupted_run_loses_nothing_and_the_next_one_continues(world: World) {
    let (lea, store) = (world.person("lea", "fr").await, world.store.clone());
    let all: Vec<Notification> = (0..2_003).map(|number| notification(lea, number, 90, true)).collect();
    let ids: BTreeSet<String> = all.iter().map(|notification| notification.id.clone()).collect();
    insert(&store, all).await;
    for delay_ms in 0..30 {
        let run = archive_notifications(&store, RULE, NOW);
        let _ = tokio::time::timeout(Duration::from_millis(delay_ms), run).await;
        // A running transaction continues, so one of them may be seen in both places, but never in none.
        let there = active(&store, lea).await.into_iter().chain(archived(&store, lea).await);
        assert_eq!(there.map(|notification| notification.id).collect::<BTreeSet<_>>(), ids);
    }
    archive_notifications(&store, RULE, NOW).await.unwrap();
    let archived = archived(&store, lea).await;
    assert_eq!((archived.len(), active(&store, lea).await.len()), (2_003, 0));
}

#[both_databases]
async fn cached_translations_are_removed_when_old_or_too_many(world: World) {
    let store = world.store.clone();
    let cached = |number: i64| Cached {
        key: format!("{number:04}"),
        content: "salut".to_owned(),
        engine: "test".to_owned(),
        score: None,
        grade: None,
    };
    // One per day, the last one today.
    let fill = move |tx: &mut Tx<'_>| {
        (0..1_300).try_for_each(|number: i64| {
            let made_at = NOW.minus(Duration::from_secs((1_299 - number.unsigned_abs()) * 86_400));
            translation_cache::put(tx, &[cached(number)], made_at)
        })
    };
    store.write(fill).await.unwrap();
    let day = Duration::from_secs(86_400);
    let kept = || async {
        let keys: Vec<String> = (0..1_300).map(|number| format!("{number:04}")).collect();
        let found = store.read(move |tx| translation_cache::get(tx, &keys)).await.unwrap();
        found.into_iter().map(|cached| cached.key).collect::<BTreeSet<_>>()
    };
    let bound = CacheBound { age: day * 1_000, rows: i64::MAX };
    assert_eq!(prune_cache(&store, bound, NOW).await.unwrap(), 299);
    assert_eq!(kept().await.first().unwrap(), "0299", "a thousand days old");
    let bound = CacheBound { age: day * 1_000, rows: 3 };
    assert_eq!(prune_cache(&store, bound, NOW).await.unwrap(), 998);
    assert_eq!(kept().await.into_iter().collect::<Vec<_>>(), ["1297", "1298", "1299"]);
    assert_eq!(prune_cache(&store, bound, NOW).await.unwrap(), 0);
}
