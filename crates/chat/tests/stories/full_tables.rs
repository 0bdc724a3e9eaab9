//! Tables with so many rows that no planner reads all of one without need.

use meeshy_store::{StoreError, Tx, Value};

/// Rows in each growing table, enough that no planner prefers a scan.
const ROWS: usize = 30_000;

/// Fills a table: the columns, and their values for row number `i`.
const FULL: &[(&str, &str, &str)] = &[
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
        "conversations",
        "id, identifier, kind, title, direct_key, community_id, member_count, last_event, last_message_at, created_at, updated_at",
        "[c], 'filler-' || i, 'group', 'Filler', 'pair-' || i, [k], 1, 1, i, 1, 1",
    ),
    ("conversation_events", "conversation_id, number, kind, subject, at", "[c], 1, 'created', '', 1"),
    (
        "conversation_events",
        "conversation_id, number, kind, subject, at",
        "(SELECT id FROM conversations WHERE identifier = 'meeshy'), i + 1, 'read', [u], i",
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
    ("system_messages", "message_id, event, actor_id, target_id", "[a], 'added', [u], [u]"),
    ("search_entries", "message_id, number, fold_version", "[a], i + 1000000, 1000"),
    ("search_grams", "rowid, grams", "i + 1000000, CAST('filler' AS TSVECTOR)"),
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
    ("message_revisions", "message_id, revision, content, language, written_at", "[a], 1, 'x', 'es', 1"),
    ("reaction_counts", "message_id, emoji, total, since", "[a], 'x', 1, 1"),
    (
        "attachments",
        "id, message_id, file_name, original_name, mime_type, file_size, file_path, file_url, thumbnail_path, \
         conversation_id, kind, uploaded_by, created_at",
        "[f], [a], 'f', 'f', 'image/png', 1, 'f/' || i, '/f/' || i, 't/' || i, [c], 'image', [u], i",
    ),
    (
        "attachment_statuses",
        "id, attachment_id, message_id, conversation_id, user_id, created_at, updated_at",
        "[s], [f], [a], [c], [u], 1, 1",
    ),
    (
        "attachment_reactions",
        "id, attachment_id, message_id, user_id, emoji, created_at, updated_at",
        "[s], [f], [a], [u], 'x', 1, 1",
    ),
    (
        "resumable_uploads",
        "id, uploaded_by, original_name, file_path, file_size, created_at",
        "[f], [u], 'f', 'f', 1, 1",
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
    ("share_link_uses", "share_link_id, user_id, used_at", "[o], [u], 1"),
    (
        "guests",
        "id, conversation_id, share_link_id, first_name, last_name, username, session_token, language, last_active_at, joined_at",
        "[v], [c], [o], 'F', 'L', 'guest-' || i, 'token-' || i, 'fr', 9000000000000000 - i, 1",
    ),
    ("call_sessions", "id, conversation_id, status, initiator_id, started_at", "[j], [c], 'ended', [u], i"),
    ("call_participants", "id, call_session_id, user_id, joined_at", "[i], [j], [u], i"),
    (
        "call_events",
        "call_id, number, gateway_id, payload, created_at",
        "[j], 1, 'g', '', 9000000000000000 - i",
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
    ("user_preferences", "id, user_id, privacy, created_at, updated_at", "[w], [u], '{}', 1, 1"),
    ("notification_preferences", "id, user_id, created_at, updated_at", "[h], [u], 1, 1"),
    ("user_settings", "id, user_id, key, value, created_at, updated_at", "[x], [u], 'key', 'value', 1, 1"),
    (
        "conversation_categories",
        "id, user_id, name, position, created_at, updated_at",
        "[y], [u], 'filler', 0, 1, 1",
    ),
    ("community_preferences", "id, user_id, community_id, created_at, updated_at", "[z], [u], [k], 1, 1"),
    (
        "community_invites",
        "token_hash, community_id, created_by, created_at, expires_at",
        "'hash-' || i, [k], [u], i, 9000000000000000 - i",
    ),
    (
        "password_reset_tokens",
        "id, user_id, token_hash, expires_at, created_at",
        "[u], [u], 'hash-' || i, 9000000000000000, 1",
    ),
    (
        "magic_link_tokens",
        "id, user_id, token_hash, expires_at, created_at",
        "[u], [u], 'hash-' || i, 9000000000000000, 1",
    ),
    (
        "phone_codes",
        "id, purpose, phone_number, user_id, token_hash, created_at, expires_at",
        "'code-' || i, 'claim', '+33' || (100000000 + i), [u], 'hash-' || i, 1, 9000000000000000 - i",
    ),
    (
        "phone_reset_tokens",
        "id, user_id, code_hash, expires_at, created_at",
        "[u], [u], 'hash', 9000000000000000, 1",
    ),
    ("known_devices", "user_id, device_hash, last_used_at", "[u], 'hash', 1"),
    (
        "avatars",
        "id, user_id, mime_type, content, created_at",
        "'picture-' || i, [u], 'image/png', CAST('filler' AS BYTEA), 1",
    ),
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
        "archived_notifications",
        "id, user_id, count, first_at, last_at, notifications",
        "'archived-' || i, [u], 1, 1, i, CAST('filler' AS BYTEA)",
    ),
    (
        "push_tokens",
        "id, user_id, token, platform, created_at, updated_at",
        "'push-' || i, [u], 'token-' || i, 'ios', 1, 1",
    ),
    (
        "password_history",
        "id, user_id, password_hash, changed_via, created_at",
        "'hash-' || i, [u], 'none', 'RESET', 1",
    ),
    (
        "voice_models",
        "id, user_id, audio_count, total_duration_ms, quality_score, created_at, updated_at",
        "'voice-' || i, [u], 1, 1, 0.5, 1, 1",
    ),
    (
        "legacy_documents",
        "collection, id, digest, outcome",
        "'User', [u], CAST('filler' AS BYTEA), 'inserted'",
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
    (
        "affiliate_tokens",
        "id, token, name, created_by, created_at, updated_at",
        "[a], 'token-' || i, 'Filler', [u], 1, 1",
    ),
    (
        "affiliate_relations",
        "id, affiliate_token_id, affiliate_user_id, referred_user_id, created_at",
        "[a], [a], [u], [u], 1",
    ),
    (
        "tracking_links",
        "id, token, original_url, short_url, created_by, created_at, updated_at",
        "[a], 'token-' || i, '/', '/', [u], 1, 1",
    ),
    ("tracking_link_clicks", "id, tracking_link_id, user_id, clicked_at", "[a], [a], [u], 1"),
    ("audit_log", "id, user_id, admin_id, action, entity_id, created_at", "[a], [u], [u], 'filler', [u], i"),
    (
        "security_events",
        "id, user_id, event_type, severity, status, created_at",
        "[a], [u], 'filler', 'LOW', 'SUCCESS', 1",
    ),
    ("user_stats", "id, user_id, created_at, updated_at", "[a], [u], 1, 1"),
    (
        "conversation_settings",
        "id, conversation_id, user_id, key, value, created_at, updated_at",
        "[a], [c], [u], 'filler', '', 1, 1",
    ),
    (
        "conversation_public_keys",
        "id, user_id, conversation_id, key_type, public_key, created_at, updated_at",
        "[a], [u], [c], 'identity', '', 1, 1",
    ),
    (
        "signal_pre_key_bundles",
        "id, user_id, identity_key, registration_id, signed_pre_key_id, signed_pre_key_public, \
         signed_pre_key_signature, created_at, last_rotated_at",
        "[a], [u], '', 1, 1, '', '', 1, 1",
    ),
    (
        "dma_sessions",
        "id, remote_party_id, user_id, root_key, chain_key_send, chain_key_receive, created_at, updated_at, last_used_at",
        "[a], 'party-' || i, [u], '', '', '', 1, 1, 1",
    ),
    (
        "dma_enrollments",
        "id, whatsapp_internal_id, identity_key, signed_pre_key, signed_pre_key_signature, signed_pre_key_id, \
         created_at, updated_at, last_verified_at",
        "[a], 'party-' || i, '', '', '', 1, 1, 1, 1",
    ),
    (
        "dma_pre_keys",
        "id, pre_key_id, key_data, used_by, created_at, signal_enrollment_id",
        "[a], i, '', [u], 1, [a]",
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
pub fn fill(tx: &mut Tx<'_>) -> Result<(), StoreError> {
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
