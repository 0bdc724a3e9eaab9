//! Messages.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::events::{self, Change};
use crate::visibility::Viewer;
use crate::{Query, StoreError, Tx, Value, conversation_languages, message_revisions};
use meeshy_domain::{Actor, Concealed, ConversationId, GuestId, Language, MessageId, Timestamp, UserId};

/// The maximum number of messages of a conversation that are counted one by one.
const MAX_COUNTED: i64 = 10_000;

/// The number of a conversation's latest messages in which authors and their languages are looked for.
const LATEST: i64 = 40;

record! {
    /// A message, in its original language.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Message as "m" {
        /// Its id.
        pub id: MessageId,
        /// Its conversation.
        pub conversation_id: ConversationId,
        /// Its number in the conversation: 1, 2, 3 … without gaps.
        pub sequence: i64,
        /// Its author; `None` if the account was deleted.
        pub sender_id: Option<UserId>,
        /// The client's id for it, unique in its conversation.
        pub client_message_id: Option<String> = "substr(m.client_key, length(m.conversation_id) + 2)",
        /// The text as it was typed.
        pub content: String,
        /// The language it was written in.
        pub original_language: Language,
        /// `text`, `image` …, by the name on the wire.
        pub message_type: String,
        /// `user`, `system` …, by the name on the wire.
        pub message_source: String,
        /// The message it replies to.
        pub reply_to_id: Option<MessageId>,
        /// The revision of the text, starting at 1.
        pub revision: i64,
        /// When the text was last edited.
        pub edited_at: Option<Timestamp>,
        /// When it was written.
        pub created_at: Timestamp,
        /// When it was last changed.
        pub updated_at: Timestamp,
        /// Its other attributes.
        pub details: Details = Details::columns(),
    }
}

record! {
    /// Other attributes, most of them of messages from the old system.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Details as "m" {
        /// The guest who wrote it.
        pub guest_sender_id: Option<GuestId>,
        /// The original of a forwarded message, which may have been deleted.
        pub forwarded_from_id: Option<String>,
        /// The conversation of the original.
        pub forwarded_from_conversation_id: Option<String>,
        /// When it expires.
        pub expires_at: Option<Timestamp>,
        /// Whether it can be viewed only once.
        pub is_view_once: bool,
        /// By how many users.
        pub max_view_once_count: Option<i64>,
        /// How many have viewed it.
        pub view_once_count: i64,
        /// Whether clients show it only on request.
        pub is_blurred: bool,
        /// When it was pinned.
        pub pinned_at: Option<Timestamp>,
        /// By whom.
        pub pinned_by: Option<String>,
        /// When it was delivered to everybody.
        pub delivered_to_all_at: Option<Timestamp>,
        /// When everybody had received it.
        pub received_by_all_at: Option<Timestamp>,
        /// When everybody had read it.
        pub read_by_all_at: Option<Timestamp>,
        /// How many clients have received it.
        pub delivered_count: i64,
        /// How many users have read it.
        pub read_count: i64,
        /// Whether its text was encrypted on the author's device, or is stored encrypted.
        pub is_encrypted: bool,
        /// How.
        pub encryption_mode: Option<String>,
    }
}

impl Details {
    /// When it was pinned and by whom, if it is pinned.
    pub fn pin(&self) -> Option<(Timestamp, String)> {
        self.pinned_at.zip(self.pinned_by.clone())
    }
}

impl Message {
    /// Who wrote it; `None` if the account was deleted.
    pub fn author(&self) -> Option<Actor> {
        Actor::of(self.sender_id, self.details.guest_sender_id)
    }

    /// Why its text is hidden from a viewer or from everybody.
    pub fn concealed(&self, viewer: Option<UserId>) -> Option<Concealed> {
        let is_author = viewer.is_some() && viewer == self.sender_id;
        Concealed::of(self.details.is_encrypted, self.details.is_view_once, is_author)
    }

    /// Whether it has been deleted or has expired.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.details.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

impl Message {
    /// Whether it is a system message about the conversation, such as who joined.
    pub fn is_by_system(&self) -> bool {
        self.message_source == "system"
    }
}

/// The column that has the author of a message.
fn author_column(author: Actor) -> &'static str {
    match author {
        Actor::User(_) => "sender_id",
        Actor::Guest(_) => "guest_sender_id",
    }
}

