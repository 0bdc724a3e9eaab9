//! Queries use indexes: the statements are recorded while the program is used, and explained on full tables.

use crate::everyday::{
    people_gather, people_meet, people_read_their_mail, people_secure_their_account, people_show_themselves,
};
use crate::full_tables::fill;
use crate::statements::{often, rarely, untried};
use meeshy_chat::model::ReceiptFilter;
use meeshy_chat::retention::Bounds;
use meeshy_chat::{
    Authority, CategoryPatch, CommunityPreferencesPatch, ConversationPatch, ConversationPreferencesPatch,
    Device, FileRequest, ListFilter, MessageEdit, NewCategory, NewConversation, NewMessage, NewReport,
    NewTerm, PageRequest, ParticipantRequest, ProfilePatch, Progress,
};
use meeshy_domain::preferences::{Privacy, Values};
use meeshy_domain::{ConversationId, MemberRole, MessageId, Timestamp, UserId};
use meeshy_harness::{World, registration, wanted};
use meeshy_store::{Location, StoreError, Tx, Value, blocks};
use meeshy_testkit::{Database, both_databases, eventually};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// Tables that stay small.
const SMALL: [&str; 8] = [
    "translators",
    "gateways",
    "signing_key",
    "name_folding",
    "migrations",
    "data_set",
    "setup_code",
    "write_checks",
];
/// The start of statements that scan a whole table on purpose.
const WHOLE_TABLES: [&str; 9] = [
    // Once an hour, and for an operator.
    "SELECT COUNT(*) AS count FROM notifications",
    "SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) AS count FROM archived_notifications",
    "SELECT count(*) AS total FROM translation_cache",
    "SELECT kind, run_at, last_succeeded_at, last_error FROM jobs WHERE key = ''",
    "SELECT count(CASE WHEN NOT is_dead THEN 1 END), count(CASE WHEN is_dead THEN 1 END) FROM jobs",
    // At the start of a process with exclusive use of the data.
    "UPDATE translation_jobs SET claimed_until = 0 WHERE claimed_until > 0",
    "UPDATE jobs SET claimed_until = 0 WHERE claimed_until > 0",
    // These keep the table small, and skip the remaining rows in an index.
    "DELETE FROM guessed_names WHERE last_failed_at < $1 OR last_failed_at <= (SELECT",
    "DELETE FROM call_counts WHERE ends_at <= $1 OR ends_at <= (SELECT",
];

/// Rows in each growing table, enough that no planner prefers a scan.
const ROWS: usize = 30_000;

