//! Work that takes long and does not wait.

use super::error::ModelError;
use std::io;
use std::path::PathBuf;

/// Runs blocking work, such as reading a whole model, on a thread for that.
pub(super) async fn off_thread<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce() -> Result<T, ModelError> + Send + 'static,
) -> Result<T, ModelError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(ModelError::folder(&path, io::Error::other(error))))
}
