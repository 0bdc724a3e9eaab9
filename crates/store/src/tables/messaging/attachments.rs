//! Files attached to messages.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::visibility::Viewer;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{AttachmentId, Concealed, ConversationId, FileKind, MessageId, Timestamp, UserId};

record! {
    /// A file. Its bytes are in the folder of uploads, under its path.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Attachment as "attachments" {
        /// Which file.
        pub id: AttachmentId,
        /// Its message; `None` until it is sent.
        pub message_id: Option<MessageId>,
        /// Its name in the folder.
        pub file_name: String,
        /// Its name on the uploader's device.
        pub original_name: String,
        /// Its MIME type according to the uploader's browser.
        pub mime_type: String,
        /// Its size in bytes.
        pub file_size: i64,
        /// Its path in the folder of uploads: `2025/10/<user>/<name>`.
        pub file_path: String,
        /// Its URL for clients: a path on this server.
        pub file_url: String,
        /// The path of its thumbnail in the folder of uploads.
        pub thumbnail_path: Option<String>,
        /// The URL of its thumbnail.
        pub thumbnail_url: Option<String>,
        /// A title.
        pub title: Option<String>,
        /// An alternative text for people who cannot see it.
        pub alt: Option<String>,
        /// A caption.
        pub caption: Option<String>,
        /// Of an image or a video, in pixels.
        pub width: Option<i64>,
        /// Of an image or a video, in pixels.
        pub height: Option<i64>,
        /// Of a recording, in milliseconds.
        pub duration: Option<i64>,
        /// Of a recording, in bits per second.
        pub bitrate: Option<i64>,
        /// Of a recording, in hertz.
        pub sample_rate: Option<i64>,
        /// Of a recording.
        pub codec: Option<String>,
        /// Of a recording.
        pub channels: Option<i64>,
        /// Of a video, in frames per second.
        pub fps: Option<f64>,
        /// Of a video.
        pub video_codec: Option<String>,
        /// Of a document.
        pub page_count: Option<i64>,
        /// Of a text.
        pub line_count: Option<i64>,
        /// Other metadata, as JSON.
        pub metadata: Option<String>,
        /// The uploader: a user, or a guest if `is_anonymous`.
        pub uploaded_by: String,
        /// Whether a guest uploaded it.
        pub is_anonymous: bool,
        /// Whether it can be viewed only once.
        pub is_view_once: bool,
        /// Whether clients show it only on request.
        pub is_blurred: bool,
        /// Whether it was encrypted on the uploader's device, or is stored encrypted.
        pub is_encrypted: bool,
        /// The result of the virus scan.
        pub scan_status: Option<String>,
        /// The decision of the moderators.
        pub moderation_status: Option<String>,
        /// When it was uploaded.
        pub created_at: Timestamp,
        /// Its statistics from the old system.
        pub history: History = History::columns(),
    }
}

record! {
    /// Forwarding and view statistics from the old system; new files have none yet.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct History as "attachments" {
        /// Whether it was forwarded from another message.
        pub is_forwarded: bool,
        /// The original file, which may have been deleted.
        pub forwarded_from_id: Option<String> = "attachments.forwarded_from_attachment_id",
        /// How many users may view it, if it can be viewed only once.
        pub max_view_once_count: Option<i64>,
        /// How many users have.
        pub view_once_count: i64,
        /// How many users have viewed it.
        pub viewed_count: i64,
        /// How many have downloaded it.
        pub downloaded_count: i64,
        /// How many have played it.
        pub consumed_count: i64,
        /// When it was delivered to everybody.
        pub delivered_to_all_at: Option<Timestamp>,
        /// When everybody had viewed it.
        pub viewed_by_all_at: Option<Timestamp>,
        /// When everybody had downloaded it.
        pub downloaded_by_all_at: Option<Timestamp>,
        /// When everybody had listened to it.
        pub listened_by_all_at: Option<Timestamp>,
        /// When everybody had watched it.
        pub watched_by_all_at: Option<Timestamp>,
    }
}