/// Fills a table: the columns, and their values for row number `i`.
const FULL: [(&str, &str, &str); 43] = [
    (
        "users",
        "id, username, email, password_hash, first_name, last_name, display_name, system_language, phone_number, \
         last_active_at, created_at, updated_at, username_key, email_key",
        "[u], 'filler' || i, 'filler' || i || '@example.org', 'none', 'F', 'L', '', 'fr', '+33' || (100000000 + i), \
         1, 1, 1, 'filler' || i, 'filler' || i || '@example.org'",
    ),
    (
        "communities",
        "id, identifier, name, is_private, created_by, created_at, updated_at",
        "[k], 'filler-' || i, 'Filler', i % 2 = 0, [u], i, 1",
    ),
    ("community_members", "id, community_id, user_id, joined_at", "[l], [k], [u], 1"),
    (
        "community_invites",
        "token_hash, community_id, created_by, created_at, expires_at",
        "'hash-' || i, [k], [u], i, 9000000000000000 - i",
    ),
    (
        "conversations",
        "id, identifier, kind, title, direct_key, community_id, member_count, last_event, last_message_at, created_at, updated_at",
        "[c], 'filler-' || i, 'group', 'Filler', 'pair-' || i, [k], 1, 1, i, 1, 1",
    ),
    ("conversation_events", "conversation_id, number, kind, subject, at", "[c], 1, 'created', '', 1"),
    (
        "conversation_events",
        "conversation_id, number, kind, subject, at",
        "(SELECT id FROM conversations WHERE identifier = 'meeshy'), i + 1, 'message', [b], i",
    ),
    ("members", "id, conversation_id, user_id, role, joined_at", "[m], [c], [u], 'MEMBER', i"),
    (
        "members",
        "id, conversation_id, user_id, role, joined_at",
        "[g], (SELECT id FROM conversations WHERE identifier = 'meeshy'), [u], 'MEMBER', i",
    ),
    ("conversation_languages", "conversation_id, language, members, readers, messages", "[c], 'fr', 1, 1, 1"),
    (
        "messages",
        "id, conversation_id, sequence, sender_id, client_key, content, original_language, message_type, created_at, updated_at",
        "[a], [c], 1, [u], [c], 'filler', 'fr', 'text', i, i",
    ),
    (
        "messages",
        "id, conversation_id, sequence, sender_id, content, original_language, message_type, created_at, updated_at",
        "[b], (SELECT id FROM conversations WHERE identifier = 'meeshy'), i, [u], 'filler', 'fr', 'text', i, i",
    ),
    ("read_cursors", "conversation_id, user_id, read_sequence, read_at", "[c], [u], 1, 1"),
    (
        "translations",
        "message_id, language, revision, state, content, engine, created_at, updated_at",
        "[b], 'es', 1, 'done', 'filler', 'test', 1, 1",
    ),
    (
        "translation_jobs",
        "message_id, language, priority, run_at, created_at",
        "[a], 'es', i % 2, 9000000000000000, 1",
    ),
    ("jobs", "kind, key, run_at, is_dead", "'prune-events', 'key-' || i, 9000000000000000 - i, i % 2 = 0"),
    ("bound_tokens", "token_hash, session_id, expires_at", "'hash-' || i, [e], 9000000000000000 - i"),
    (
        "call_counts",
        "limit_name, caller_hash, calls, ends_at",
        "'login', 'hash-' || i, 1, 9000000000000000 - i",
    ),
    ("mentions", "message_id, user_id", "[a], [u]"),
    ("reactions", "id, message_id, user_id, emoji, created_at, updated_at", "[r], [a], [u], 'x', 1, 1"),
    ("reaction_counts", "message_id, emoji, total, since", "[a], 'x', 1, 1"),
    (
        "attachments",
        "id, message_id, file_name, original_name, mime_type, file_size, file_path, file_url, thumbnail_path, uploaded_by, created_at",
        "[f], [a], 'f', 'f', 'image/png', 1, 'f/' || i, '/f/' || i, 't/' || i, [u], 1",
    ),
    (
        "message_statuses",
        "id, message_id, conversation_id, user_id, created_at, updated_at",
        "[s], [a], [c], [u], 1, 1",
    ),
    ("message_deletions", "id, user_id, message_id, deleted_at", "[d], [u], [a], 1"),
    (
        "conversation_preferences",
        "id, user_id, conversation_id, clear_history_before, created_at, updated_at",
        "[p], [u], [c], 1, 1, 1",
    ),
    (
        "sessions",
        "id, user_id, token_hash, created_at, last_activity_at, expires_at",
        "[e], [u], 'hash-' || i, 1, 1, 9000000000000000",
    ),
    (
        "share_links",
        "id, link_id, identifier, conversation_id, created_by, created_at, updated_at",
        "[o], 'link-' || i, 'link-' || i, [c], [u], 1, 1",
    ),
    (
        "guests",
        "id, conversation_id, share_link_id, first_name, last_name, username, session_token, language, last_active_at, joined_at",
        "[v], [c], [o], 'F', 'L', 'guest-' || i, 'token-' || i, 'fr', 1, 1",
    ),
    ("replaced_tokens", "session_id, token_id, replaced_at", "[e], 'old', 1"),
    (
        "sign_in_challenges",
        "token_hash, user_id, is_remembered, expires_at",
        "'hash-' || i, [u], FALSE, 9000000000000000 - i",
    ),
    (
        "text_requests",
        "id, source, target, tier, content, state, created_at",
        "'text-' || i, 'en', 'fr', 'standard', 'filler', 'done', 9000000000000000 - i",
    ),
    (
        "translation_reports",
        "id, message_id, language, revision, content, engine, reporter_id, reason, wants_another, created_at",
        "[q], [b], 'es', 1, 'filler', 'test', [u], 'wrong', FALSE, i",
    ),
    ("known_devices", "user_id, device_hash, last_used_at", "[u], 'hash', 1"),
    (
        "avatars",
        "id, user_id, mime_type, content, created_at",
        "'picture-' || i, [u], 'image/png', CAST('filler' AS BYTEA), 1",
    ),
    ("user_preferences", "id, user_id, privacy, created_at, updated_at", "[x], [u], '{}', 1, 1"),
    (
        "reports",
        "id, reported_type, reported_entity_id, reporter_id, report_type, created_at, updated_at",
        "[y], 'message', [a], [u], 'spam', i, i",
    ),
    (
        "friend_requests",
        "id, sender_id, receiver_id, created_at, updated_at",
        "[w], [u], '65f000000000000030' || substr(CAST(1000001 + i % 19999 AS TEXT), 2), 1, 1",
    ),
    ("guessed_names", "name_hash, network_hash, last_failed_at", "'name-' || i, 'network', 1"),
    (
        "notifications",
        "id, user_id, type, title, content, is_read, created_at",
        "[n], [u], 'system', 'Filler', 'filler', i % 2 = 0, 9000000000000000 - i",
    ),
    (
        "blocks",
        "user_id, blocked_id",
        "[u], '65f000000000000030' || substr(CAST(1000001 + i % 19999 AS TEXT), 2)",
    ),
    (
        "translation_cache",
        "key, content, engine, created_at",
        "'key-' || i, 'filler', 'test', 9000000000000000",
    ),
    (
        "glossary_terms",
        "id, owner_id, term, language, created_by, created_at",
        "[t], [c], 'term', '', [u], 1",
    ),
    (
        "glossary_proposals",
        "id, owner_id, term, language, proposed_by, created_at",
        "[t], [c], 'term', '', [u], 1",
    ),
];

