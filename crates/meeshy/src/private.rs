//! Files that only the user who runs the process can read.

use rustix::fs::Mode;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The permissions of group and others.
const GROUP_AND_OTHERS: u32 = 0o077;

/// Makes every file and folder that this process and its children create private, whatever the umask.
pub fn by_default() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Removes the permissions of group and others from an existing folder and everything in it. A folder that is
/// already private is left alone, because nobody else can reach its contents. Symlinks are not followed.
pub fn narrow(folder: &Path) {
    let Ok(found) = fs::symlink_metadata(folder) else { return };
    if !found.is_dir() {
        return;
    }
    let is_private = found.mode() & GROUP_AND_OTHERS == 0;
    match narrow_one(folder, found.mode()) {
        Ok(()) if !is_private => {
            tracing::warn!(folder = %folder.display(), "The data folder was accessible to other users; restricted its permissions");
        }
        Ok(()) => {}
        Err(error) => {
            tracing::warn!(folder = %folder.display(), %error, "Failed to restrict the permissions of the data folder");
        }
    }
    // Even in a private folder, protect the most sensitive files: a backup may copy them with their
    // permissions.
    narrow_in(folder, !is_private);
}

fn narrow_in(folder: &Path, recursively: bool) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(found) = entry.metadata() else { continue };
        if found.is_symlink() {
            continue;
        }
        if let Err(error) = narrow_one(&entry.path(), found.mode()) {
            tracing::warn!(path = %entry.path().display(), %error, "Failed to restrict the permissions of a file");
        }
        if recursively && found.is_dir() {
            narrow_in(&entry.path(), true);
        }
    }
}

fn narrow_one(path: &Path, mode: u32) -> std::io::Result<()> {
    if mode & GROUP_AND_OTHERS == 0 {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(mode & 0o7777 & !GROUP_AND_OTHERS))
}

/// Writes a file that only its owner can read.
pub fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn an_open_folder_is_restricted_recursively() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir_all(data.join("uploads/2025")).unwrap();
        let outside = folder.path().join("outside");
        for file in [&outside, &data.join("meeshy.db"), &data.join("uploads/2025/a.png")] {
            fs::write(file, "x").unwrap();
            fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
        }
        fs::set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink(&outside, data.join("link")).unwrap();
        narrow(&data);
        assert_eq!(mode(&data), 0o700);
        assert_eq!(mode(&data.join("meeshy.db")), 0o600);
        assert_eq!(mode(&data.join("uploads")), 0o700);
        assert_eq!(mode(&data.join("uploads/2025/a.png")), 0o600);
        assert_eq!(mode(&outside), 0o644, "a symlink points out of the folder");
        narrow(&data.join("nowhere"));
    }

    #[test]
    fn a_file_in_a_private_folder_is_restricted_as_well() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
        let database = folder.path().join("meeshy.db");
        fs::write(&database, "x").unwrap();
        fs::set_permissions(&database, Permissions::from_mode(0o664)).unwrap();
        narrow(folder.path());
        assert_eq!(mode(&database), 0o600);
    }
}