impl Attachment {
    /// Why it is hidden from a viewer or from everybody.
    pub fn concealed(&self, viewer: Option<UserId>) -> Option<Concealed> {
        let is_author =
            !self.is_anonymous && viewer.is_some_and(|viewer| viewer.to_string() == self.uploaded_by);
        Concealed::of(self.is_encrypted, self.is_view_once, is_author)
    }
}

/// The files of some messages, in upload order for each message.
pub fn of_messages(messages: &[MessageId]) -> Query<Vec<(MessageId, Attachment)>> {
    if messages.is_empty() {
        return Query::known(Vec::new());
    }
    let ids = placeholders(1, messages.len());
    let found = Query::<Attachment>::all(
        format!(
            "SELECT {} FROM attachments WHERE message_id IN ({ids}) ORDER BY created_at, id",
            Attachment::columns()
        ),
        padded(messages.iter().map(|id| Value::from(*id))),
    );
    found.map(|files| files.into_iter().filter_map(|file| Some((file.message_id?, file))).collect())
}

record! {
    /// A file in a list of files.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ListedFile {
        /// The file.
        pub file: Attachment = Attachment::columns(),
        /// Whether clients show its message only on request.
        pub is_message_blurred: bool = "m.is_blurred",
    }
}

/// Which files to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// Those of this conversation.
    pub conversation: ConversationId,
    /// Only those of this kind.
    pub kind: Option<FileKind>,
    /// So many of them.
    pub limit: i64,
    /// After so many.
    pub offset: i64,
}

/// Files of a conversation that somebody sees, the newest first. What is encrypted or can be viewed only once is left out.
pub fn list(listing: Listing, viewer: &Viewer) -> Query<Vec<ListedFile>> {
    let Listing { conversation, kind, limit, offset } = listing;
    let mut params = vec![conversation.into(), limit.into(), offset.into()];
    params.extend(kind.map(Value::from));
    let of_kind = if kind.is_some() { "AND attachments.kind = $4" } else { "" };
    let (seen, of_viewer) = viewer.condition("m", params.len() + 1);
    params.extend(of_viewer);
    let sql = format!(
        "SELECT {} FROM attachments JOIN messages m ON m.id = attachments.message_id \
         WHERE attachments.conversation_id = $1 {of_kind} AND {seen} \
           AND NOT (attachments.is_view_once OR attachments.is_encrypted OR m.is_view_once OR m.is_encrypted) \
         ORDER BY attachments.created_at DESC, attachments.id DESC LIMIT $2 OFFSET $3",
        ListedFile::columns()
    );
    Query::all(sql, params)
}

/// Sets the conversation and the kind of all files that belong to a message.
pub fn follow_messages(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE attachments SET \
           conversation_id = (SELECT m.conversation_id FROM messages m WHERE m.id = attachments.message_id), \
           kind = CASE WHEN lower(mime_type) LIKE 'image/%' THEN 'image' WHEN lower(mime_type) LIKE 'audio/%' THEN 'audio' \
             WHEN lower(mime_type) LIKE 'video/%' THEN 'video' WHEN lower(mime_type) LIKE 'text/%' THEN 'text' \
             ELSE 'document' END \
         WHERE message_id IS NOT NULL",
        &[],
    )?;
    Ok(())
}

/// The file with this id.
pub fn find(tx: &mut Tx<'_>, id: AttachmentId) -> Result<Option<Attachment>, StoreError> {
    tx.fetch_optional(
        &format!("SELECT {} FROM attachments WHERE id = $1", Attachment::columns()),
        &[id.into()],
    )
}

/// The file with this path in the folder of uploads, or with this thumbnail.
pub fn find_by_path(tx: &mut Tx<'_>, path: &str) -> Result<Option<Attachment>, StoreError> {
    tx.fetch_optional(
        &format!(
            "SELECT {} FROM attachments WHERE file_path = $1 OR thumbnail_path = $1 LIMIT 1",
            Attachment::columns()
        ),
        &[path.into()],
    )
}