/// `[u]` stands for the id of user number `i`, `[c]` for that of a conversation, and so on.
fn with_ids(sql: &str) -> String {
    ('a'..='z').zip(10..).fold(sql.to_owned(), |sql, (letter, number)| {
        let id = format!("'65f0000000000000{number}' || substr(CAST(1000000 + i AS TEXT), 2)");
        sql.replace(&format!("[{letter}]"), &id)
    })
}

/// Fills all growing tables.
fn fill(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    for (table, columns, values) in FULL {
        let numbers = format!(
            "WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {ROWS})"
        );
        let values = with_ids(values);
        tx.execute(&format!("{numbers} INSERT INTO {table} ({columns}) SELECT {values} FROM numbers"), &[])?;
    }
    let rows = i64::try_from(ROWS).unwrap();
    let sql = "UPDATE conversations SET last_sequence = $1, last_event = $2, member_count = $1 \
               WHERE identifier = 'meeshy'";
    tx.execute(sql, &[rows.into(), (rows + 1).into()])?;
    let ids: Vec<String> = tx.fetch_all("SELECT id FROM users WHERE username LIKE 'filler%'", &[])?;
    let words: Vec<Value> = ids
        .into_iter()
        .enumerate()
        .flat_map(|(number, id)| [Value::Bytes(format!("filler{number}").into_bytes()), id.into()])
        .collect();
    tx.insert_rows("name_words", &["word", "user_id"], &words, "")?;
    let ids: Vec<String> = tx.fetch_all("SELECT id FROM communities WHERE name = 'Filler'", &[])?;
    let words: Vec<Value> = ids
        .into_iter()
        .enumerate()
        .flat_map(|(number, id)| [Value::Bytes(format!("filler{number}").into_bytes()), id.into()])
        .collect();
    tx.insert_rows("community_name_words", &["word", "community_id"], &words, "")?;
    tx.analyze()
}

type Statements = Arc<Mutex<BTreeMap<String, Vec<Value>>>>;

