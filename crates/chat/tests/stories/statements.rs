//! The statements in the source of the store. Each has to run in a story or be prepared here, so that none is first
//! tried by a user.

use meeshy_domain::text::TextSearch;
use meeshy_domain::{ConversationId, FileAction, MessageId, Timestamp, UserId};
use meeshy_store::gateways::{self, Gateway};
use meeshy_store::search_index::{self, Scope, Span};
use meeshy_store::translation_cache::{self, Cached};
use meeshy_store::translators::{self, Translator};
use meeshy_store::visibility::Viewer;
use meeshy_store::{
    Store, StoreError, Tx, Value, attachment_statuses, call_counts, call_events, conversations, dashboard,
    deleted_accounts, events, guests, jobs, members, notifications, privacy, read_cursors, reports,
    search_queue, second_factor, sessions, texts, translations, visibility,
};
use meeshy_testkit::rust_files;
use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// Runs what the gateway asks for all the time, for ids that it has in memory.
pub fn often(
    tx: &mut Tx<'_>,
    user: UserId,
    conversation: ConversationId,
    message: MessageId,
) -> Result<(), StoreError> {
    let now = tx.now()?;
    tx.fetch((
        read_cursors::position(user, conversation),
        read_cursors::unread(user, &[conversation]),
        read_cursors::positions(conversation, &[user]),
        members::joined(user, &[conversation]),
        dashboard::members(&["65f000000000000020000001".to_owned()], 5),
        visibility::hidden_from_all(&[message]),
        guests::find_all(&[id()?]),
    ))?;
    tx.fetch((visibility::blockers_of(&[user]), privacy::hiding_read_receipts(&[user])))?;
    for action in [None].into_iter().chain(FileAction::ALL.iter().copied().map(Some)) {
        tx.fetch(attachment_statuses::page(id()?, action, 10, 0))?;
    }
    events::last(tx, &[conversation])?;
    events::after(tx, &[(conversation, 0)], 10)?;
    conversations::find(tx, conversation)?;
    sessions::binding(tx, "hash")?;
    sessions::good_bindings(tx, &["hash"], now)?;
    second_factor::attempt(tx, "hash-1")?;
    let cached =
        Cached { key: "key".into(), content: "text".into(), engine: "test".into(), score: None, grade: None };
    translation_cache::put(tx, &[cached], now)?;
    translation_cache::get(tx, &["key".into()])?;
    if let Some(search) = TextSearch::new("vienes") {
        let (scope, viewer) = (Scope::AllOf(user), tx.fetch(Viewer::find(user, now))?);
        let grams = search_index::selective_grams(tx, &search)?;
        search_index::matches(tx, &grams, &scope, Span::before(10_000), 10)?;
        tx.fetch(search_index::readable(&[1, 2], &scope, &viewer))?;
    }
    tx.execute("UPDATE search_state SET backfilled = '' WHERE id = 1", &[])?;
    search_queue::take(tx, 10)?;
    let call = id()?;
    call_events::insert(tx, call, 2, "g", "{}")?;
    tx.fetch((call_events::after(call, 0, "h", 10), call_events::newest_since(now, "h", 10)))?;
    Ok(())
}

/// Runs what operators ask for, and what processes share on PostgreSQL only.
pub fn rarely(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let (now, end): (Timestamp, _) = (tx.now()?, Timestamp::from_millis(i64::MAX));
    let user: UserId = id()?;
    let gateway = Gateway { id: "g".into(), key_fingerprint: "f".into(), presence_version: 1 };
    gateways::insert(tx, &gateway)?;
    gateways::connect(tx, "g", &[user])?;
    gateways::connected(tx, "g")?;
    gateways::disconnect(tx, "g", &[user])?;
    gateways::renew(tx, "g", 2)?;
    gateways::alive(tx)?;
    gateways::remove_dead(tx)?;
    gateways::remove(tx, "g")?;
    jobs::enqueue(tx, "kind", "key", "payload")?;
    let call = call_counts::Counted {
        limit_name: "calls",
        caller_hash: "hash".into(),
        max_calls: 1,
        window: Duration::from_secs(1),
    };
    call_counts::count(tx, &call)?;
    let translator = Translator {
        id: "t".into(),
        name: "host".into(),
        pairs: vec![],
        grades: vec![],
        started_at: now,
        seen_at: now,
    };
    translators::beat(tx, &translator)?;
    translators::list(tx)?;
    texts::claim(tx, "t", now, &[], 1)?;
    texts::fetch(tx, &[id()?])?;
    translations::counts(tx)?;
    reports::newest(tx, 1)?;
    // After an import, of accounts that were deleted before.
    deleted_accounts::is_deleted(tx, &user.to_string())?;
    deleted_accounts::remove_all(tx)?;
    deleted_accounts::still_members(tx)?;
    deleted_accounts::forget_documents(tx, "User", &[user.to_string()])?;
    notifications::list(tx, user)?;
    notifications::archive(tx, user, notifications::Expiry { before: end, unread_kept: 0 }, 10)?;
    Ok(())
}

/// The id of a user who has a notification.
fn id<T: FromStr>() -> Result<T, StoreError> {
    "65f000000000000030000001".parse().map_err(|_| StoreError::Statement("no id".into()))
}

/// Takes long on full tables; `store/tests/names.rs` runs it.
const FOLDING: &str = "SELECT user_id, word FROM name_words WHERE user_id IN ({ids})";

const VERBS: [&str; 5] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];

/// The statements of the tables that match no recorded one and cannot be prepared, with the reason.
pub async fn untried<'a>(store: &Store, recorded: impl Iterator<Item = &'a String>) -> Vec<String> {
    let recorded: Vec<&String> = recorded.collect();
    let mut untried = Vec::new();
    for statement in in_source() {
        if statement == FOLDING || recorded.iter().any(|sql| is_made_from(sql, &statement)) {
            continue;
        }
        if statement.contains('{') {
            untried.push(format!("no story runs it: {statement}"));
        } else if let Err(error) = prepare(store, &statement).await {
            untried.push(format!("{error}: {statement}"));
        }
    }
    untried
}

/// Whether `format!` can make a statement from a template.
fn is_made_from(sql: &str, template: &str) -> bool {
    let mut rest = sql;
    for part in template.split('{') {
        let fixed = part.split_once('}').map_or(part, |(_, fixed)| fixed);
        match rest.find(fixed) {
            Some(found) => rest = &rest[found + fixed.len()..],
            None => return false,
        }
    }
    true
}

async fn prepare(store: &Store, sql: &str) -> Result<(), StoreError> {
    let parameters = (1..100).take_while(|number| sql.contains(&format!("${number}"))).count();
    let sql = format!("EXPLAIN {sql}");
    let explain = move |tx: &mut Tx<'_>| tx.query(&sql, &vec![Value::Null; parameters], |_| Ok(()));
    store.read(explain).await.map(drop)
}

/// The statements in the tables of the store: complete ones, and templates for `format!`.
fn in_source() -> BTreeSet<String> {
    let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/src/tables");
    let mut statements = BTreeSet::new();
    for file in rust_files(&tables) {
        let source = std::fs::read_to_string(file).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        collect(source.parse().unwrap(), &mut statements);
    }
    assert!(statements.len() > 100, "{}", statements.len());
    statements
}

fn collect(tokens: TokenStream, statements: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect(group.stream(), statements),
            TokenTree::Literal(literal) => {
                if let syn::Lit::Str(text) = syn::Lit::new(literal)
                    && VERBS.iter().any(|verb| text.value().starts_with(verb))
                {
                    statements.insert(text.value());
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}
