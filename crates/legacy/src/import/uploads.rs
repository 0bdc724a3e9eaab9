//! Uploaded files, copied along with the rows that name them: those of attachments, and pictures of people, conversations and
//! communities, which the old system kept in several folders.

use super::error::ImportError;
use super::options::Options;
use super::public_files::{PUBLIC, Place};
use meeshy_store::Tx;
use serde::{Deserialize, Serialize};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

/// How many of the first parts of a public path may be the folder that is given: `/u/i/2025/a.jpg` is `i/2025/a.jpg` in the
/// folder `u`, and `2025/a.jpg` in the older folder `i`.
const PUBLIC_ROOTS: usize = 2;

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
    /// Files that are missing: the paths of attachments, the URLs of pictures.
    pub missing: Vec<String>,
    /// Files whose size differs from the row.
    pub of_another_size: Vec<String>,
}

/// The folders of the old system's files, and the folder to copy them to.
pub(super) struct Folders<'o> {
    from: Vec<PathBuf>,
    to: &'o Path,
    dry_run: bool,
}

impl<'o> Folders<'o> {
    /// Opens the folders, if files are to be copied, so that an unreadable folder fails early.
    pub(super) fn open(options: &'o Options) -> Result<Option<Self>, ImportError> {
        let Some((from, to)) = &options.uploads else { return Ok(None) };
        let open = |folder: &PathBuf| {
            let opened = fs::read_dir(folder).and_then(|_| folder.canonicalize());
            opened.map_err(|cause| ImportError::Uploads { path: folder.clone(), cause })
        };
        let from = from.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Some(Self { from, to, dry_run: options.dry_run }))
    }

    /// Copies and checks every file that rows name.
    pub(super) fn copy(&self, tx: &mut Tx<'_>) -> Result<Uploads, ImportError> {
        let mut uploads = Uploads::default();
        self.copy_attachments(tx, &mut uploads)?;
        for table in ["users", "conversations", "communities"] {
            self.copy_pictures(tx, table, &mut uploads)?;
        }
        Ok(uploads)
    }

    /// Each attachment and its thumbnail.
    fn copy_attachments(&self, tx: &mut Tx<'_>, uploads: &mut Uploads) -> Result<(), ImportError> {
        let mut after = String::new();
        loop {
            let page: Vec<(String, String, i64, Option<String>)> = tx.fetch_all(
                &format!(
                    "SELECT id, file_path, file_size, thumbnail_path FROM attachments WHERE id > $1 ORDER BY id LIMIT {PAGE}"
                ),
                &[(&after).into()],
            )?;
            let Some((last, ..)) = page.last() else { return Ok(()) };
            after.clone_from(last);
            for (_, path, size, thumbnail) in page {
                for (path, size) in [(Some(path), u64::try_from(size).ok()), (thumbnail, None)] {
                    let Some(path) = path else { continue };
                    let source = self.find(path.trim_start_matches('/'));
                    self.take(uploads, &path, source, Path::new(path.trim_start_matches('/')), size)?;
                }
            }
        }
    }

    /// The pictures and banners of a table.
    fn copy_pictures(&self, tx: &mut Tx<'_>, table: &str, uploads: &mut Uploads) -> Result<(), ImportError> {
        let mut after = String::new();
        loop {
            let page: Vec<(String, Option<String>, Option<String>)> = tx.fetch_all(
                &format!(
                    "SELECT id, avatar, banner FROM {table} WHERE id > $1 AND (avatar IS NOT NULL OR banner IS NOT NULL) \
                     ORDER BY id LIMIT {PAGE}"
                ),
                &[(&after).into()],
            )?;
            let Some((last, ..)) = page.last() else { return Ok(()) };
            after.clone_from(last);
            for url in page.into_iter().flat_map(|(_, avatar, banner)| [avatar, banner]).flatten() {
                match Place::of(&url) {
                    Some(Place::Upload(path)) => {
                        let source = self.find(&path);
                        self.take(uploads, &url, source, Path::new(&path), None)?;
                    }
                    Some(Place::Public(path)) => {
                        let source = self.find_public(tx, &path)?;
                        self.take(uploads, &url, source, &Path::new(PUBLIC).join(&path), None)?;
                    }
                    // It is on another server.
                    None => {}
                }
            }
        }
    }

    /// The file at a public path in one of the folders, which may be the folder of one of the first parts of the path. Files of
    /// attachments are not public.
    fn find_public(&self, tx: &mut Tx<'_>, path: &str) -> Result<Option<PathBuf>, ImportError> {
        let mut rest = path;
        for _ in 0..=PUBLIC_ROOTS {
            let attached: Option<i64> = tx.fetch_optional(
                "SELECT 1 AS found FROM attachments WHERE file_path = $1 OR thumbnail_path = $1 LIMIT 1",
                &[rest.into()],
            )?;
            let found = self.find(rest).filter(|_| attached.is_none());
            if found.is_some() {
                return Ok(found);
            }
            let Some((_, shorter)) = rest.split_once('/') else { break };
            rest = shorter;
        }
        Ok(None)
    }

    /// The file in the first folder that has it.
    fn find(&self, path: &str) -> Option<PathBuf> {
        self.from.iter().find_map(|folder| source(folder, path))
    }

    /// Copies a file that is named `name` in the report.
    fn take(
        &self,
        uploads: &mut Uploads,
        name: &str,
        source: Option<PathBuf>,
        target: &Path,
        size: Option<u64>,
    ) -> Result<(), ImportError> {
        uploads.named += 1;
        let (Some(source), Some(target)) = (source, inside(self.to, target)) else {
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
        if is_there || self.dry_run {
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
    let path = inside(from, Path::new(name))?.canonicalize().ok()?;
    (path.starts_with(from) && path.is_file()).then_some(path)
}

/// The path of a file in a folder, unless its name leads out of it.
fn inside(folder: &Path, name: &Path) -> Option<PathBuf> {
    let stays = name.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    (stays && name.components().next().is_some()).then(|| folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_does_not_lead_out_of_its_folder() {
        let inside = |name: &str| inside(Path::new("/files"), Path::new(name));
        assert_eq!(inside("2025/10/a.png"), Some("/files/2025/10/a.png".into()));
        for outside in ["../etc/passwd", "/etc/passwd", ""] {
            assert_eq!(inside(outside), None, "{outside}");
        }
    }
}