#[both_databases(flavor = "multi_thread", worker_threads = 2)]
async fn no_statement_reads_all_of_a_table_that_grows(database: Database) {
    let statements = Statements::default();
    let recorded = Arc::clone(&statements);
    let observe = move |sql: &str, params: &[Value]| {
        recorded.lock().unwrap().entry(sql.to_owned()).or_insert_with(|| params.to_vec());
    };
    let is_sqlite = matches!(database.location(), Location::Folder(_));
    let world = World::observed(Arc::new(database), observe).await;
    world.store.write(fill).await.unwrap();
    statements.lock().unwrap().clear();
    let (lea, talk, message) = people_use_it(&world).await;
    world.store.write(move |tx| often(tx, lea, talk, message)).await.unwrap();

    let recorded = statements.lock().unwrap().clone();
    assert!(recorded.len() > 100, "{} statements", recorded.len());
    let explain = move |tx: &mut Tx<'_>| {
        let mut offences = Vec::new();
        for (sql, params) in recorded {
            let is_explained =
                ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].iter().any(|word| sql.starts_with(word));
            if !is_explained || WHOLE_TABLES.iter().any(|whole| sql.starts_with(whole)) {
                continue;
            }
            let plan = plan(tx, &sql, &params, is_sqlite)?;
            let read = if is_sqlite { read_by_sqlite(&sql, &plan) } else { read_by_postgres(&plan) };
            for table in read.into_iter().filter(|table| !SMALL.contains(&table.as_str())) {
                offences.push(format!("{table}\n  {sql}\n    {}", plan.join("\n    ")));
            }
        }
        Ok::<_, StoreError>(offences)
    };
    let offences = world.store.read(explain).await.unwrap();
    assert!(offences.is_empty(), "these read all of\n{}", offences.join("\n"));

    world.store.write(rarely).await.unwrap();
    let all = statements.lock().unwrap().clone();
    let untried = untried(&world.store, all.keys()).await;
    assert!(untried.is_empty(), "these are not tried:\n{}", untried.join("\n"));
}

fn plan(tx: &mut Tx<'_>, sql: &str, params: &[Value], is_sqlite: bool) -> Result<Vec<String>, StoreError> {
    let (explain, column) =
        if is_sqlite { ("EXPLAIN QUERY PLAN", "detail") } else { ("EXPLAIN", "QUERY PLAN") };
    tx.query(&format!("{explain} {sql}"), params, |row| row.take(column))
}

/// The tables that SQLite scans. It names an alias, or a subquery that it has materialized.
fn read_by_sqlite(sql: &str, plan: &[String]) -> Vec<String> {
    let words: Vec<&str> = sql.split(|c: char| c.is_whitespace() || "(),".contains(c)).collect();
    let table = |name: &str| {
        let is_alias = |pair: &[&str]| pair[1] == name && !pair[0].is_empty() && pair[0] != "AS";
        let tables = words.windows(3).filter(|three| ["FROM", "JOIN", "INTO", "UPDATE"].contains(&three[0]));
        tables.map(|three| &three[1..]).find(|pair| is_alias(pair)).map_or(name, |pair| pair[0]).to_owned()
    };
    let is_made = |name: &str| {
        plan.iter()
            .any(|line| line == &format!("MATERIALIZE {name}") || line == &format!("CO-ROUTINE {name}"))
    };
    let scans = plan.iter().filter_map(|line| line.strip_prefix("SCAN ")?.split(' ').next());
    let is_no_table = |name: &str| name == "CONSTANT" || name.ends_with("-ROW") || name.starts_with('(');
    let scans = scans.filter(|name| !is_no_table(name) && !is_made(name));
    scans.map(table).collect()
}

