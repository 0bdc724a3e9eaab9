//! E-mails and text messages as files, when there is no server to send them.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The most files; beyond that, those with the first names are removed.
const MAX_FILES: usize = 1_000;

/// Writes `<id>.<extension>`, which only its owner can read. Ids are ordered by time.
pub(crate) fn write(folder: &Path, id: &str, extension: &str, content: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("{id}.{extension}"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    trim(folder, extension)
}

fn trim(folder: &Path, extension: &str) -> io::Result<()> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort_unstable();
    let surplus = files.len().saturating_sub(MAX_FILES);
    files.iter().take(surplus).try_for_each(fs::remove_file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        for id in 0..MAX_FILES + 2 {
            fs::write(folder.path().join(format!("{id:08}.eml")), "old").unwrap();
        }
        write(folder.path(), "99999999", "eml", b"new").unwrap();
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(names.len(), MAX_FILES + 1);
        let newest = folder.path().join("99999999.eml");
        assert_eq!(fs::read(&newest).unwrap(), b"new");
        assert_eq!(fs::metadata(newest).unwrap().permissions().mode() & 0o077, 0);
        assert!(!folder.path().join("00000002.eml").exists());
    }
}