/// The stored form of a client's id: prefixed with the conversation, since other conversations may use the
/// same.
fn client_key(conversation: ConversationId, client_message_id: &str) -> String {
    format!("{conversation}\n{client_message_id}")
}

/// The same for a guest, whose messages no other guest sends.
fn guest_client_key((guest, client_key): (GuestId, String)) -> String {
    format!("{guest} {client_key}")
}

/// The languages of what an author wrote among the latest messages of a conversation, the latest first, with
/// repetitions.
pub fn languages_of_latest(conversation: ConversationId, author: Actor) -> Query<Vec<Language>> {
    let by = author_column(author);
    Query::all(
        format!(
            "SELECT original_language FROM (SELECT sequence, {by}, message_source, original_language FROM messages \
               WHERE conversation_id = $1 ORDER BY sequence DESC LIMIT $3) latest \
             WHERE {by} = $2 AND message_source <> 'system' ORDER BY sequence DESC"
        ),
        vec![conversation.into(), author.into(), LATEST.into()],
    )
}

/// When somebody wrote their latest message in a conversation since a time, if they did.
pub fn latest_since(
    conversation: ConversationId,
    author: Actor,
    since: Timestamp,
) -> Query<Option<Timestamp>> {
    Query::one(
        format!(
            "SELECT max(created_at) AS latest FROM messages \
             WHERE conversation_id = $1 AND {} = $2 AND created_at > $3 AND deleted_at IS NULL",
            author_column(author)
        ),
        vec![conversation.into(), author.into(), since.into()],
    )
}

/// The users who wrote the latest messages of a conversation, the latest first, with repetitions.
pub fn latest_authors(conversation: ConversationId) -> Query<Vec<UserId>> {
    Query::all(
        "SELECT sender_id FROM (SELECT sequence, sender_id FROM messages WHERE conversation_id = $1 \
           ORDER BY sequence DESC LIMIT $2) latest WHERE sender_id IS NOT NULL ORDER BY sequence DESC",
        vec![conversation.into(), LATEST.into()],
    )
}

record! {
    /// The text of a message, and its place.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Text as "m" {
        /// The message.
        pub id: MessageId,
        /// Its number in the conversation.
        pub sequence: i64,
        /// The revision of the text.
        pub revision: i64,
        /// The text.
        pub content: String,
    }
}

/// The texts of up to `limit` messages of a conversation with lower numbers than `before`, the latest first.
pub fn texts_before(conversation: ConversationId, before: i64, limit: i64) -> Query<Vec<Text>> {
    let sql = format!(
        "SELECT {} FROM messages m WHERE m.conversation_id = $1 AND m.sequence < $2 AND m.deleted_at IS NULL \
         ORDER BY m.sequence DESC LIMIT $3",
        Text::columns()
    );
    Query::all(sql, vec![conversation.into(), before.into(), limit.into()])
}

/// Adds a message.
///
/// # Errors
/// [`StoreError::Conflict`] when this sender has already used this client message id in this conversation.
pub fn insert(tx: &mut Tx<'_>, message: &Message) -> Result<(), StoreError> {
    let client_key = message.client_message_id.as_deref().map(|id| client_key(message.conversation_id, id));
    tx.execute_later(
        "INSERT INTO messages (id, conversation_id, sequence, sender_id, client_key, content, original_language, \
           message_type, message_source, reply_to_id, revision, edited_at, created_at, updated_at, \
           forwarded_from_id, forwarded_from_conversation_id, expires_at, is_view_once, max_view_once_count, is_blurred, \
           guest_sender_id, guest_client_key) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
        &[
            message.id.into(),
            message.conversation_id.into(),
            message.sequence.into(),
            message.sender_id.into(),
            client_key.clone().into(),
            (&message.content).into(),
            message.original_language.into(),
            (&message.message_type).into(),
            (&message.message_source).into(),
            message.reply_to_id.into(),
            message.revision.into(),
            message.edited_at.into(),
            message.created_at.into(),
            message.updated_at.into(),
            message.details.forwarded_from_id.as_deref().into(),
            message.details.forwarded_from_conversation_id.as_deref().into(),
            message.details.expires_at.into(),
            message.details.is_view_once.into(),
            message.details.max_view_once_count.into(),
            message.details.is_blurred.into(),
            message.details.guest_sender_id.into(),
            message.details.guest_sender_id.zip(client_key.clone()).map(guest_client_key).into(),
        ],
    )?;
    if message.is_by_system() {
        // Its number came from `take_quiet_numbers`, which has counted it.
        return Ok(());
    }
    conversation_languages::add_message(tx, message.conversation_id, message.original_language)
}