/// The tables that PostgreSQL scans, directly or through an index without a condition.
fn read_by_postgres(plan: &[String]) -> Vec<String> {
    let ends_early = plan.iter().any(|line| line.contains("Limit "));
    let mut read = Vec::new();
    for (at, line) in plan.iter().enumerate() {
        let table = |what: &str| line.split_once(what)?.1.split(' ').next().map(str::to_owned);
        if let Some(table) = table("Seq Scan on ") {
            read.push(table);
        }
        let is_index = line.contains("Index Scan using ") || line.contains("Index Only Scan using ");
        let has_condition = plan.get(at + 1).is_some_and(|line| line.contains("Index Cond: "));
        if is_index && !has_condition && !ends_early {
            read.extend(table(" on "));
        }
    }
    read
}

/// Does everything that users and the program do every day. Returns a user, a conversation and a message.
async fn people_use_it(world: &World) -> (UserId, ConversationId, MessageId) {
    let chat = &world.chat;
    let signed_in = world.sign_up("lea", "fr").await;
    let lea = signed_in.user.id;
    let (carlos, emma) = (world.person("carlos", "es").await, world.person("emma", "en").await);
    world.store.write(move |tx| blocks::set(tx, lea, &[emma])).await.unwrap();
    let talk = world.group(lea, &[carlos]).await;
    people_talk(world, lea, carlos, &talk.conversation.id.to_string()).await;
    people_talk(world, lea, carlos, "meeshy").await;
    chat.presence().connect(lea);
    for talk in [&talk.conversation.id.to_string(), "meeshy"] {
        people_look_around(world, lea, talk).await;
    }
    people_come_and_go(world, lea, carlos).await;
    let pair = NewConversation {
        kind: "direct".into(),
        participant_ids: vec![carlos.to_string()],
        ..NewConversation::default()
    };
    let pair = chat.conversations().create(lea, pair).await.unwrap();
    let message = world.say(carlos, &pair, "Hola").await.unwrap().message.message.id;

    for (kind, with) in [(None, None), (Some("group"), None), (None, Some(carlos))] {
        let filter = ListFilter { kind: kind.map(str::to_owned), with_user: with.map(|id| id.to_string()) };
        chat.conversations().list(lea, filter, 20, 0).await.unwrap();
    }
    for text in ["car", "filler1", "fi"] {
        chat.conversations().search(lea, text).await.unwrap();
    }
    chat.conversations().identifier_is_free("mshy_trip").await.unwrap();
    chat.conversations().dashboard(lea, "fr".parse().unwrap()).await.unwrap();
    for text in ["car", "filler1", "carlos te", "filler7 f"] {
        chat.profiles().search(lea, text, 20, 0).await.unwrap();
    }
    people_show_themselves(world, lea).await;
    people_meet(world, lea, carlos).await;
    people_set_preferences(world, lea).await;
    people_gather(world, lea, carlos).await;
    people_sign_in(world, lea, &signed_in.token).await;
    for name in ["lea", "lea2"] {
        chat.accounts().availability(wanted(Some(name), Some("lea2@example.org"))).await.unwrap();
    }
    chat.accounts().register(registration("nina", "de"), Device::default()).await.unwrap();
    let patch = ProfilePatch {
        first_name: Some("Léa".into()),
        system_language: Some("de".into()),
        ..ProfilePatch::default()
    };
    chat.profiles().update(lea, patch).await.unwrap();
    chat.conversations().audience(lea).await.unwrap();
    chat.conversations().memberships(vec![lea, carlos]).await.unwrap();
    chat.administration().list(None, 50).await.unwrap();
    chat.administration().set_active("carlos", false).await.unwrap();
    world.run_jobs(Bounds::default()).await;
    chat.jobs().states().await.unwrap();
    (lea, pair.conversation.id, message)
}

async fn people_set_preferences(world: &World, lea: UserId) {
    let (preferences, categories) = (world.chat.preferences(), world.chat.categories());
    preferences.all(lea).await.unwrap();
    preferences.reset_all(lea).await.unwrap();
    let hidden = [("showLastSeen".to_owned(), false.into())];
    preferences.merge::<Privacy>(lea, Values::from_iter(hidden)).await.unwrap();
    preferences.set(lea, "font-family", "inter").await.unwrap();
    preferences.setting(lea, "font-family").await.unwrap();
    let new = NewCategory { name: "Family".into(), ..NewCategory::default() };
    let category = categories.add(lea, new).await.unwrap().id.to_string();
    categories.change(lea, &category, CategoryPatch::default()).await.unwrap();
    categories.reorder(lea, vec![(category.clone(), 0)]).await.unwrap();
    categories.list(lea, 50, 0).await.unwrap();
    people_sort_conversations(world, lea, &category).await;
    categories.remove(lea, &category).await.unwrap();
}

