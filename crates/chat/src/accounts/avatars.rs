//! Profile pictures: the URL of one elsewhere, or an uploaded one.
//!
//! An uploaded picture has a row of its own, because the URL is sent with every message and member. Its path
//! contains a hash of the content, so browsers can keep it, and nobody can guess it.

use super::profiles::Profiles;
use crate::ChatError;
use crate::secrets::digest;
use crate::uploads::{names_file, show_picture};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use meeshy_domain::{ImageKind, Timestamp, UserId, WebAddress, limits};
use meeshy_store::avatars::{self, Avatar};
use meeshy_store::{Tx, attempts, profiles, users};

/// Where uploaded pictures are served.
pub const AVATAR_PATH: &str = "/api/v1/avatars/";

/// A new picture, checked.
enum Picture {
    None,
    Elsewhere(String),
    Uploaded(Box<Avatar>),
}

impl Profiles {
    /// Replaces the caller's picture by the one at an `http:` or `https:` URL, by an image that the caller has uploaded, or by
    /// that in a `data:` URL; an empty text or `None` removes it. Returns its URL.
    ///
    /// # Errors
    /// When it is neither, too large, or not a PNG, JPEG, GIF or WebP file.
    pub async fn set_avatar(&self, caller: UserId, typed: Option<&str>) -> Result<Option<String>, ChatError> {
        let now = self.context.now();
        let typed = typed.map(str::trim).unwrap_or_default();
        let own = typed.to_owned();
        let picture = if typed.starts_with(AVATAR_PATH) { None } else { Some(picture(caller, typed, now)?) };
        let write = move |tx: &mut Tx<'_>| {
            attempts::lock(tx, caller)?;
            let user = tx.fetch(users::find(caller))?.ok_or(ChatError::NotFound { what: "user" })?;
            let Some(picture) = &picture else {
                // Clients of the old system send the whole profile.
                return match user.avatar {
                    Some(current) if current == own => Ok(Some(current)),
                    _ => Err(not_a_picture()),
                };
            };
            let url = match picture {
                Picture::None => None,
                Picture::Elsewhere(url) => Some(url.clone()),
                Picture::Uploaded(avatar) => Some(format!("{AVATAR_PATH}{}", avatar.id)),
            };
            match picture {
                Picture::Uploaded(avatar) => avatars::replace(tx, avatar)?,
                Picture::None | Picture::Elsewhere(_) => avatars::remove(tx, caller)?,
            }
            show_picture(tx, caller, "avatar", url.as_deref(), user.avatar.as_deref())?;
            profiles::set_avatar(tx, caller, url.as_deref(), now)?;
            Ok(url)
        };
        self.context.store.write(write).await
    }

    /// The uploaded picture with this id.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when there is none.
    pub async fn avatar(&self, id: &str) -> Result<Avatar, ChatError> {
        let id = id.to_owned();
        let read = move |tx: &mut Tx<'_>| {
            let is_id = id.bytes().all(|byte| byte.is_ascii_hexdigit());
            let found = if is_id { avatars::find(tx, &id)? } else { None };
            found.ok_or(ChatError::NotFound { what: "picture" })
        };
        self.context.store.read(read).await
    }
}

fn not_a_picture() -> ChatError {
    ChatError::invalid("avatar", "give the URL of a picture, or upload a PNG, JPEG, GIF or WebP file")
}

fn picture(user: UserId, typed: &str, now: Timestamp) -> Result<Picture, ChatError> {
    if typed.is_empty() {
        return Ok(Picture::None);
    }
    let Some(data) = typed.strip_prefix("data:image/") else {
        let is_elsewhere = !typed.starts_with('/') || names_file(typed);
        let is_url = is_elsewhere && WebAddress::parse(typed).is_some();
        if is_url && typed.len() <= limits::AVATAR_URL_BYTES {
            return Ok(Picture::Elsewhere(typed.to_owned()));
        }
        return Err(not_a_picture());
    };
    let (_, encoded) = data.split_once(";base64,").ok_or_else(not_a_picture)?;
    let content = STANDARD.decode(encoded).map_err(|_| not_a_picture())?;
    if content.len() > limits::AVATAR_BYTES {
        let problem = format!("the picture is larger than {} KB", limits::AVATAR_BYTES / 1024);
        return Err(ChatError::invalid("avatar", problem));
    }
    // What the client calls it does not matter.
    let kind = ImageKind::of(&content).ok_or_else(not_a_picture)?;
    let id = digest(&format!("avatar {user} {encoded}"));
    let mime_type = kind.mime_type().to_owned();
    Ok(Picture::Uploaded(Box::new(Avatar { id, user_id: user, mime_type, content, created_at: now })))
}