/// Replaces the text of a message, which invalidates its translations. Returns the number of the event, or
/// `None` if the message does not exist.
pub fn edit(
    tx: &mut Tx<'_>,
    id: MessageId,
    content: &str,
    language: Language,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    message_revisions::keep(tx, id)?;
    let edited: Option<(ConversationId, Language)> = tx.fetch_optional(
        "UPDATE messages SET content = $2, revision = revision + 1, edited_at = $3, updated_at = $3 \
         WHERE id = $1 AND deleted_at IS NULL RETURNING conversation_id, original_language",
        &[id.into(), content.into(), now.into()],
    )?;
    let Some((conversation, before)) = edited else { return Ok(None) };
    // Before the language counts change: sending a message locks in this order, too.
    let number = events::append(tx, conversation, &[Change::MessageEdited(id)], now)?;
    if language != before {
        tx.execute(
            "UPDATE messages SET original_language = $2 WHERE id = $1",
            &[id.into(), language.into()],
        )?;
        conversation_languages::move_message(tx, conversation, before, language)?;
    }
    tx.execute("DELETE FROM translations WHERE message_id = $1", &[id.into()])?;
    Ok(Some(number))
}

/// The revision of a message's text, unless it was deleted. The row stays locked until this transaction ends.
pub fn hold_revision(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<i64>, StoreError> {
    let held = tx.for_share();
    tx.fetch_optional(
        &format!("SELECT revision FROM messages WHERE id = $1 AND deleted_at IS NULL {held}"),
        &[id.into()],
    )
}

/// The message with this id, unless it was deleted.
pub fn find(id: MessageId) -> Query<Option<Message>> {
    Query::optional(
        format!(
            "SELECT {columns} FROM messages m WHERE m.id = $1 AND m.deleted_at IS NULL",
            columns = Message::columns()
        ),
        vec![id.into()],
    )
}

/// The message with this id, if the user can see it.
pub fn find_seen(tx: &mut Tx<'_>, id: MessageId, viewer: &Viewer) -> Result<Option<Message>, StoreError> {
    Ok(tx.fetch(find_all_seen(&[id], viewer))?.pop())
}

/// Which of `ids` the user can see, in no particular order.
pub fn find_all_seen(ids: &[MessageId], viewer: &Viewer) -> Query<Vec<Message>> {
    if ids.is_empty() {
        return Query::known(Vec::new());
    }
    let list = placeholders(1, ids.len());
    let mut params = padded(ids.iter().map(|id| Value::from(*id)));
    let (seen, of_viewer) = viewer.condition("m", params.len() + 1);
    params.extend(of_viewer);
    Query::all(
        format!(
            "SELECT {columns} FROM messages m WHERE m.id IN ({list}) AND {seen}",
            columns = Message::columns()
        ),
        params,
    )
}

/// Those of `ids` that exist and were not deleted, in no particular order.
pub fn find_all(tx: &mut Tx<'_>, ids: &[MessageId]) -> Result<Vec<Message>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let list = placeholders(1, ids.len());
    tx.fetch_all(
        &format!(
            "SELECT {columns} FROM messages m WHERE m.id IN ({list}) AND m.deleted_at IS NULL",
            columns = Message::columns()
        ),
        &padded(ids.iter().map(|id| Value::from(*id))),
    )
}

/// The message that `sender` sent to a conversation with this client id.
pub fn find_by_client_id(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    sender: Actor,
    client_message_id: &str,
) -> Result<Option<Message>, StoreError> {
    let (columns, client_key) = (Message::columns(), client_key(conversation, client_message_id));
    match sender {
        Actor::User(user) => tx.fetch_optional(
            &format!("SELECT {columns} FROM messages m WHERE m.sender_id = $1 AND m.client_key = $2"),
            &[user.into(), client_key.into()],
        ),
        Actor::Guest(guest) => tx.fetch_optional(
            &format!("SELECT {columns} FROM messages m WHERE m.guest_client_key = $1"),
            &[guest_client_key((guest, client_key)).into()],
        ),
    }
}

/// Which messages of a conversation to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The newest ones, after skipping this many.
    Offset(i64),
    /// Those before the message with this number.
    Before(i64),
    /// The first ones after the message with this number.
    After(i64),
}

