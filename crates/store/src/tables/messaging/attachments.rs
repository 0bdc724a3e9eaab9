//! Files attached to messages.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::visibility::Viewer;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::limits::MESSAGE_FILES;
use meeshy_domain::{Actor, AttachmentId, Concealed, ConversationId, FileKind, MessageId, Timestamp, UserId};

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
        /// Its MIME type; of an imported file, the one that the uploader's browser named.
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
        /// A few colours of a picture, shown until it is loaded (<https://blurha.sh>).
        pub blur_hash: Option<String>,
        /// The loudness of a recording over time, as bytes in base64.
        pub waveform: Option<String>,
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
        /// Whether it is the picture of a user, a conversation or a community, which everybody can see.
        pub is_picture: bool,
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
    /// Whether this user or guest has uploaded it.
    #[must_use]
    pub fn is_by(&self, actor: impl Into<Actor>) -> bool {
        let actor = actor.into();
        self.is_anonymous == actor.guest().is_some() && self.uploaded_by == actor.id()
    }

    /// Why it is hidden from a viewer or from everybody.
    pub fn concealed(&self, viewer: Option<UserId>) -> Option<Concealed> {
        let is_author = viewer.is_some_and(|viewer| self.is_by(viewer));
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

/// The most copies of a file that are looked at.
const MAX_COPIES: usize = 100;

/// The files with this path in the folder of uploads, or with this thumbnail: a forwarded one has several rows.
pub fn with_path(tx: &mut Tx<'_>, path: &str) -> Result<Vec<Attachment>, StoreError> {
    tx.fetch_all(
        &format!(
            "SELECT {} FROM attachments WHERE file_path = $1 OR thumbnail_path = $1 LIMIT {MAX_COPIES}",
            Attachment::columns()
        ),
        &[path.into()],
    )
}

/// An uploaded file that belongs to no message yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its id.
    pub id: AttachmentId,
    /// Its name on the uploader's device.
    pub original_name: String,
    /// Its MIME type.
    pub mime_type: String,
    /// Its size in bytes.
    pub file_size: i64,
    /// Its path in the folder of uploads.
    pub file_path: String,
    /// Its URL for clients.
    pub file_url: String,
    /// Of an image, in pixels: width and height.
    pub dimensions: Option<(i64, i64)>,
    /// Of a recording, in milliseconds, according to the uploader.
    pub duration: Option<i64>,
    /// The number of lines of a text.
    pub line_count: Option<i64>,
    /// What the uploader says of it otherwise, as JSON.
    pub metadata: Option<String>,
    /// The uploader.
    pub uploaded_by: Actor,
    /// When.
    pub created_at: Timestamp,
}

/// Adds an uploaded file.
pub fn insert(tx: &mut Tx<'_>, file: &NewFile) -> Result<Attachment, StoreError> {
    let name = file.file_path.rsplit('/').next().unwrap_or_default();
    let (width, height) = file.dimensions.unzip();
    tx.fetch_one(
        &format!(
            "INSERT INTO attachments (id, file_name, original_name, mime_type, file_size, file_path, file_url, width, height, \
               duration, line_count, metadata, uploaded_by, created_at, kind, is_anonymous) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING {}",
            Attachment::columns()
        ),
        &[
            file.id.into(),
            name.into(),
            (&file.original_name).into(),
            (&file.mime_type).into(),
            file.file_size.into(),
            (&file.file_path).into(),
            (&file.file_url).into(),
            width.into(),
            height.into(),
            file.duration.into(),
            file.line_count.into(),
            file.metadata.as_ref().into(),
            file.uploaded_by.id().into(),
            file.created_at.into(),
            FileKind::of_type(&file.mime_type).into(),
            file.uploaded_by.guest().is_some().into(),
        ],
    )
}

/// The size of all files that a user or a guest has uploaded, in bytes.
pub fn size_of_all(uploader: Actor) -> Query<i64> {
    // Not a parameter: each has an index of its own.
    let is_anonymous = if uploader.guest().is_some() { "is_anonymous" } else { "NOT is_anonymous" };
    Query::one(
        format!(
            "SELECT CAST(coalesce(sum(file_size), 0) AS BIGINT) FROM attachments \
             WHERE uploaded_by = $1 AND {is_anonymous} AND NOT is_forwarded"
        ),
        vec![uploader.id().into()],
    )
}

