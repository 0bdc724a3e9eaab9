//! Queries use indexes: the statements are recorded while the program is used, and explained on full tables.

use crate::everyday::{
    a_browser_subscribes, people_delete_their_account, people_gather, people_have_belongings, people_meet,
    people_read_their_mail, people_secure_their_account, people_show_themselves, people_use_their_phone,
};
use crate::everyday_files::people_share_files;
use crate::everyday_guests::people_invite_guests;
use crate::everyday_talk::{people_call, people_come_and_go, people_look_around, people_talk};
use crate::full_tables::fill;
use crate::statements::{often, rarely, untried};
use meeshy_chat::retention::Bounds;
use meeshy_chat::{
    Authority, CategoryPatch, CommunityPreferencesPatch, ConversationPreferencesPatch, Device, ListFilter,
    NewCategory, NewConversation, ProfilePatch,
};
use meeshy_domain::preferences::{Consent, Privacy, Values};
use meeshy_domain::{ConversationId, MessageId, Network, UserId};
use meeshy_harness::{World, registration, wanted};
use meeshy_store::{Location, StoreError, Tx, Value, blocks};
use meeshy_testkit::{Database, both_databases};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Tables that stay small.
const SMALL: [&str; 12] = [
    "search_state",
    // What waits for some seconds until users are notified of it.
    "notification_queue",
    // Who is in a call at the moment.
    "live_calls",
    "live_participants",
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
const WHOLE_TABLES: [&str; 13] = [
    // These end at the first rows.
    "SELECT 1 FROM search_state WHERE backfilled IS NOT NULL OR EXISTS (SELECT 1 FROM search_queue)",
    "DELETE FROM search_queue WHERE (message_id, event) IN (SELECT message_id, event FROM search_queue ORDER BY message_id, event LIMIT $1)",
    // The statistics of one column.
    "SELECT x.gram FROM pg_stats s",
    // Once an hour, and for an operator.
    "SELECT COUNT(*) AS count FROM notifications",
    "SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) AS count FROM archived_notifications",
    "SELECT count(*) AS total FROM translation_cache",
    "SELECT kind, run_at, last_succeeded_at, last_error FROM jobs WHERE key = ''",
    "SELECT count(CASE WHEN NOT is_dead THEN 1 END), count(CASE WHEN is_dead THEN 1 END) FROM jobs",
    // All of a partial index with few rows.
    "SELECT id FROM users WHERE role = 'BIGBOSS'",
    // At the start of a process with exclusive use of the data.
    "UPDATE translation_jobs SET claimed_until = 0 WHERE claimed_until > 0",
    "UPDATE jobs SET claimed_until = 0 WHERE claimed_until > 0",
    // These keep the table small, and skip the remaining rows in an index.
    "DELETE FROM guessed_names WHERE last_failed_at < $1 OR last_failed_at <= (SELECT",
    "DELETE FROM call_counts WHERE ends_at <= $1 OR ends_at <= (SELECT",
];

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
    world.index_messages().await;
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
    // What comes after `INDEX 0:` are the conditions that the index of a virtual table meets.
    let is_met = |line: &&String| !line.contains(" VIRTUAL TABLE INDEX 0:") || line.ends_with("INDEX 0:");
    let scans = plan.iter().filter(is_met).filter_map(|line| line.strip_prefix("SCAN ")?.split(' ').next());
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
    a_browser_subscribes(world, lea).await;
    people_talk(world, lea, carlos, &talk.conversation.id.to_string()).await;
    people_talk(world, lea, carlos, "meeshy").await;
    people_share_files(world, lea, carlos, "meeshy").await;
    people_invite_guests(world, lea, &talk.conversation.id.to_string()).await;
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
    people_call(world, lea, carlos, &pair.conversation.id.to_string()).await;

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
    people_have_belongings(world, lea).await;
    people_gather(world, lea, carlos).await;
    people_use_their_phone(world, lea, carlos).await;
    people_delete_their_account(world, lea, carlos).await;
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
    chat.profiles().update(lea, patch, Network::default()).await.unwrap();
    chat.conversations().audience(lea).await.unwrap();
    chat.conversations().memberships(vec![lea, carlos]).await.unwrap();
    chat.administration().list(None, 50).await.unwrap();
    chat.administration().set_active("carlos", false).await.unwrap();
    world.notify().await;
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
    for is_given in [true, false] {
        preferences.change_consents(lea, vec![(Consent::VoiceData, is_given)]).await.unwrap();
    }
    let mut export = world.chat.exports().begin(lea);
    while export.next().await.unwrap().is_some() {}
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
        let sql = "INSERT INTO community_members (id, community_id, user_id, joined_at) VALUES ('65d0000000000000000000c1', $2, $1, 1)";
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