async fn people_sort_conversations(world: &World, lea: UserId, category: &str) {
    let conversations = world.chat.conversations();
    let category = Some(Some(category.to_owned()));
    let patch = ConversationPreferencesPatch { category: category.clone(), ..Default::default() };
    let set = conversations.set_preferences(lea, "meeshy", patch).await.unwrap();
    conversations.preferences(lea, "meeshy").await.unwrap();
    conversations.list_preferences(lea, 50, 0).await.unwrap();
    conversations.reorder(lea, vec![(set.conversation_id.to_string(), 1)]).await.unwrap();
    conversations.clear_preferences(lea, "meeshy").await.unwrap();

    let community = "65f000000000000020000001";
    let join = move |tx: &mut Tx<'_>| {
        let sql =
            "INSERT INTO community_members (id, community_id, user_id, joined_at) VALUES ('j', $2, $1, 1)";
        tx.execute(sql, &[lea.into(), community.into()])
    };
    world.store.write::<_, StoreError>(join).await.unwrap();
    let communities = world.chat.community_preferences();
    let patch = CommunityPreferencesPatch { category, ..Default::default() };
    communities.set(lea, community, patch).await.unwrap();
    communities.get(lea, community).await.unwrap();
    communities.list(lea, 50, 0).await.unwrap();
    communities.reorder(lea, vec![(community.to_owned(), 1)]).await.unwrap();
    communities.clear(lea, community).await.unwrap();
}

async fn people_talk(world: &World, lea: UserId, carlos: UserId, talk: &str) {
    let chat = &world.chat;
    let new = NewMessage {
        conversation: talk.to_owned(),
        content: "¿Vienes, @lea?".into(),
        original_language: Some("es".into()),
        client_message_id: Some("one".into()),
        ..NewMessage::default()
    };
    let undeclared = NewMessage { original_language: None, client_message_id: None, ..new.clone() };
    chat.messages().send(carlos, undeclared).await.unwrap();
    let sent = chat.messages().send(carlos, new.clone()).await.unwrap();
    assert!(chat.messages().send(carlos, new.clone()).await.unwrap().repeated);
    let id = sent.message.message.id.to_string();
    let reply = NewMessage { reply_to_id: Some(id.clone()), client_message_id: None, ..new.clone() };
    chat.messages().send(lea, reply).await.unwrap();
    chat.translations().request(lea, &id, "de").await.unwrap();
    translate_until_ended(world, lea, &id, "de").await;
    let report = NewReport {
        message: id.clone(),
        language: "de".into(),
        reason: "wrong".into(),
        comment: None,
        wants_another: true,
    };
    chat.reports().add(lea, report).await.unwrap();
    let _ = chat.translations().cancel(lea, &id, "it").await.unwrap();
    let edit = MessageEdit { message: id.clone(), content: "¿Vienes?".into(), ..MessageEdit::default() };
    chat.messages().edit(carlos, edit).await.unwrap();
    chat.messages().get(lea, &id).await.unwrap();
    people_react(world, lea, carlos, &id).await;
    people_see_who_has_read(world, lea, carlos, &id, talk).await;
    people_tidy_up(world, lea, &id, talk).await;
    chat.messages().mentions(lea, &id).await.unwrap();
    chat.messages().mentions_of_caller(lea, 50).await.unwrap();
    for name in ["", "car", "filler7 f"] {
        chat.messages().mention_suggestions(lea, talk, name).await.unwrap();
    }
    let gone = NewMessage { client_message_id: None, ..new.clone() };
    let gone = chat.messages().send(carlos, gone).await.unwrap().message.message.id.to_string();
    let known = chat.conversations().get(lea, talk).await.unwrap().conversation.last_event;
    chat.messages().delete(carlos, &gone, Some(talk)).await.unwrap();
    chat.events().after(lea, talk, known, 100).await.unwrap();
    let newest = PageRequest { limit: 50, ..PageRequest::default() };
    for request in [newest.clone(), PageRequest { before: Some(id), ..newest }] {
        for who in [lea, carlos] {
            chat.messages().page(who, talk, request.clone(), || true).await.unwrap();
        }
    }
    chat.conversations().get(lea, talk).await.unwrap();
    chat.conversations().membership(lea, talk).await.unwrap();
    chat.conversations().mark_read(lea, talk).await.unwrap();
    chat.activity().touch(lea).await;
    if let Ok(term) =
        chat.glossary().add(lea, talk, NewTerm { text: "Trip".into(), ..NewTerm::default() }).await
    {
        chat.glossary().list(lea, talk).await.unwrap();
        chat.glossary().retranslate(lea, talk, &term.id.to_string(), None).await.unwrap();
        chat.glossary().remove(lea, talk, &term.id.to_string()).await.unwrap();
        for is_accepted in [false, true] {
            let new = NewTerm { text: "Trip".into(), ..NewTerm::default() };
            let id = chat.glossary().propose(lea, talk, new).await.unwrap().id.to_string();
            chat.glossary().proposals(lea, talk).await.unwrap();
            chat.glossary().proposals(carlos, talk).await.unwrap();
            if is_accepted {
                chat.glossary().accept(lea, talk, &id).await.unwrap();
            } else {
                chat.glossary().dismiss(lea, talk, &id).await.unwrap();
            }
        }
    }
    let file = FileRequest { caller: Some(lea), signature: None };
    let _ = chat.files().get("65f000000000000015000001", false, file.clone()).await;
    let _ = chat.files().at_path("f/1", file).await;
}

