//! What users have done with files: viewed, downloaded, listened to, watched.

use crate::engine::record::record;
use crate::users::SHOWN_NAME;
use crate::{Query, StoreError, Tx, Value};
use meeshy_domain::{AttachmentId, FileAction, Timestamp, UserId};

record! {
    /// What a user has done with a file.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct FileStatus as "s" {
        /// The user.
        pub user_id: UserId = "u.id",
        /// The unique name.
        pub username: String = "u.username",
        /// The displayed name.
        pub display_name: String = SHOWN_NAME,
        /// The URL of the picture.
        pub avatar: Option<String> = "u.avatar",
        /// When they first opened it.
        pub viewed_at: Option<Timestamp>,
        /// When they first saved it.
        pub downloaded_at: Option<Timestamp>,
        /// When they first listened to it.
        pub listened_at: Option<Timestamp>,
        /// When they first watched it.
        pub watched_at: Option<Timestamp>,
        /// How often they have listened to it.
        pub listen_count: i64,
        /// How often they have watched it.
        pub watch_count: i64,
        /// Whether they have listened to its end.
        pub listened_complete: bool,
        /// Whether they have watched its end.
        pub watched_complete: bool,
        /// Where they stopped listening, in milliseconds.
        pub last_play_position_ms: Option<i64>,
        /// Where they stopped watching, in milliseconds.
        pub last_watch_position_ms: Option<i64>,
    }
}

impl FileStatus {
    /// Whether they have done this, and whether to its end.
    #[must_use]
    pub fn has_done(&self, action: FileAction) -> (bool, bool) {
        match action {
            FileAction::Viewed => (self.viewed_at.is_some(), false),
            FileAction::Downloaded => (self.downloaded_at.is_some(), false),
            FileAction::Listened => (self.listened_at.is_some(), self.listened_complete),
            FileAction::Watched => (self.watched_at.is_some(), self.watched_complete),
        }
    }
}

/// What a user has done with a file.
pub fn find(file: AttachmentId, user: UserId) -> Query<Option<FileStatus>> {
    Query::optional(
        format!(
            "SELECT {} FROM attachment_statuses s JOIN users u ON u.id = s.user_id \
             WHERE s.attachment_id = $1 AND s.user_id = $2",
            FileStatus::columns()
        ),
        vec![file.into(), user.into()],
    )
}

/// Something that a user does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// What.
    pub action: FileAction,
    /// Where they stopped playing, in milliseconds.
    pub position_ms: Option<i64>,
    /// For how long they did it, in milliseconds.
    pub duration_ms: Option<i64>,
    /// Whether they came to its end.
    pub is_complete: bool,
    /// Whether they enlarged a picture.
    pub was_zoomed: bool,
}

/// Records what a user does with a file. `id` is the key of a new row. Returns false if the file is in no message any more.
pub fn record(
    tx: &mut Tx<'_>,
    id: &str,
    file: AttachmentId,
    user: UserId,
    act: &Act,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let noted = tx.execute(
        "INSERT INTO attachment_statuses (id, attachment_id, message_id, conversation_id, user_id, created_at, updated_at) \
         SELECT $1, a.id, a.message_id, a.conversation_id, $3, $4, $4 FROM attachments a \
         WHERE a.id = $2 AND a.message_id IS NOT NULL \
         ON CONFLICT (attachment_id, user_id) WHERE user_id IS NOT NULL DO UPDATE SET updated_at = excluded.updated_at",
        &[id.into(), file.into(), user.into(), now.into()],
    )?;
    if noted == 0 {
        return Ok(false);
    }
    let (position, duration) = (act.position_ms.into(), act.duration_ms.into());
    let (sql, more): (_, Vec<Value>) = match act.action {
        FileAction::Viewed => (
            "UPDATE attachment_statuses SET viewed_at = coalesce(viewed_at, $3), \
               view_duration_ms = coalesce($4, view_duration_ms), was_zoomed = was_zoomed OR $5 \
             WHERE attachment_id = $1 AND user_id = $2",
            vec![duration, act.was_zoomed.into()],
        ),
        FileAction::Downloaded => (
            "UPDATE attachment_statuses SET downloaded_at = coalesce(downloaded_at, $3) \
             WHERE attachment_id = $1 AND user_id = $2",
            vec![],
        ),
        FileAction::Listened => (
            "UPDATE attachment_statuses SET listened_at = coalesce(listened_at, $3), listen_count = listen_count + 1, \
               total_listen_duration_ms = total_listen_duration_ms + coalesce(CAST($4 AS BIGINT), 0), \
               last_play_position_ms = coalesce($5, last_play_position_ms), listened_complete = listened_complete OR $6 \
             WHERE attachment_id = $1 AND user_id = $2",
            vec![duration, position, act.is_complete.into()],
        ),
        FileAction::Watched => (
            "UPDATE attachment_statuses SET watched_at = coalesce(watched_at, $3), watch_count = watch_count + 1, \
               total_watch_duration_ms = total_watch_duration_ms + coalesce(CAST($4 AS BIGINT), 0), \
               last_watch_position_ms = coalesce($5, last_watch_position_ms), watched_complete = watched_complete OR $6 \
             WHERE attachment_id = $1 AND user_id = $2",
            vec![duration, position, act.is_complete.into()],
        ),
    };
    tx.execute(sql, &[vec![file.into(), user.into(), now.into()], more].concat())?;
    Ok(true)
}

/// Counts a user who does something with a file for the first time.
pub fn count(tx: &mut Tx<'_>, file: AttachmentId, action: FileAction) -> Result<(), StoreError> {
    let sql = match action {
        FileAction::Viewed => "UPDATE attachments SET viewed_count = viewed_count + 1 WHERE id = $1",
        FileAction::Downloaded => {
            "UPDATE attachments SET downloaded_count = downloaded_count + 1 WHERE id = $1"
        }
        FileAction::Listened | FileAction::Watched => {
            "UPDATE attachments SET consumed_count = consumed_count + 1 WHERE id = $1"
        }
    };
    tx.execute(sql, &[file.into()])?;
    Ok(())
}

/// Who has done something with a file, or with `action` who has done that, in order of the users' ids, and how many they are.
/// Users who hide what they read are left out.
pub fn page(
    file: AttachmentId,
    action: Option<FileAction>,
    limit: i64,
    offset: i64,
) -> (Query<Vec<FileStatus>>, Query<i64>) {
    let done = match action {
        None => "",
        Some(FileAction::Viewed) => "AND s.viewed_at IS NOT NULL",
        Some(FileAction::Downloaded) => "AND s.downloaded_at IS NOT NULL",
        Some(FileAction::Listened) => "AND s.listened_at IS NOT NULL",
        Some(FileAction::Watched) => "AND s.watched_at IS NOT NULL",
    };
    let from = format!(
        "FROM attachment_statuses s JOIN users u ON u.id = s.user_id \
         WHERE s.attachment_id = $1 AND NOT u.hides_read_receipts {done}"
    );
    let columns = FileStatus::columns();
    (
        Query::all(
            format!("SELECT {columns} {from} ORDER BY s.user_id LIMIT $2 OFFSET $3"),
            vec![file.into(), limit.into(), offset.into()],
        ),
        Query::one(format!("SELECT count(*) AS total {from}"), vec![file.into()]),
    )
}