/// Those of some files that their uploader has not sent yet, in no particular order.
pub fn unsent(ids: &[AttachmentId], uploader: Actor) -> Query<Vec<Attachment>> {
    if ids.is_empty() {
        return Query::known(Vec::new());
    }
    let list = placeholders(3, ids.len());
    let mut params = vec![uploader.id().into(), uploader.guest().is_some().into()];
    params.extend(padded(ids.iter().map(|id| Value::from(*id))));
    let sql = format!(
        "SELECT {} FROM attachments \
         WHERE uploaded_by = $1 AND is_anonymous = $2 AND id IN ({list}) AND message_id IS NULL \
           AND NOT is_picture",
        Attachment::columns()
    );
    Query::all(sql, params)
}

/// Attaches files that belong to no message to one; returns their number.
pub fn attach(
    tx: &mut Tx<'_>,
    ids: &[AttachmentId],
    message: MessageId,
    conversation: ConversationId,
) -> Result<u64, StoreError> {
    let list = placeholders(3, ids.len());
    let mut params = vec![message.into(), conversation.into()];
    params.extend(padded(ids.iter().map(|id| Value::from(*id))));
    tx.execute(
        &format!(
            "UPDATE attachments SET message_id = $1, conversation_id = $2 WHERE message_id IS NULL AND id IN ({list})"
        ),
        &params,
    )
}

/// Copies the files of a message to another one, as forwarded by `uploader`, except those that are encrypted, can be viewed only
/// once, or are forbidden. Their bytes are in the folder once.
pub fn copy_to(
    tx: &mut Tx<'_>,
    original: MessageId,
    (message, conversation): (MessageId, ConversationId),
    (uploader, now): (UserId, Timestamp),
    mut new_id: impl FnMut() -> AttachmentId,
) -> Result<Vec<Attachment>, StoreError> {
    // Who removes them waits, and then finds the copies.
    let held = tx.for_share();
    let files: Vec<AttachmentId> = tx.fetch_all(
        &format!(
            "SELECT id FROM attachments WHERE message_id = $1 AND NOT is_encrypted AND NOT is_view_once \
               AND coalesce(scan_status, '') <> 'infected' AND coalesce(moderation_status, '') <> 'rejected' \
             ORDER BY created_at, id LIMIT {MESSAGE_FILES} {held}"
        ),
        &[original.into()],
    )?;
    let kept = "kind, file_name, original_name, mime_type, file_size, file_path, file_url, title, alt, caption, is_blurred, \
        width, height, thumbnail_path, thumbnail_url, blur_hash, duration, bitrate, sample_rate, codec, channels, fps, \
        video_codec, waveform, page_count, line_count, metadata, scan_status, moderation_status";
    let sql = format!(
        "INSERT INTO attachments (id, message_id, conversation_id, uploaded_by, created_at, is_forwarded, \
           forwarded_from_attachment_id, {kept}) \
         SELECT $1, $2, $3, $4, $5, TRUE, coalesce(forwarded_from_attachment_id, id), {kept} FROM attachments \
         WHERE id = $6 RETURNING {}",
        Attachment::columns()
    );
    let mut copies = Vec::with_capacity(files.len());
    for file in files {
        copies.push(tx.fetch_one(
            &sql,
            &[
                new_id().into(),
                message.into(),
                conversation.into(),
                uploader.to_string().into(),
                now.into(),
                file.into(),
            ],
        )?);
    }
    Ok(copies)
}

/// What was found out about a file by reading it; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// The path of the thumbnail, and its URL.
    pub thumbnail: Option<(String, String)>,
    /// See [`Attachment::blur_hash`].
    pub blur_hash: Option<String>,
    /// Width and height, in pixels.
    pub dimensions: Option<(i64, i64)>,
    /// In milliseconds.
    pub duration: Option<i64>,
    /// In bits per second.
    pub bitrate: Option<i64>,
    /// In hertz.
    pub sample_rate: Option<i64>,
    /// Of the sound.
    pub codec: Option<String>,
    /// Of the sound.
    pub channels: Option<i64>,
    /// In frames per second.
    pub fps: Option<f64>,
    /// Of the film.
    pub video_codec: Option<String>,
    /// See [`Attachment::waveform`].
    pub waveform: Option<String>,
}

