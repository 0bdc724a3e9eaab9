//! The jobs that files cause, enqueued in the transactions of their causes. [`FileCare`](super::FileCare) does them.

use meeshy_domain::AttachmentId;
use meeshy_jobs::Kind;
use meeshy_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a file is kept that is in no message.
pub(super) const UNSENT_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes what is left of an upload that was not finished.
pub(crate) const DISCARD: Kind<Discarded> = Kind::new("discard-upload");
/// Makes the thumbnail of a file, and finds out what clients show of it.
pub(crate) const PREPARE: Kind<AttachmentId> = Kind::new("prepare-file");
/// Removes a file that is in no message.
pub(crate) const COLLECT: Kind<AttachmentId> = Kind::new("collect-file");
/// Removes a file from the folder of uploads that is not in the database any more. Its key and parameter is its path.
pub(crate) const REMOVE: Kind<String> = Kind::new("remove-file");

/// An upload that was not finished.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Discarded {
    pub(super) id: AttachmentId,
    /// Where it would have been.
    pub(super) path: String,
}

/// Removes files from the folder once this transaction, which removes their rows, is committed.
pub(crate) fn remove_later(tx: &mut Tx<'_>, paths: &[String]) -> Result<(), StoreError> {
    paths.iter().try_for_each(|path| REMOVE.enqueue(tx, path, path))
}
