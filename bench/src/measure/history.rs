//! B13, second part: the cost of a database with many messages.

use super::room::{say, start, timed};
use crate::figures::{Figure, Row, Table, lower};
use crate::people::{Api, Person, register_all};
use crate::postgres::Postgres;
use crate::rounds::{Plan, progress};
use crate::server::Server;
use meeshy_domain::IdGenerator;
use meeshy_store::{Location, Store, StoreError, Tx, Value};
use meeshy_testkit::sample;
use std::path::Path;

/// Conversations of one user, over which the messages are distributed.
const ROOMS: usize = 1_000;
/// Messages in the database. A quick run takes the first.
const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
/// How long indexing all messages for the search may take.
const MAX_INDEXING_S: u64 = 3_600;
/// Messages added in one transaction.
const BATCH: usize = 10_000;
const COLUMNS: [&str; 9] = [
    "id",
    "conversation_id",
    "sequence",
    "sender_id",
    "content",
    "original_language",
    "message_type",
    "created_at",
    "updated_at",
];

/// Milliseconds per call, by the number of messages in the database.
///
/// # Errors
/// When a server fails, or there is no PostgreSQL.
pub async fn measure(plan: &Plan, quick: bool) -> anyhow::Result<Table> {
    let sizes = if quick { &SIZES[..1] } else { &SIZES[..] };
    let mut rows = Vec::new();
    if plan.databases.has_sqlite() {
        for messages in sizes {
            let folder = tempfile::tempdir()?;
            let location = Location::Folder(folder.path().to_owned());
            rows.push(one_database(plan, "SQLite", &location, folder.path(), *messages).await?);
        }
    }
    if plan.databases.has_postgres() {
        for messages in sizes {
            let (mut server, folder) = (Postgres::start()?, tempfile::tempdir()?);
            let location = Location::Postgres { url: server.database(), connections: 8 };
            rows.push(one_database(plan, "PostgreSQL", &location, folder.path(), *messages).await?);
        }
    }
    let method = format!(
        "All messages are in {ROOMS} conversations of one person; calls one after the other over HTTP."
    );
    Ok(Table { title: "B13 a long history".to_owned(), method, ours: rows, peers: Vec::new() })
}

async fn one_database(
    plan: &Plan,
    database: &str,
    location: &Location,
    folder: &Path,
    messages: usize,
) -> anyhow::Result<Row> {
    let subject = format!("{database}, {messages} messages");
    let (people, rooms) = {
        let server = start(plan, location, folder).await?;
        let people = register_all(server.address, 2).await?;
        let (api, pair): (_, Vec<&Person>) = (Api::new(server.address), people.iter().collect());
        let mut rooms = Vec::new();
        for number in 0..ROOMS {
            rooms.push(api.open_room(&pair, &format!("Room {number}")).await?);
        }
        server.stop().await?;
        (people, rooms)
    };
    fill(location, &people[1], &rooms, messages / ROOMS).await?;
    progress(&format!("  {subject}: filled"));
    let server = start(plan, location, folder).await?;
    wait_for_index(&server, &people[0], messages).await?;
    progress(&format!("  {subject}: indexed"));
    let mut rounds = Vec::new();
    for round in 0..=plan.rounds {
        let figures = one_round(&server, &people[0], &rooms[0]).await?;
        progress(&format!("  {subject}: round {round}"));
        // The first one is a warm-up.
        if round > 0 {
            rounds.push(figures);
        }
    }
    server.stop().await?;
    Ok(Row::new(subject, &rounds))
}

