//! A file of which only so much may be read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use symphonia::core::io::MediaSource;

/// How many bytes may still be read. Reading again what was read before counts too, so that this bounds both
/// the time and, because nobody reserves memory for more than they have read, the memory.
#[derive(Clone, Debug)]
pub(super) struct Allowance(Arc<AtomicU64>);

impl Allowance {
    pub fn new(bytes: u64) -> Self {
        Self(Arc::new(AtomicU64::new(bytes)))
    }

    pub fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// Whether more should have been read.
    pub fn is_used_up(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// Takes at most `bytes`. Only the reader takes any.
    fn take(&self, bytes: usize) -> usize {
        let left = usize::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        left.min(bytes)
    }

    fn used(&self, bytes: usize) {
        self.0.fetch_sub(bytes as u64, Ordering::Relaxed);
    }
}

pub(super) struct Source {
    pub file: File,
    pub length: u64,
    pub allowance: Allowance,
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.allowance.take(buffer.len());
        if most == 0 && !buffer.is_empty() {
            return Err(io::Error::other("too much of the file would have to be read"));
        }
        let read = self.file.read(&mut buffer[..most])?;
        self.allowance.used(read);
        Ok(read)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl MediaSource for Source {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}
