//! Uploaded images as pictures of users, conversations and communities.

use super::file_jobs::COLLECT;
use super::naming;
use crate::ChatError;
use meeshy_domain::UserId;
use meeshy_store::{Tx, attachments};

/// Makes an image that the caller has uploaded and not sent a picture, if `url` names one: everybody can see it from now on.
/// The image that `before` names, of the same place, is removed if it was one. URLs elsewhere are left alone.
///
/// # Errors
/// [`ChatError::Invalid`] in `field` when `url` names another file of this server.
pub(crate) fn show_picture(
    tx: &mut Tx<'_>,
    caller: UserId,
    field: &str,
    url: Option<&str>,
    before: Option<&str>,
) -> Result<(), ChatError> {
    if url == before {
        return Ok(());
    }
    if let Some(path) = url.and_then(naming::path_of)
        && !attachments::show(tx, &path, caller)?
    {
        return Err(ChatError::invalid(field, "expected a picture that you have uploaded and not sent"));
    }
    if let Some(path) = before.and_then(naming::path_of)
        && let Some(file) = attachments::hide(tx, &path)?
    {
        COLLECT.enqueue(tx, &file.to_string(), &file)?;
    }
    Ok(())
}

/// Whether a URL names a file of this server.
pub(crate) fn names_file(url: &str) -> bool {
    naming::path_of(url).is_some()
}