/// The messages of a conversation that a user can see, newest first.
pub fn list(conversation: ConversationId, viewer: &Viewer, page: Page, limit: i64) -> Query<Vec<Message>> {
    outwards(conversation, viewer, page, limit).map(move |rows| newest_first(page, rows))
}

/// As [`list`]; also whether there are more messages beyond these.
pub fn list_and_more(
    conversation: ConversationId,
    viewer: &Viewer,
    page: Page,
    limit: i64,
) -> Query<(Vec<Message>, bool)> {
    outwards(conversation, viewer, page, limit.saturating_add(1)).map(move |mut rows| {
        let limit = usize::try_from(limit).unwrap_or(0);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        (newest_first(page, rows), has_more)
    })
}

fn newest_first(page: Page, mut rows: Vec<Message>) -> Vec<Message> {
    if matches!(page, Page::After(_)) {
        rows.reverse();
    }
    rows
}

/// The messages of a page in order of their distance from its border.
fn outwards(conversation: ConversationId, viewer: &Viewer, page: Page, limit: i64) -> Query<Vec<Message>> {
    let (border, order, number, offset) = match page {
        Page::Offset(offset) => ("<", "DESC", i64::MAX, offset),
        Page::Before(sequence) => ("<", "DESC", sequence, 0),
        Page::After(sequence) => (">", "ASC", sequence, 0),
    };
    let (seen, of_viewer) = viewer.condition("m", 5);
    let params = [vec![conversation.into(), number.into(), limit.into(), offset.into()], of_viewer].concat();
    Query::all(
        format!(
            "SELECT {columns} FROM messages m WHERE m.conversation_id = $1 AND m.sequence {border} $2 AND {seen} \
             ORDER BY m.sequence {order} LIMIT $3 OFFSET $4",
            columns = Message::columns()
        ),
        params,
    )
}

/// The number of a message in this conversation, also if it was deleted.
pub fn sequence(conversation: ConversationId, id: MessageId) -> Query<Option<i64>> {
    Query::optional(
        "SELECT sequence FROM messages WHERE id = $2 AND conversation_id = $1",
        vec![conversation.into(), id.into()],
    )
}

/// How many messages of a conversation there are, with system messages, without what has expired by `now`.
pub fn total(conversation: ConversationId, now: Timestamp) -> Query<i64> {
    Query::one(
        "SELECT CAST(coalesce(sum(messages), 0) AS BIGINT) + \
           coalesce((SELECT c.system_message_count FROM conversations c WHERE c.id = $1), 0) - \
           (SELECT count(*) FROM messages m WHERE m.conversation_id = $1 AND m.deleted_at IS NULL \
              AND m.expires_at IS NOT NULL AND m.expires_at <= $2) AS total \
         FROM conversation_languages WHERE conversation_id = $1",
        vec![conversation.into(), now.into()],
    )
}

/// How many of the `total` messages of a conversation this person sees. Where somebody has cleared or blocked something and there are
/// more than [`MAX_COUNTED`], what is hidden from them alone is counted as well.
pub fn count(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    viewer: &Viewer,
    total: i64,
) -> Result<i64, StoreError> {
    if !viewer.is_special() || total > MAX_COUNTED {
        return Ok(total);
    }
    let (seen, of_viewer) = viewer.condition("m", 2);
    let params = [vec![conversation.into()], of_viewer].concat();
    let sql = format!("SELECT count(*) AS total FROM messages m WHERE m.conversation_id = $1 AND {seen}");
    tx.fetch_one(&sql, &params)
}

/// The newest message that this person sees of each of some conversations: a query for each, which looks from the end.
pub fn newest(conversations: &[ConversationId], viewer: &Viewer) -> Vec<Query<Option<Message>>> {
    let (seen, of_viewer) = viewer.condition("m", 2);
    let sql = format!(
        "SELECT {columns} FROM messages m WHERE m.conversation_id = $1 AND {seen} ORDER BY m.sequence DESC LIMIT 1",
        columns = Message::columns()
    );
    let params = |id: &ConversationId| [vec![(*id).into()], of_viewer.clone()].concat();
    conversations.iter().map(|id| Query::optional(&*sql, params(id))).collect()
}
