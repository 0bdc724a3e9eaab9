//! Reads the bytes of a dump sequentially, and keeps track of the position.

use super::check;
use super::error::{DumpError, Flaw, Place};
use flate2::read::MultiGzDecoder;
use std::io::{self, BufReader, Read};

/// Large enough to limit system calls, small enough for one per collection.
const BUFFER: usize = 64 * 1024;
/// The end of the magic number of a tar.
const HEAD: u64 = 512;
/// The first bytes of gzip, with its only compression method.
const GZIP: [u8; 3] = [0x1F, 0x8B, 0x08];
/// The first bytes of an archive, 0x8199E26D.
pub(super) const ARCHIVE: [u8; 4] = [0x6D, 0xE2, 0x99, 0x81];
/// The magic number of a tar and its position.
const TAR: (usize, &[u8]) = (257, b"ustar");

/// The type of a stream, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Archive,
    Tar,
    /// Concatenated documents.
    Documents,
    Empty,
    Unknown,
}

/// An uncompressed stream.
pub(super) struct Opened<'a> {
    pub(super) kind: Kind,
    /// Whether it was compressed.
    pub(super) gzip: bool,
    pub(super) stream: Box<dyn Read + 'a>,
}

/// Detects the type of a stream, decompressing it if necessary.
pub(super) fn open<'a>(stream: impl Read + 'a) -> io::Result<Opened<'a>> {
    let (head, stream) = peek(stream)?;
    if !head.starts_with(&GZIP) {
        return Ok(Opened { kind: kind(&head), gzip: false, stream: Box::new(stream) });
    }
    let (head, stream) = peek(MultiGzDecoder::new(stream))?;
    Ok(Opened { kind: kind(&head), gzip: true, stream: Box::new(stream) })
}

fn peek<R: Read>(mut stream: R) -> io::Result<(Vec<u8>, impl Read)> {
    let mut head = Vec::new();
    stream.by_ref().take(HEAD).read_to_end(&mut head)?;
    Ok((head.clone(), io::Cursor::new(head).chain(stream)))
}

fn kind(head: &[u8]) -> Kind {
    let (at, mark) = TAR;
    if head.is_empty() {
        Kind::Empty
    } else if head.starts_with(&ARCHIVE) {
        Kind::Archive
    } else if head.get(at..at + mark.len()) == Some(mark) {
        Kind::Tar
    } else if head.first_chunk().is_some_and(|length| check::length(i32::from_le_bytes(*length)).is_ok()) {
        Kind::Documents
    } else {
        Kind::Unknown
    }
}

/// Why reading stopped, without the file yet.
#[derive(Debug)]
pub(super) enum Trouble {
    Io(io::Error),
    Flaw { position: u64, flaw: Flaw },
}

impl Trouble {
    /// A system error, or a flaw reported by a decompressor.
    pub(super) fn reading(position: u64, cause: io::Error) -> Self {
        let flaw = match cause.kind() {
            io::ErrorKind::UnexpectedEof => Flaw::Cut,
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Flaw::Compression(cause.to_string()),
            _ => return Self::Io(cause),
        };
        Self::Flaw { position, flaw }
    }

    pub(super) fn at(self, place: &Place) -> DumpError {
        match self {
            Self::Io(cause) => DumpError::Unreadable { name: place.file.clone(), cause },
            Self::Flaw { position, flaw } => DumpError::Damaged { place: place.clone(), position, flaw },
        }
    }
}

/// A stream with its position.
pub(super) struct Input<R> {
    stream: BufReader<R>,
    position: u64,
}

impl<R: Read> Input<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { stream: BufReader::with_capacity(BUFFER, stream), position: 0 }
    }

    /// The number of bytes read so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// A flaw in what was just read, `back` bytes ago.
    pub(super) fn flaw(&self, back: u64, flaw: Flaw) -> Trouble {
        Trouble::Flaw { position: self.position - back, flaw }
    }

    /// The next bytes; `None` at the end of the stream.
    pub(super) fn take<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Trouble> {
        let mut bytes = [0; N];
        let mut filled = 0;
        while filled < N {
            match self.stream.read(&mut bytes[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(self.flaw(0, Flaw::Cut)),
                Ok(read) => {
                    filled += read;
                    self.position += read as u64;
                }
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(Trouble::reading(self.position, cause)),
            }
        }
        Ok(Some(bytes))
    }

    /// Reads the rest of a document whose length was just read, including the length. Memory grows with the
    /// actual data, not with the claimed length.
    pub(super) fn document(&mut self, length: [u8; 4], document: &mut Vec<u8>) -> Result<(), Trouble> {
        let whole = check::length(i32::from_le_bytes(length)).map_err(|flaw| self.flaw(4, flaw))? as u64;
        document.clear();
        document.extend(length);
        let result = self.stream.by_ref().take(whole - 4).read_to_end(document);
        let read = document.len() as u64;
        self.position += read - 4;
        match result {
            Ok(_) if read == whole => Ok(()),
            Ok(_) => Err(self.flaw(0, Flaw::Cut)),
            Err(cause) => Err(Trouble::reading(self.position, cause)),
        }
    }

    /// The same, and validates the document. Returns the position of a string that is not UTF-8.
    pub(super) fn checked(
        &mut self,
        length: [u8; 4],
        document: &mut Vec<u8>,
    ) -> Result<Option<usize>, Trouble> {
        self.document(length, document)?;
        check::document(document).map_err(|(at, flaw)| self.flaw((document.len() - at) as u64, flaw))
    }
}