async fn people_come_and_go(world: &World, lea: UserId, carlos: UserId) {
    let conversations = world.chat.conversations();
    let nico = world.person("nico", "en").await;
    let talk = world.group(lea, &[carlos]).await;
    let place = talk.conversation.id.to_string();
    let known = talk.conversation.last_event;
    for is_ban in [false, true] {
        conversations.add_member(lea, &place, &nico.to_string()).await.unwrap();
        let role = MemberRole::Moderator;
        conversations.set_member_role(lea, &place, &nico.to_string(), role).await.unwrap();
        conversations.remove_member(lea, &place, &nico.to_string(), is_ban).await.unwrap();
    }
    conversations.add_member(lea, &place, &nico.to_string()).await.unwrap();
    let patch = ConversationPatch { slow_mode_seconds: Some(60), ..ConversationPatch::default() };
    conversations.update(lea, &place, patch).await.unwrap();
    world.say(carlos, &talk, "Hola").await.unwrap();
    world.chat.events().after(carlos, &place, known, 100).await.unwrap();
    conversations.leave(lea, &place).await.unwrap();
    conversations.close(carlos, &place).await.unwrap();
}

async fn people_see_who_has_read(world: &World, lea: UserId, carlos: UserId, id: &str, talk: &str) {
    let (messages, conversations) = (world.chat.messages(), world.chat.conversations());
    conversations.mark_delivered(lea, id).await.unwrap();
    conversations.mark_read_to(lea, id).await.unwrap();
    messages.history(carlos, id).await.unwrap();
    let filters = [ReceiptFilter::All, ReceiptFilter::Delivered, ReceiptFilter::Read, ReceiptFilter::Unread];
    for filter in filters {
        messages.receipts(carlos, id, filter, 10, 0).await.unwrap();
    }
    messages.receipt_counts(carlos, id).await.unwrap();
    messages.receipt_counts_of(carlos, talk, vec![id.parse().unwrap()]).await.unwrap();
}

