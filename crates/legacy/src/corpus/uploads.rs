//! The files of attachments, in the layout of the folder of uploads, and the pictures of users below `u`, as at the old front end.

use super::attachments::{Upload, thumbnail, upload};
use super::content::content;
use super::layout::{ATTACHMENTS, USERS};
use super::people::picture_path;
use super::world::World;
use std::io;
use std::path::Path;

/// Writes the files of a world below `folder`.
pub(super) fn write(world: &World<'_>, folder: &Path) -> io::Result<()> {
    for at in 0..ATTACHMENTS {
        let Upload { path, mime, bytes } = upload(world, at);
        let small = thumbnail(&path, mime);
        put(&folder.join(path), &bytes)?;
        if let Some(small) = small {
            put(&folder.join(small), &bytes)?;
        }
    }
    (0..USERS)
        .filter_map(|at| Some((picture_path(world, at)?, at)))
        .try_for_each(|(path, at)| put(&folder.join(path), &content("image/jpeg", at)))
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, bytes)
}