/// Adds messages of `writer` to each room.
async fn fill(location: &Location, writer: &Person, rooms: &[String], each: usize) -> anyhow::Result<()> {
    let store = Store::open(location).await?;
    let ids = IdGenerator::new([8; 5], 0);
    for (room_number, room) in rooms.iter().enumerate() {
        for first in (0..each).step_by(BATCH) {
            let mut rows: Vec<Value> = Vec::new();
            for sequence in first + 1..=each.min(first + BATCH) {
                let id: meeshy_domain::MessageId = ids.next(sample::NOW).into();
                let at = Value::Int(sample::NOW.millis() + i64::try_from(sequence)?);
                let text = Value::from(text(room_number * each + sequence));
                let sequence = Value::Int(i64::try_from(sequence)?);
                let (room, writer) = (Value::from(room), Value::from(&writer.id));
                rows.extend([
                    id.into(),
                    room,
                    sequence,
                    writer,
                    text,
                    "en".into(),
                    "text".into(),
                    at.clone(),
                    at,
                ]);
            }
            let add = move |tx: &mut Tx<'_>| {
                tx.insert_rows("messages", &COLUMNS, &rows, "")?;
                let queued: Vec<Value> =
                    rows.chunks(COLUMNS.len()).flat_map(|row| [row[0].clone(), Value::Int(0)]).collect();
                tx.insert_rows("search_queue", &["message_id", "event"], &queued, "")
            };
            store.write::<_, StoreError>(add).await?;
        }
        let (room, each) = (room.clone(), Value::Int(i64::try_from(each)?));
        let count = move |tx: &mut Tx<'_>| {
            let params = [Value::from(room.as_str()), each.clone()];
            tx.execute("UPDATE conversations SET last_sequence = $2 WHERE id = $1", &params)?;
            tx.execute(
                "INSERT INTO conversation_languages AS c (conversation_id, language, members, readers, messages) \
                 VALUES ($1, 'en', 0, 0, $2) ON CONFLICT (conversation_id, language) DO UPDATE SET messages = excluded.messages",
                &params,
            )
        };
        store.write::<_, StoreError>(count).await?;
    }
    let analyze = |tx: &mut Tx<'_>| tx.analyze();
    Ok(store.write(analyze).await?)
}

/// Words to search for: in all messages, in one of a hundred, in one, in none.
const SEARCHES: [(&str, &str); 4] = [
    ("search for all p95 ms", "station"),
    ("search for 1 % p95 ms", "group42%20meet"),
    ("search for one p95 ms", "number4242"),
    ("search for none p95 ms", "stations%20six"),
];

/// The text of a message: words that are in all of them, in one of a hundred, and in none but this.
fn text(number: usize) -> String {
    format!("Shall we meet at the station at six? group{:02} number{number}", number % 100)
}

/// Waits until the last message is found.
async fn wait_for_index(server: &Server, person: &Person, messages: usize) -> anyhow::Result<()> {
    let api = Api::new(server.address);
    let path = format!("/messages/search?q=number{}", messages - 1);
    for _ in 0..MAX_INDEXING_S {
        if api.get(&path, person).await?["data"].as_array().is_some_and(|found| !found.is_empty()) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    anyhow::bail!("the messages were not indexed within {MAX_INDEXING_S} seconds")
}

async fn one_round(server: &Server, person: &Person, room: &str) -> anyhow::Result<Vec<Figure>> {
    let api = Api::new(server.address);
    let list = timed(async || api.get("/conversations", person).await.map(drop)).await?;
    let path = format!("/conversations/{room}/messages");
    let page = timed(async || api.get(&path, person).await.map(drop)).await?;
    let path = format!("/conversations/{room}/messages?offset=200");
    let older = timed(async || api.get(&path, person).await.map(drop)).await?;
    let mut searches = Vec::new();
    for (name, words) in SEARCHES {
        let path = format!("/messages/search?q={words}");
        let search = timed(async || api.get(&path, person).await.map(drop)).await?;
        searches.push(lower(name, search.quantile_ms(0.95)));
    }
    let send = timed(async || say(&api, person, room).await).await?;
    let mut figures = vec![
        lower("list p50 ms", list.quantile_ms(0.5)),
        lower("list p95 ms", list.quantile_ms(0.95)),
        lower("newest page p50 ms", page.quantile_ms(0.5)),
        lower("newest page p95 ms", page.quantile_ms(0.95)),
        lower("an older page p50 ms", older.quantile_ms(0.5)),
        lower("send p50 ms", send.quantile_ms(0.5)),
    ];
    figures.extend(searches);
    Ok(figures)
}