async fn people_tidy_up(world: &World, lea: UserId, id: &str, talk: &str) {
    let (messages, conversations) = (world.chat.messages(), world.chat.conversations());
    messages.delete_for_me(lea, id).await.unwrap();
    messages.restore_for_me(lea, id).await.unwrap();
    conversations.delete_for_me(lea, talk).await.unwrap();
    conversations.deleted_for_me(lea).await.unwrap();
    conversations.restore_for_me(lea, talk).await.unwrap();
    conversations.clear_history(lea, talk, Some(Timestamp::from_millis(1))).await.unwrap();
}

async fn people_react(world: &World, lea: UserId, carlos: UserId, message: &str) {
    let reactions = world.chat.reactions();
    for who in [lea, carlos] {
        reactions.add(who, message, "👍").await.unwrap();
    }
    reactions.of_messages(lea, vec![message.to_owned()]).await.unwrap();
    reactions.latest(lea).await.unwrap();
    reactions.remove(lea, message, "👍").await.unwrap();
}

/// Lists the members of a conversation in every way.
async fn people_look_around(world: &World, lea: UserId, talk: &str) {
    let all = ParticipantRequest { limit: 2, ..ParticipantRequest::default() };
    let after = Some("65f000000000000015000001".parse().unwrap());
    let role = Some(MemberRole::Member);
    let filters = [
        (None, false),
        (Some("lea"), false),
        (Some("filler7 f"), false),
        (None, true),
        (Some("le te"), true),
    ];
    for (search, online_only) in filters {
        let search = search.map(str::to_owned);
        let some = ParticipantRequest { search, online_only, ..all.clone() };
        let (later, by_role) =
            (ParticipantRequest { after, ..some.clone() }, ParticipantRequest { role, ..some.clone() });
        for request in [some, later, by_role] {
            world.chat.conversations().participants(lea, talk, request).await.unwrap();
        }
    }
}

async fn people_sign_in(world: &World, lea: UserId, token: &str) {
    let chat = &world.chat;
    let number = move |tx: &mut Tx<'_>| {
        tx.execute("UPDATE users SET phone_number = '+33612345678' WHERE id = $1", &[lea.into()])
    };
    world.store.write(number).await.unwrap();
    for login in ["Lea", "lea@example.org", "+33612345678"] {
        world.sign_in(login, true).await;
    }
    let device = Device { cookie: Some("a device".into()), ..Device::default() };
    for login in ["lea", "nobody", "nobody@example.org"] {
        let refused =
            chat.sign_ins().with_password(login.into(), "wrong".into(), false, device.clone()).await;
        assert!(refused.is_err(), "{login}");
        chat.sign_ins().known_device(login, &device).await.unwrap();
    }
    let caller = chat.sessions().authenticate(token).await.unwrap();
    let authority = Authority::of(&caller);
    chat.sessions().confirm(authority.clone()).await.unwrap();
    chat.sessions().confirm_typist(authority.clone(), "meeshy").await.unwrap();
    chat.sessions().confirm_member(authority.clone(), "meeshy").await.unwrap();
    chat.sessions().ended(vec![authority]).await.unwrap();
    let refreshed = chat.sessions().refresh(token, None).await.unwrap();
    let caller = chat.sessions().authenticate(&refreshed.token).await.unwrap();
    let session = world.sign_in("lea", false).await.session_token;
    assert_eq!(chat.sessions().authenticate_device(&session).await.unwrap().user.id, lea);
    people_secure_their_account(world, lea, &caller).await;
    chat.sessions().sign_out(&caller, Some(&session)).await.unwrap();
    people_read_their_mail(world, &caller).await;
}

/// Runs the worker until a translation has finished.
async fn translate_until_ended(world: &World, reader: UserId, message: &str, language: &str) {
    let (stop, stopping) = oneshot::channel::<()>();
    let chat = world.chat.clone();
    let worker = tokio::spawn(async move { chat.worker().run(async { drop(stopping.await) }).await });
    eventually("the translation has ended", async || {
        world.chat.translations().progress(reader, message, language).await.unwrap().progress
            != Progress::Pending
    })
    .await;
    drop(stop);
    worker.await.unwrap();
}
