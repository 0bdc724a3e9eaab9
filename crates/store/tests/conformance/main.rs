//! Stories about the store itself, each told on both databases.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

mod translations;

use meeshy_domain::{Clock, ConversationId, IdGenerator, MemberRole, MessageId, Timestamp, UserId};
use meeshy_store::attempts;
use meeshy_store::conversations::{self, Numbers};
use meeshy_store::members::{self, NewMember};
use meeshy_store::messages::{self, Page};
use meeshy_store::users::{self, User};
use meeshy_store::visibility::Viewer;
use meeshy_store::{Store, StoreError, Tx, read_cursors};
use meeshy_testkit::sample::{NOW, conversation, message, user};
use meeshy_testkit::{Database, both_databases, eventually};
use std::sync::{Arc, Mutex};

/// Opens a database in which it is always [`NOW`].
async fn open_now(database: &Database) -> Store {
    database.open().await.unwrap().with_clock(Clock::new(|| NOW))
}

fn ids() -> IdGenerator {
    IdGenerator::new([1; 5], 0)
}

fn anyone() -> Viewer {
    Viewer::anyone(Timestamp::from_millis(0))
}

/// A conversation of two with one message.
async fn scene(store: &Store) -> (UserId, UserId, ConversationId, MessageId) {
    let ids = ids();
    let (ann, bob, talk, first) =
        (ids.next(NOW).into(), ids.next(NOW).into(), ids.next(NOW).into(), ids.next(NOW).into());
    let (one, two) = (ids.next(NOW).into(), ids.next(NOW).into());
    let fill = move |tx: &mut Tx<'_>| {
        users::insert(tx, &user(ann, "ann"))?;
        users::insert(tx, &user(bob, "bob"))?;
        conversations::insert(tx, &conversation(talk))?;
        for (id, user_id) in [(one, ann), (two, bob)] {
            let role = MemberRole::Member;
            members::insert(tx, &NewMember { id, conversation_id: talk, user_id, role, joined_at: NOW })?;
        }
        let Numbers { sequence, .. } = conversations::next_numbers(tx, talk, first, NOW)?;
        messages::insert(tx, &message(first, talk, ann, sequence))
    };
    store.write(fill).await.unwrap();
    (ann, bob, talk, first)
}

#[both_databases]
async fn what_is_written_is_read_after_a_restart(database: Database) {
    let store = database.open().await.unwrap();
    let (ann, bob, talk, first) = scene(&store).await;
    drop(store);
    let store = database.reopen().await.unwrap();
    let read = move |tx: &mut Tx<'_>| {
        let ann = tx.fetch(users::find(ann))?;
        Ok::<_, StoreError>((
            ann,
            tx.fetch(members::first(&[talk], 10))?.concat(),
            tx.fetch(messages::list(talk, &anyone(), Page::Offset(0), 10))?,
        ))
    };
    let (found, members, messages) = store.read(read).await.unwrap();
    assert_eq!(found, Some(user(ann, "ann")));
    assert_eq!(members.iter().map(|member| member.user_id).collect::<Vec<_>>(), [ann, bob]);
    assert_eq!(messages, [message(first, talk, ann, 1)]);
}

#[both_databases]
async fn a_closure_that_fails_leaves_no_trace_and_harms_no_other(database: Database) {
    let store = database.open().await.unwrap();
    let ids = Arc::new(ids());
    let writes = (0..100).map(|n| {
        let (store, ids) = (store.clone(), Arc::clone(&ids));
        tokio::spawn(async move {
            let id = ids.next(NOW).into();
            let write = move |tx: &mut Tx<'_>| {
                users::insert(tx, &user(id, &format!("user{n}")))?;
                match n % 4 {
                    0 => Err(StoreError::Statement("given up".into())),
                    1 => panic!("a bug in a closure"),
                    _ => Ok(()),
                }
            };
            (n, store.write(write).await)
        })
    });
    for write in writes.collect::<Vec<_>>() {
        let (n, outcome) = write.await.unwrap();
        assert_eq!(outcome.is_ok(), n % 4 > 1, "{n}: {outcome:?}");
    }
    assert_eq!(store.read(users::count).await.unwrap(), 50);
}

