//! Files that are received in parts, until they are complete.

use crate::engine::record::record;
use crate::{Query, StoreError, Tx};
use meeshy_domain::{AttachmentId, Timestamp, UserId};

record! {
    /// A file that is received in parts. How much of it was received is the size of the file in the folder of uploads.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ResumableUpload in resumable_uploads {
        /// Also the id of the file.
        pub id: AttachmentId,
        /// The uploader.
        pub uploaded_by: UserId,
        /// The name on the uploader's device.
        pub original_name: String,
        /// The MIME type according to the uploader.
        pub declared_type: Option<String>,
        /// Where it will be in the folder of uploads.
        pub file_path: String,
        /// The size of all of it, in bytes.
        pub file_size: i64,
        /// What the uploader says of it otherwise, as JSON.
        pub metadata: Option<String>,
        /// When it began.
        pub created_at: Timestamp,
    }
}

/// Adds an upload.
pub fn add(tx: &mut Tx<'_>, upload: &ResumableUpload) -> Result<(), StoreError> {
    tx.insert(upload)
}

/// An upload of a user.
pub fn find(id: AttachmentId, uploader: UserId) -> Query<Option<ResumableUpload>> {
    Query::optional(
        format!(
            "SELECT {} FROM resumable_uploads WHERE id = $1 AND uploaded_by = $2",
            ResumableUpload::columns()
        ),
        vec![id.into(), uploader.into()],
    )
}

/// Removes an upload, because it is complete or abandoned; returns whether it was there.
pub fn remove(tx: &mut Tx<'_>, id: AttachmentId) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM resumable_uploads WHERE id = $1", &[id.into()])? > 0)
}

/// Removes all uploads of a user. A job removes their bytes, within a day.
pub fn remove_of_user(tx: &mut Tx<'_>, uploader: UserId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM resumable_uploads WHERE uploaded_by = $1", &[uploader.into()])?;
    Ok(())
}

/// The number of uploads of a user, and what they will take, in bytes.
pub fn total(uploader: UserId) -> Query<(i64, i64)> {
    Query::one(
        "SELECT count(*) AS uploads, CAST(coalesce(sum(file_size), 0) AS BIGINT) AS bytes FROM resumable_uploads \
         WHERE uploaded_by = $1",
        vec![uploader.into()],
    )
}
