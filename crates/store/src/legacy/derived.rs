//! Values derived from the rows once all are there: numbers, counts, positions.
//!
//! Each statement changes only rows that are not up to date, so it can be repeated.

use crate::{
    StoreError, Tx, attachments, blocks, community_names, conversation_languages, guests, names, privacy,
    reactions, search_queue,
};

/// Higher than the number of any message that still waits for its number.
const OUT_OF_THE_WAY: i64 = 1 << 40;

/// Every derived value, in order of dependency.
pub fn all(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    names::fold_all(tx)?;
    blocks::follow_lists(tx)?;
    privacy::follow_documents(tx)?;
    community_names::follow_rows(tx)?;
    attachments::follow_messages(tx)?;
    tell_twins_apart(tx)?;
    number_messages(tx)?;
    place_cursors(tx)?;
    find_last_messages(tx)?;
    name_direct_conversations(tx)?;
    search_queue::add_all(tx)?;
    recount(tx)
}

/// Counts the members of conversations and the reactions to messages, also in the columns that only the old system reads.
pub fn recount(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    conversation_languages::recount(tx)?;
    guests::follow_links(tx)?;
    reactions::recount(tx)?;
    sum_up_reactions(tx)
}

/// Makes room for the old system's own rooms: an empty room that a server created for everybody is removed.
pub fn make_room(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM conversations WHERE kind = 'global' \
           AND NOT EXISTS (SELECT 1 FROM members m WHERE m.conversation_id = conversations.id) \
           AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = conversations.id)",
        &[],
    )?;
    Ok(())
}

/// Inconsistencies of the old data that are left as they are: collection, field, problem and number of cases.
pub fn findings(tx: &mut Tx<'_>) -> Result<Vec<(&'static str, &'static str, &'static str, i64)>, StoreError> {
    const FINDINGS: [(&str, &str, &str, &str); 2] = [
        (
            "Community",
            "createdBy",
            "is not a member",
            "SELECT count(*) AS total FROM communities c WHERE NOT EXISTS \
               (SELECT 1 FROM community_members m WHERE m.community_id = c.id AND m.user_id = c.created_by)",
        ),
        (
            "TrackingLink",
            "totalClicks",
            "is not the number of clicks",
            "SELECT count(*) AS total FROM tracking_links l WHERE total_clicks <> \
               (SELECT count(*) FROM tracking_link_clicks k WHERE k.tracking_link_id = l.id)",
        ),
    ];
    let mut found = Vec::new();
    for (collection, field, what, sql) in FINDINGS {
        let total: i64 = tx.fetch_one(sql, &[])?;
        if total > 0 {
            found.push((collection, field, what, total));
        }
    }
    Ok(found)
}

/// Of accounts whose names or addresses are equal when case-folded, the oldest has no mark.
fn tell_twins_apart(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let no_older = |column: &str| {
        format!(
            "NOT EXISTS (SELECT 1 FROM users o WHERE o.{column} = users.{column} AND o.id <> users.id \
               AND (o.name_twin = '' OR o.created_at < users.created_at \
                 OR (o.created_at = users.created_at AND o.id < users.id)))"
        )
    };
    tx.execute(
        &format!(
            "UPDATE users SET name_twin = '' WHERE name_twin <> '' AND {} AND {}",
            no_older("username_key"),
            no_older("email_key")
        ),
        &[],
    )?;
    Ok(())
}

/// Numbers the messages of each conversation by time, if one has no number yet or a number is missing.
fn number_messages(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute("DROP TABLE IF EXISTS renumbered", &[])?;
    tx.execute(
        "CREATE TEMPORARY TABLE renumbered AS SELECT conversation_id AS id FROM messages GROUP BY conversation_id \
         HAVING min(sequence) <> 1 OR max(sequence) <> count(*)",
        &[],
    )?;
    // A cursor that has only the number needs the id of the message before the numbers change.
    tx.execute(
        "UPDATE read_cursors SET last_read_message_id = (SELECT m.id FROM messages m \
           WHERE m.conversation_id = read_cursors.conversation_id AND m.sequence = read_cursors.read_sequence) \
         WHERE last_read_message_id IS NULL AND read_sequence > 0 AND conversation_id IN (SELECT id FROM renumbered)",
        &[],
    )?;
    tx.execute(
        &format!(
            "UPDATE messages SET sequence = -{OUT_OF_THE_WAY} - n.place FROM (SELECT id, row_number() OVER \
           (PARTITION BY conversation_id ORDER BY created_at, id) AS place FROM messages \
            WHERE conversation_id IN (SELECT id FROM renumbered)) n WHERE n.id = messages.id"
        ),
        &[],
    )?;
    tx.execute(
        &format!("UPDATE messages SET sequence = -{OUT_OF_THE_WAY} - sequence WHERE sequence < 0"),
        &[],
    )?;
    tx.execute(
        "UPDATE conversations SET last_sequence = s.newest FROM \
           (SELECT conversation_id, max(sequence) AS newest FROM messages GROUP BY conversation_id) s \
         WHERE s.conversation_id = conversations.id AND last_sequence <> s.newest",
        &[],
    )?;
    tx.execute(
        "UPDATE conversations SET last_sequence = 0 WHERE last_sequence <> 0 \
           AND id NOT IN (SELECT conversation_id FROM messages)",
        &[],
    )?;
    Ok(())
}