#[both_databases]
async fn of_guessed_names_the_newest_are_kept(database: Database) {
    let store = open_now(&database).await;
    let fill = |tx: &mut Tx<'_>| {
        for name in 1..=6_i64 {
            let now = Timestamp::from_millis(name);
            let guessed = attempts::of_name(tx, &name.to_string(), "network", now)?.failed_at(now);
            attempts::set_of_name(tx, &name.to_string(), "network", &guessed)?;
        }
        attempts::trim_names(tx, Timestamp::from_millis(2), 3)?;
        let failed = |tx: &mut Tx<'_>, name: i64| {
            let guessed = attempts::of_name(tx, &name.to_string(), "network", Timestamp::from_millis(9));
            guessed.map(|attempts| attempts.failed)
        };
        (1..=6).map(|name| failed(tx, name)).collect::<Result<Vec<_>, StoreError>>()
    };
    assert_eq!(store.write(fill).await.unwrap(), [0, 0, 0, 1, 1, 1]);
}

#[both_databases]
async fn a_second_row_with_the_same_key_is_a_conflict_that_names_it(database: Database) {
    let store = database.open().await.unwrap();
    let (ann, ..) = scene(&store).await;
    let again = store
        .write(move |tx| users::insert(tx, &User { username: "other".into(), ..user(ann, "ann") }))
        .await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    let id = ids().next(Timestamp::from_millis(9_000_000)).into();
    let again =
        store.write(move |tx| users::insert(tx, &User { email: "x@y.z".into(), ..user(id, "ANN") })).await;
    assert!(matches!(&again, Err(StoreError::Conflict(name)) if name.contains("username")), "{again:?}");
}

#[both_databases]
async fn sequences_have_no_gaps_and_afterwards_come_in_their_order(database: Database) {
    let store = database.open().await.unwrap();
    let (_, _, talk, first) = scene(&store).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let writes = (0..300).map(|n| {
        let (store, seen) = (store.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            let write = move |tx: &mut Tx<'_>| {
                let Numbers { sequence, .. } = conversations::next_numbers(tx, talk, first, NOW)?;
                let seen = Arc::clone(&seen);
                tx.after_commit(7, move || seen.lock().unwrap().push(sequence));
                if n % 5 == 0 { Err(StoreError::Statement("given up".into())) } else { Ok(()) }
            };
            let _: Result<(), StoreError> = store.write(write).await;
        })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap();
    }
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen, (2..=241).collect::<Vec<_>>());
}

#[both_databases]
async fn a_cursor_never_moves_back(database: Database) {
    let store = database.open().await.unwrap();
    let (_, bob, talk, _) = scene(&store).await;
    for (sequence, after) in [(5, 5), (3, 5), (7, 7), (7, 7)] {
        let move_to = move |tx: &mut Tx<'_>| {
            read_cursors::advance(tx, talk, bob, sequence, NOW)?;
            Ok::<_, StoreError>(tx.fetch(read_cursors::position(bob, talk))?.unwrap().0)
        };
        assert_eq!(store.write(move_to).await.unwrap(), after, "to {sequence}");
    }
}

#[both_databases]
async fn the_cost_of_old_passwords_is_known(database: Database) {
    let store = database.open().await.unwrap();
    let (ann, ..) = scene(&store).await;
    assert_eq!(store.read(users::bcrypt_cost).await.unwrap(), None);
    let hash = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW".into();
    store.write(move |tx| users::set_password_hash(tx, ann, &hash, NOW)).await.unwrap();
    assert_eq!(store.read(users::bcrypt_cost).await.unwrap(), Some(12));
}

#[both_databases]
async fn pages_meet_without_overlap(database: Database) {
    let store = database.open().await.unwrap();
    let (ann, _, talk, _) = scene(&store).await;
    let generator = IdGenerator::new([2; 5], 0);
    let fill = move |tx: &mut Tx<'_>| {
        for sequence in 2..=25 {
            messages::insert(tx, &message(generator.next(NOW).into(), talk, ann, sequence))?;
        }
        Ok::<_, StoreError>(())
    };
    store.write(fill).await.unwrap();
    let mut sequences = Vec::new();
    let mut page = Page::Offset(0);
    loop {
        let found = store.read(move |tx| tx.fetch(messages::list(talk, &anyone(), page, 10))).await.unwrap();
        let Some(last) = found.last() else { break };
        page = Page::Before(last.sequence);
        sequences.extend(found.iter().map(|message| message.sequence));
    }
    assert_eq!(sequences, (1..=25).rev().collect::<Vec<_>>());
}

