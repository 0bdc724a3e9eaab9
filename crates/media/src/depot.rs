//! The folder of uploads.
//!
//! A file is received in `incoming/`, which nothing is served from, and moved to its place when it is complete. Both are on the
//! same file system, so it is there completely or not at all.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;

/// The folder of files that are being received.
const INCOMING: &str = "incoming";

/// The folder of uploads. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Depot {
    root: Arc<Path>,
}

impl Depot {
    /// The folder at `root`; it is created with the first file.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into().into() }
    }

    /// The file at `path`, which may not exist. `None` if the path leads out of the folder, or into what is incomplete.
    #[must_use]
    pub fn locate(&self, path: &str) -> Option<PathBuf> {
        let path = Path::new(path);
        let stays = path.components().all(|part| matches!(part, Component::Normal(_)));
        (stays && path.components().next().is_some() && !path.starts_with(INCOMING))
            .then(|| self.root.join(path))
    }

    /// Starts to receive a file. `id` names it among those that are being received.
    ///
    /// # Errors
    /// When it cannot be created.
    pub async fn receive(&self, id: &str) -> io::Result<Incoming> {
        let place = self.incoming(id)?;
        create_folder_of(&place).await?;
        let file = private().open(&place).await?;
        Ok(Incoming { file, length: 0, place, is_replaced: false, kept: None, is_resumable: false })
    }

    /// Begins a file that is [resumed](Self::resume) later.
    ///
    /// # Errors
    /// When it cannot be created.
    pub async fn begin(&self, id: &str) -> io::Result<()> {
        let place = self.incoming(id)?;
        create_folder_of(&place).await?;
        private().open(&place).await.map(drop)
    }

    /// Continues to receive a file at its end. It stays when it is dropped; until then, nobody else can continue it, also in
    /// another process.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] when nothing of it was received; [`io::ErrorKind::WouldBlock`] when somebody else
    /// receives it now; or when it cannot be opened.
    pub async fn resume(&self, id: &str) -> io::Result<Incoming> {
        resumed(self.incoming(id)?).await
    }

    /// Moves a file to `path` once all of it is on disk.
    ///
    /// # Errors
    /// When the path leads out of the folder, or the file system fails.
    pub async fn keep(&self, incoming: &mut Incoming, path: &str) -> io::Result<()> {
        let target = self.locate(path).ok_or(io::ErrorKind::InvalidInput)?;
        create_folder_of(&target).await?;
        incoming.flush().await?;
        let source = if incoming.is_replaced { incoming.better_place() } else { incoming.place.clone() };
        let kept = OpenOptions::new().append(true).open(&source).await?;
        kept.sync_all().await?;
        if incoming.is_replaced {
            // Nobody else opens it before the caller is done with it.
            let kept = kept.into_std().await;
            kept.try_lock()?;
            incoming.kept = Some(kept);
        }
        fs::rename(&source, &target).await?;
        sync_folder_of(&target).await?;
        if incoming.is_replaced && incoming.place != target {
            remove(&incoming.place).await?;
        }
        incoming.place.clear();
        Ok(())
    }

    /// Opens a file that was already moved to `path`, to [keep](Self::keep) it again, as [`resume`](Self::resume) does.
    ///
    /// # Errors
    /// As [`resume`](Self::resume).
    pub async fn reopen(&self, path: &str) -> io::Result<Incoming> {
        resumed(self.locate(path).ok_or(io::ErrorKind::NotFound)?).await
    }

    /// Writes a small file that is complete from the beginning.
    ///
    /// # Errors
    /// As [`keep`](Self::keep).
    pub async fn write(&self, id: &str, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut incoming = self.receive(id).await?;
        incoming.write(bytes).await?;
        self.keep(&mut incoming, path).await
    }

    /// Removes the file at `path`, and what was received of `id`. Missing ones are no error.
    ///
    /// # Errors
    /// When the file system fails.
    pub async fn remove(&self, path: &str) -> io::Result<()> {
        match self.locate(path) {
            Some(place) => remove(&place).await,
            None => Ok(()),
        }
    }

    /// Removes what was received of a file. A missing one is no error.
    ///
    /// # Errors
    /// When the file system fails.
    pub async fn discard(&self, id: &str) -> io::Result<()> {
        let place = self.incoming(id)?;
        remove(&better_place(&place)).await?;
        remove(&place).await
    }

    fn incoming(&self, id: &str) -> io::Result<PathBuf> {
        let is_plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_plain { Ok(self.root.join(INCOMING).join(id)) } else { Err(io::ErrorKind::InvalidInput.into()) }
    }
}

/// A file that is being received. It is removed when this is dropped before the file was [kept](Depot::keep), unless it was
/// [resumed](Depot::resume).
#[derive(Debug)]
pub struct Incoming {
    file: File,
    length: u64,
    /// Empty once it was moved.
    place: PathBuf,
    /// Whether the file at the better place is kept instead.
    is_replaced: bool,
    /// The better file once it was moved, locked.
    kept: Option<std::fs::File>,
    is_resumable: bool,
}

impl Incoming {
    /// Appends `bytes`.
    ///
    /// # Errors
    /// When they cannot be written.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// The number of bytes received.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Where the file can be read once [`flush`](Self::flush) has returned.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Hands everything to the operating system.
    ///
    /// # Errors
    /// When the last bytes cannot be written.
    pub async fn flush(&mut self) -> io::Result<()> {
        self.file.flush().await
    }

