//! Files that hang on messages.

use crate::placeholders::{padded, placeholders};
use crate::record::record;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{AttachmentId, Concealed, MessageId, Timestamp, UserId};

record! {
    /// A file. The bytes are in the folder of uploads, under its path.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Attachment {
        /// Which file.
        pub id: AttachmentId,
        /// The message it hangs on; `None` until it is sent.
        pub message_id: Option<MessageId>,
        /// Its name in the folder.
        pub file_name: String,
        /// Its name as the uploader had it.
        pub original_name: String,
        /// What it is, as the uploader's browser said.
        pub mime_type: String,
        /// Its length in bytes.
        pub file_size: i64,
        /// Where it is in the folder of uploads: `2025/10/<user>/<name>`.
        pub file_path: String,
        /// Where clients find it: a path on this server.
        pub file_url: String,
        /// Where its small picture is in the folder of uploads.
        pub thumbnail_path: Option<String>,
        /// Where clients find that.
        pub thumbnail_url: Option<String>,
        /// A title.
        pub title: Option<String>,
        /// A description for those who cannot see it.
        pub alt: Option<String>,
        /// A line under it.
        pub caption: Option<String>,
        /// Of a picture or a video, in pixels.
        pub width: Option<i64>,
        /// Of a picture or a video, in pixels.
        pub height: Option<i64>,
        /// Of a recording, in milliseconds.
        pub duration: Option<i64>,
        /// Of a recording, in bits a second.
        pub bitrate: Option<i64>,
        /// Of a recording, a second.
        pub sample_rate: Option<i64>,
        /// Of a recording.
        pub codec: Option<String>,
        /// Of a recording.
        pub channels: Option<i64>,
        /// Of a video, frames a second.
        pub fps: Option<f64>,
        /// Of a video.
        pub video_codec: Option<String>,
        /// Of a document.
        pub page_count: Option<i64>,
        /// Of a text.
        pub line_count: Option<i64>,
        /// What else is known, as JSON.
        pub metadata: Option<String>,
        /// The person, or the guest where `is_anonymous`, who uploaded it.
        pub uploaded_by: String,
        /// Whether a guest uploaded it.
        pub is_anonymous: bool,
        /// Whether it was to be seen once.
        pub is_view_once: bool,
        /// Whether clients show it only on demand.
        pub is_blurred: bool,
        /// Whether it was encrypted on the uploader's device, or is kept encrypted.
        pub is_encrypted: bool,
        /// What the search for viruses found.
        pub scan_status: Option<String>,
        /// What the moderators decided.
        pub moderation_status: Option<String>,
        /// When it was uploaded.
        pub created_at: Timestamp,
        /// What became of it, as the old system knew.
        pub history: History = History::columns(),
    }
}

record! {
    /// What the old system knew of how a file was passed on and looked at; new ones have nothing of it yet.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct History {
        /// Whether it came from another message.
        pub is_forwarded: bool,
        /// Which file it was there; it may be gone.
        pub forwarded_from_id: Option<String> = "forwarded_from_attachment_id",
        /// How many people may see it where it was to be seen once.
        pub max_view_once_count: Option<i64>,
        /// How many have.
        pub view_once_count: i64,
        /// How many people have looked at it.
        pub viewed_count: i64,
        /// How many have downloaded it.
        pub downloaded_count: i64,
        /// How many have listened to it or watched it.
        pub consumed_count: i64,
        /// When everybody's client had it.
        pub delivered_to_all_at: Option<Timestamp>,
        /// When everybody had looked at it.
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
    /// Why it is not shown to a viewer, or to everybody alike.
    pub fn concealed(&self, viewer: Option<UserId>) -> Option<Concealed> {
        let is_author =
            !self.is_anonymous && viewer.is_some_and(|viewer| viewer.to_string() == self.uploaded_by);
        Concealed::of(self.is_encrypted, self.is_view_once, is_author)
    }
}

/// The files of some messages, each message's in the order of uploading.
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

/// The file with this id.
///
/// # Errors
/// As the database says.
pub fn find(tx: &mut Tx<'_>, id: AttachmentId) -> Result<Option<Attachment>, StoreError> {
    tx.fetch_optional(
        &format!("SELECT {} FROM attachments WHERE id = $1", Attachment::columns()),
        &[id.into()],
    )
}

/// The file at this path in the folder of uploads, or whose small picture is there.
///
/// # Errors
/// As the database says.
pub fn find_by_path(tx: &mut Tx<'_>, path: &str) -> Result<Option<Attachment>, StoreError> {
    tx.fetch_optional(
        &format!(
            "SELECT {} FROM attachments WHERE file_path = $1 OR thumbnail_path = $1 LIMIT 1",
            Attachment::columns()
        ),
        &[path.into()],
    )
}