/// Sets the number of each cursor's message. A user without a cursor has read what their statuses say they
/// have read, and what they wrote.
fn place_cursors(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    // A deleted message came after those that are older than it: ids grow with time.
    tx.execute(
        "UPDATE read_cursors SET read_sequence = coalesce( \
           (SELECT m.sequence FROM messages m WHERE m.id = last_read_message_id \
              AND m.conversation_id = read_cursors.conversation_id), \
           (SELECT max(m.sequence) FROM messages m WHERE m.conversation_id = read_cursors.conversation_id \
              AND m.id < last_read_message_id), 0) \
         WHERE last_read_message_id IS NOT NULL",
        &[],
    )?;
    // Cursors made by this program use only the number.
    tx.execute(
        "UPDATE read_cursors SET last_read_message_id = NULL WHERE id IS NULL AND last_read_message_id IS NOT NULL",
        &[],
    )?;
    let furthest = [
        "SELECT s.conversation_id, s.user_id, max(m.sequence) AS place, max(s.read_at) AS at \
         FROM message_statuses s JOIN messages m ON m.id = s.message_id \
         WHERE s.read_at IS NOT NULL AND s.user_id IS NOT NULL GROUP BY s.conversation_id, s.user_id",
        "SELECT m.conversation_id, m.sender_id AS user_id, max(m.sequence) AS place, max(m.created_at) AS at \
         FROM messages m WHERE m.sender_id IS NOT NULL GROUP BY m.conversation_id, m.sender_id",
    ];
    for furthest in furthest {
        tx.execute(
            &format!(
                "INSERT INTO read_cursors (conversation_id, user_id, read_sequence, read_at) \
                 SELECT f.conversation_id, f.user_id, f.place, f.at FROM ({furthest}) f \
                 WHERE TRUE ON CONFLICT (user_id, conversation_id) WHERE user_id IS NOT NULL DO UPDATE \
                 SET read_sequence = excluded.read_sequence WHERE read_cursors.read_sequence < excluded.read_sequence"
            ),
            &[],
        )?;
    }
    Ok(())
}

fn find_last_messages(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let newest = "coalesce((SELECT max(m.created_at) FROM messages m WHERE m.conversation_id = conversations.id \
        AND m.deleted_at IS NULL AND m.message_source <> 'system'), conversations.created_at)";
    tx.execute(
        &format!("UPDATE conversations SET last_message_at = {newest} WHERE last_message_at <> {newest}"),
        &[],
    )?;
    Ok(())
}

/// Reopening a direct conversation finds the one that was written in last.
fn name_direct_conversations(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE conversations SET direct_key = p.pair FROM \
           (SELECT id, pair, row_number() OVER (PARTITION BY pair ORDER BY last_message_at DESC, id) AS place FROM \
             (SELECT c.id, c.last_message_at, min(m.user_id) || '_' || max(m.user_id) AS pair FROM conversations c \
              JOIN members m ON m.conversation_id = c.id WHERE c.kind = 'direct' AND c.is_active \
              GROUP BY c.id, c.last_message_at HAVING count(*) = 2) pairs) p \
         WHERE p.id = conversations.id AND p.place = 1 AND conversations.direct_key IS NULL \
           AND NOT EXISTS (SELECT 1 FROM conversations o WHERE o.direct_key = p.pair)",
        &[],
    )?;
    Ok(())
}

fn sum_up_reactions(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE messages SET reaction_count = s.total, reaction_summary = s.summary FROM \
           (SELECT message_id, sum(times) AS total, '{' || string_agg('\"' || \
              replace(replace(emoji, '\\', '\\\\'), '\"', '\\\"') || '\":' || times, ',' ORDER BY emoji) || '}' AS summary \
            FROM (SELECT message_id, emoji, count(*) AS times FROM reactions GROUP BY message_id, emoji) e \
            GROUP BY message_id) s \
         WHERE s.message_id = messages.id AND coalesce(reaction_summary, '') <> s.summary",
        &[],
    )?;
    tx.execute(
        "UPDATE messages SET reaction_count = 0, reaction_summary = NULL WHERE reaction_count > 0 \
           AND id NOT IN (SELECT message_id FROM reactions)",
        &[],
    )?;
    Ok(())
}