/// Records what was found out about a file and its copies. Returns the message of each, if it has one; nothing if the file does not
/// exist any more.
pub fn describe(tx: &mut Tx<'_>, path: &str, found: Findings) -> Result<Vec<Option<MessageId>>, StoreError> {
    let (thumbnail_path, thumbnail_url) = found.thumbnail.unzip();
    let (width, height) = found.dimensions.unzip();
    tx.fetch_all(
        "UPDATE attachments SET thumbnail_path = coalesce($2, thumbnail_path), thumbnail_url = coalesce($3, thumbnail_url), \
           blur_hash = coalesce($4, blur_hash), width = coalesce($5, width), height = coalesce($6, height), \
           duration = coalesce($7, duration), bitrate = coalesce($8, bitrate), sample_rate = coalesce($9, sample_rate), \
           codec = coalesce($10, codec), channels = coalesce($11, channels), fps = coalesce($12, fps), \
           video_codec = coalesce($13, video_codec), waveform = coalesce($14, waveform) WHERE file_path = $1 \
         RETURNING message_id",
        &[
            path.into(),
            thumbnail_path.into(),
            thumbnail_url.into(),
            found.blur_hash.into(),
            width.into(),
            height.into(),
            found.duration.into(),
            found.bitrate.into(),
            found.sample_rate.into(),
            found.codec.into(),
            found.channels.into(),
            found.fps.into(),
            found.video_codec.into(),
            found.waveform.into(),
        ],
    )
}

/// Removes a file; returns the paths that it had in the folder of uploads.
pub fn remove(tx: &mut Tx<'_>, id: AttachmentId) -> Result<Vec<String>, StoreError> {
    removed(tx, "id = $1", id.into())
}

/// Makes an image that a user has uploaded and not sent a picture; returns whether there is such an image.
pub fn show(tx: &mut Tx<'_>, path: &str, uploader: UserId) -> Result<bool, StoreError> {
    let shown = tx.execute(
        "UPDATE attachments SET is_picture = TRUE \
         WHERE file_path = $1 AND uploaded_by = $2 AND NOT is_anonymous AND message_id IS NULL AND NOT is_picture \
           AND mime_type IN ('image/jpeg', 'image/png', 'image/gif', 'image/webp')",
        &[path.into(), uploader.to_string().into()],
    )?;
    Ok(shown > 0)
}

/// Makes the picture at a path a file like any other; returns it.
pub fn hide(tx: &mut Tx<'_>, path: &str) -> Result<Option<AttachmentId>, StoreError> {
    tx.fetch_optional(
        "UPDATE attachments SET is_picture = FALSE WHERE file_path = $1 AND is_picture RETURNING id",
        &[path.into()],
    )
}

/// Removes a file unless it belongs to a message or is a picture; returns its paths.
pub fn remove_unsent(tx: &mut Tx<'_>, id: AttachmentId) -> Result<Vec<String>, StoreError> {
    removed(tx, "id = $1 AND message_id IS NULL AND NOT is_picture", id.into())
}

/// Removes the files of a message; returns their paths.
pub fn remove_of_message(tx: &mut Tx<'_>, message: MessageId) -> Result<Vec<String>, StoreError> {
    removed(tx, "message_id = $1", message.into())
}

fn removed(tx: &mut Tx<'_>, which: &str, id: Value) -> Result<Vec<String>, StoreError> {
    let found: Vec<(String, Option<String>)> = tx.fetch_all(
        &format!("DELETE FROM attachments WHERE {which} RETURNING file_path, thumbnail_path"),
        &[id],
    )?;
    Ok(found.into_iter().flat_map(|(path, thumbnail)| std::iter::once(path).chain(thumbnail)).collect())
}

/// Whether a file or a thumbnail has this path.
pub fn is_path_used(tx: &mut Tx<'_>, path: &str) -> Result<bool, StoreError> {
    Ok(!with_path(tx, path)?.is_empty())
}
