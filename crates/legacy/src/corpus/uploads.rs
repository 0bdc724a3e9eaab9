//! The files of attachments, in the layout of the folder of uploads.

use super::attachments::{Upload, thumbnail, upload};
use super::layout::ATTACHMENTS;
use super::world::World;
use std::io;
use std::path::Path;

/// Writes the files of all attachments of a world below `folder`.
pub(super) fn write(world: &World<'_>, folder: &Path) -> io::Result<()> {
    for at in 0..ATTACHMENTS {
        let Upload { path, mime, bytes } = upload(world, at);
        let small = thumbnail(&path, mime);
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &bytes)?;
        if let Some(small) = small {
            std::fs::write(folder.join(small), &bytes)?;
        }
    }
    Ok(())
}
