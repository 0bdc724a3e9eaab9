//! Uploaded files, copied along with the rows that name them.

use super::error::ImportError;
use super::options::Options;
use meeshy_store::Tx;
use serde::{Deserialize, Serialize};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

/// Rows that are read at a time.
const PAGE: i64 = 1_000;

/// The result of copying files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Uploads {
    /// The number of files that rows name.
    pub named: u64,
    /// The number copied now.
    pub copied: u64,
    /// The bytes copied.
    pub bytes: u64,
    /// Files that are missing.
    pub missing: Vec<String>,
    /// Files whose size differs from the row.
    pub of_another_size: Vec<String>,
}

/// The folder of the old system's files, and the folder to copy them to.
pub(super) struct Folders<'o> {
    from: PathBuf,
    to: &'o Path,
    dry_run: bool,
}

impl<'o> Folders<'o> {
    /// Opens the folders, if files are to be copied, so that an unreadable folder fails early.
    pub(super) fn open(options: &'o Options) -> Result<Option<Self>, ImportError> {
        let Some((from, to)) = &options.uploads else { return Ok(None) };
        let failed = |cause| ImportError::Uploads { path: from.clone(), cause };
        fs::read_dir(from).map_err(failed)?;
        let from = from.canonicalize().map_err(failed)?;
        Ok(Some(Self { from, to, dry_run: options.dry_run }))
    }

    /// Copies and checks each attachment and its thumbnail.
    pub(super) fn copy(&self, tx: &mut Tx<'_>) -> Result<Uploads, ImportError> {
        copy(tx, &self.from, self.to, self.dry_run)
    }
}

fn copy(tx: &mut Tx<'_>, from: &Path, to: &Path, dry_run: bool) -> Result<Uploads, ImportError> {
    let mut uploads = Uploads::default();
    let mut after = String::new();
    loop {
        let page: Vec<(String, String, i64, Option<String>)> = tx.fetch_all(
            &format!(
                "SELECT id, file_path, file_size, thumbnail_path FROM attachments WHERE id > $1 ORDER BY id LIMIT {PAGE}"
            ),
            &[(&after).into()])?;
        let Some((last, ..)) = page.last() else { return Ok(uploads) };
        after.clone_from(last);
        for (_, path, size, thumbnail) in page {
            one(&mut uploads, from, to, &path, u64::try_from(size).ok(), dry_run)?;
            if let Some(thumbnail) = thumbnail {
                one(&mut uploads, from, to, &thumbnail, None, dry_run)?;
            }
        }
    }
}

fn one(
    uploads: &mut Uploads,
    from: &Path,
    to: &Path,
    name: &str,
    size: Option<u64>,
    dry_run: bool,
) -> Result<(), ImportError> {
    uploads.named += 1;
    let source = source(from, name);
    let (Some(source), Some(target)) = (source, inside(to, name)) else {
        uploads.missing.push(name.to_owned());
        return Ok(());
    };
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause: io::Error| ImportError::File { path, cause }
    };
    let length = source.metadata().map_err(failed(&source))?.len();
    if size.is_some_and(|size| size != length) {
        uploads.of_another_size.push(name.to_owned());
    }
    let is_there = target.metadata().is_ok_and(|target| target.len() == length);
    if is_there || dry_run {
        return Ok(());
    }
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(failed(folder))?;
    }
    copy_private(&source, &target).map_err(failed(&source))?;
    uploads.copied += 1;
    uploads.bytes += length;
    Ok(())
}

/// Copies the content of a file but not its permissions.
fn copy_private(source: &Path, target: &Path) -> io::Result<()> {
    let mut source = fs::File::open(source)?;
    let mut target =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(target)?;
    io::copy(&mut source, &mut target).map(drop)
}

/// Opens a regular file; rejects a link that leads out of the folder.
fn source(from: &Path, name: &str) -> Option<PathBuf> {
    let path = inside(from, name)?.canonicalize().ok()?;
    (path.starts_with(from) && path.is_file()).then_some(path)
}

/// The path of a file in a folder, unless its name leads out of it.
fn inside(folder: &Path, name: &str) -> Option<PathBuf> {
    let name = Path::new(name.trim_start_matches('/'));
    let stays = name.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    (stays && name.components().next().is_some()).then(|| folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_does_not_lead_out_of_its_folder() {
        let folder = Path::new("/files");
        assert_eq!(inside(folder, "2025/10/a.png"), Some("/files/2025/10/a.png".into()));
        assert_eq!(inside(folder, "/2025/a.png"), Some("/files/2025/a.png".into()));
        assert_eq!(inside(folder, "../etc/passwd"), None);
        assert_eq!(inside(folder, ""), None);
    }
}