#[both_databases]
async fn search_takes_wildcards_literally(database: Database) {
    let store = database.open().await.unwrap();
    let (ann, ..) = scene(&store).await;
    for (text, names) in
        [("BO", vec!["bob"]), ("%", vec![]), ("_o", vec![]), ("b' OR 1=1", vec![]), ("test", vec!["bob"])]
    {
        let (found, total) = store.read(move |tx| users::search(tx, ann, text, 10, 0)).await.unwrap();
        assert_eq!(found.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(), names, "{text}");
        assert_eq!(total, names.len() as i64, "{text}");
    }
}

#[both_databases]
async fn a_newer_but_compatible_schema_is_accepted(database: Database) {
    let store = database.open().await.unwrap();
    let newer = "INSERT INTO migrations (number, name, checksum, works_since) \
                 SELECT 999, 'x', 'y', max(number) FROM migrations";
    store.write(|tx| tx.execute(newer, &[])).await.unwrap();
    drop(store);
    let store = database.reopen().await.unwrap();
    let (ann, ..) = scene(&store).await;
    assert!(store.read(move |tx| tx.fetch(users::find(ann))).await.unwrap().is_some());
    drop(store);
    let mut found = None;
    eventually("the folder is released", async || {
        let opened = Store::open_and_migrate(database.location()).await.ok();
        found = opened.map(|(_, migrated)| (migrated.applied.len(), migrated.version));
        found.is_some()
    })
    .await;
    assert_eq!(found, Some((0, 999)));
}

#[both_databases]
async fn a_newer_database_is_refused(database: Database) {
    let store = database.open().await.unwrap();
    store
        .write(|tx| tx.execute("INSERT INTO migrations (number, name, checksum) VALUES (999, 'x', 'y')", &[]))
        .await
        .unwrap();
    drop(store);
    let refused = database.reopen().await;
    assert!(matches!(refused, Err(StoreError::NewerDatabase { found: 999, .. })));
}

#[both_databases]
async fn a_changed_migration_is_refused(database: Database) {
    let store = database.open().await.unwrap();
    store
        .write(|tx| tx.execute("UPDATE migrations SET checksum = 'other' WHERE number = 1", &[]))
        .await
        .unwrap();
    drop(store);
    let refused = database.reopen().await;
    assert!(matches!(refused, Err(StoreError::ChangedMigration(1))));
}

#[tokio::test]
async fn a_folder_has_one_owner() {
    let database = Database::sqlite();
    let _first = database.open().await.unwrap();
    let second = database.open().await.err().unwrap();
    assert!(matches!(second, StoreError::InUse(_)));
    assert!(second.to_string().contains("is in use by another meeshy process"), "{second}");
}

#[both_databases]
async fn what_nobody_waits_for_is_done_in_order_and_fails_as_a_whole(database: Database) {
    let store = database.open().await.unwrap();
    let make = |tx: &mut Tx<'_>| {
        tx.execute_later("CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT NOT NULL)", &[])?;
        Ok::<_, StoreError>(())
    };
    store.write(make).await.unwrap();
    let add = |tx: &mut Tx<'_>, id: i64, name: &str| {
        tx.execute_later("INSERT INTO things (id, name) VALUES ($1, $2)", &[id.into(), name.into()])
    };
    let names = |tx: &mut Tx<'_>| tx.fetch_all::<String>("SELECT name FROM things ORDER BY id", &[]);
    let many = move |tx: &mut Tx<'_>| {
        // More than travel together.
        for id in 0..40 {
            add(tx, id, "before")?;
            tx.execute_later("UPDATE things SET name = 'after' WHERE id = $1", &[id.into()])?;
        }
        names(tx)
    };
    assert_eq!(store.write(many).await.unwrap(), vec!["after"; 40]);
    let twice = move |tx: &mut Tx<'_>| {
        add(tx, 100, "kept?")?;
        add(tx, 1, "there already")
    };
    let failed = store.write(twice).await;
    assert!(matches!(failed, Err(StoreError::Conflict(_))), "{failed:?}");
    let seen_later = move |tx: &mut Tx<'_>| {
        add(tx, 100, "kept?")?;
        add(tx, 1, "there already")?;
        names(tx).map(drop)
    };
    let failed = store.write(seen_later).await;
    assert!(matches!(failed, Err(StoreError::Conflict(_))), "{failed:?}");
    assert_eq!(store.read(names).await.unwrap().len(), 40, "nothing of them is kept");
}