    /// Puts everything on disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn sync(&mut self) -> io::Result<()> {
        self.file.flush().await?;
        self.file.sync_data().await
    }

    /// Where a better file can be written: the same without metadata.
    #[must_use]
    pub fn better_place(&self) -> PathBuf {
        better_place(&self.place)
    }

    /// Keeps the file at the [better place](Self::better_place) instead of what was received.
    pub fn replace(&mut self) {
        self.is_replaced = true;
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // The job that discards abandoned uploads removes what stays here.
        if self.place.as_os_str().is_empty() {
            return;
        }
        let _ = std::fs::remove_file(self.better_place());
        if !self.is_resumable {
            let _ = std::fs::remove_file(&self.place);
        }
    }
}

async fn resumed(place: PathBuf) -> io::Result<Incoming> {
    let file = OpenOptions::new().append(true).open(&place).await?.into_std().await;
    file.try_lock()?;
    let length = file.metadata()?.len();
    Ok(Incoming {
        file: File::from_std(file),
        length,
        place,
        is_replaced: false,
        kept: None,
        is_resumable: true,
    })
}

fn better_place(place: &Path) -> PathBuf {
    place.with_extension("better")
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options
}

async fn create_folder_of(place: &Path) -> io::Result<()> {
    match place.parent() {
        Some(folder) => fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).await,
        None => Ok(()),
    }
}

/// Afterwards a new name is on disk.
async fn sync_folder_of(place: &Path) -> io::Result<()> {
    match place.parent() {
        Some(folder) => File::open(folder).await?.sync_all().await,
        None => Ok(()),
    }
}

async fn remove(place: &Path) -> io::Result<()> {
    match fs::remove_file(place).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "2026/12/65a0c0ffee0123456789abcd/a_1.png";

    fn depot() -> (tempfile::TempDir, Depot) {
        let folder = tempfile::tempdir().unwrap();
        let depot = Depot::new(folder.path().join("uploads"));
        (folder, depot)
    }

    fn incoming(folder: &tempfile::TempDir) -> usize {
        std::fs::read_dir(folder.path().join("uploads/incoming")).unwrap().count()
    }

    #[tokio::test]
    async fn a_file_appears_at_its_path_when_it_is_complete() {
        let (folder, depot) = depot();
        let mut file = depot.receive("one").await.unwrap();
        file.write(b"half ").await.unwrap();
        let place = depot.locate(PATH).unwrap();
        assert!(!place.exists());
        file.write(b"of it").await.unwrap();
        assert_eq!(file.length(), 10);
        depot.keep(&mut file, PATH).await.unwrap();
        assert_eq!(std::fs::read(&place).unwrap(), b"half of it");
        assert_eq!(incoming(&folder), 0);
        depot.remove(PATH).await.unwrap();
        depot.remove(PATH).await.unwrap();
        assert!(!place.exists());
    }

    #[tokio::test]
    async fn an_abandoned_file_is_removed() {
        let (folder, depot) = depot();
        let mut file = depot.receive("one").await.unwrap();
        file.write(b"half").await.unwrap();
        file.flush().await.unwrap();
        file.replace();
        assert_eq!(incoming(&folder), 1);
        drop(file);
        assert_eq!(incoming(&folder), 0);
        depot.discard("one").await.unwrap();
    }

    #[tokio::test]
    async fn a_file_is_continued_by_one_at_a_time() {
        let (_folder, depot) = depot();
        let nothing = depot.resume("one").await.unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::NotFound);
        depot.begin("one").await.unwrap();
        std::fs::write(depot.incoming("one").unwrap(), b"half ").unwrap();
        let mut file = depot.resume("one").await.unwrap();
        assert_eq!(file.length(), 5);
        let second = depot.resume("one").await.unwrap_err();
        assert_eq!(second.kind(), io::ErrorKind::WouldBlock);
        file.write(b"of").await.unwrap();
        file.sync().await.unwrap();
        drop(file);
        let mut file = depot.resume("one").await.unwrap();
        file.write(b" it").await.unwrap();
        depot.keep(&mut file, PATH).await.unwrap();
        assert_eq!(depot.resume("one").await.unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(
            depot.reopen(PATH).await.unwrap_err().kind(),
            io::ErrorKind::WouldBlock,
            "until it is dropped"
        );
        drop(file);
        let mut file = depot.reopen(PATH).await.unwrap();
        std::fs::write(file.better_place(), b"all").unwrap();
        file.replace();
        depot.keep(&mut file, PATH).await.unwrap();
        assert_eq!(std::fs::read(depot.locate(PATH).unwrap()).unwrap(), b"all");
        assert_eq!(depot.reopen(PATH).await.unwrap_err().kind(), io::ErrorKind::WouldBlock, "this one, too");
    }

    #[tokio::test]
    async fn a_better_file_is_kept_instead() {
        let (folder, depot) = depot();
        let mut file = depot.receive("one").await.unwrap();
        file.write(b"with metadata").await.unwrap();
        file.flush().await.unwrap();
        std::fs::write(file.better_place(), b"without").unwrap();
        file.replace();
        depot.keep(&mut file, PATH).await.unwrap();
        assert_eq!(std::fs::read(depot.locate(PATH).unwrap()).unwrap(), b"without");
        assert_eq!(incoming(&folder), 0);
    }

    #[tokio::test]
    async fn no_path_leads_out_of_the_folder_or_to_incomplete_files() {
        let (_folder, depot) = depot();
        for path in ["", "/etc/passwd", "../a", "a/../../b", "incoming/one", "./a"] {
            assert_eq!(depot.locate(path), None, "{path}");
        }
        for id in ["", "..", "a/b"] {
            assert!(depot.receive(id).await.is_err(), "{id}");
        }
    }
}
