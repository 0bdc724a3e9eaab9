//! Errors in dumps, described for the user.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A dump could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// A file or folder cannot be opened or read.
    #[error("failed to read `{name}`: {cause}")]
    Unreadable {
        /// The file or folder.
        name: String,
        /// The cause.
        cause: io::Error,
    },
    /// The input is not a dump in any supported format.
    #[error("`{name}` is not a dump: {reason}")]
    NotADump {
        /// The input.
        name: String,
        /// The reason.
        reason: &'static str,
    },
    /// The dump is truncated, modified or not what its names say.
    #[error("{place}, byte {position}: {flaw}")]
    Damaged {
        /// The file, and the collection if known.
        place: Place,
        /// The position in the uncompressed file or archive, in bytes.
        position: u64,
        /// The flaw.
        flaw: Flaw,
    },
    /// A collection has metadata but no file of documents, not even an empty one.
    #[error("{place}: the collection has metadata but no documents")]
    NoDocuments {
        /// The metadata.
        place: Place,
    },
    /// Two files contain the same collection of the same database.
    #[error("{place}: the collection appears twice")]
    Twice {
        /// The second of them.
        place: Place,
    },
    /// The dump contains several databases, and none was selected.
    #[error("the dump contains several databases; select one with `--database`: {}", list(.found))]
    SeveralDatabases {
        /// Their names.
        found: Vec<String>,
    },
    /// The database is not in the dump.
    #[error("{}", no_database(.wanted.as_deref(), .found))]
    NoDatabase {
        /// The requested database, if any.
        wanted: Option<String>,
        /// The names of the existing ones.
        found: Vec<String>,
    },
    /// The folder contains no collections, but a folder two levels down does.
    #[error("`{name}` is not a dump: the collections are in {}; try `{instead}`", list(.found))]
    TooDeep {
        /// The input.
        name: String,
        /// The folders of the databases, relative to it.
        found: Vec<String>,
        /// What to pass instead.
        instead: String,
    },
    /// Two folders of the dump are named after the same database.
    #[error("the database `{database}` is in two folders, `{one}` and `{other}`; pass one of them")]
    TwoFolders {
        /// The name of both.
        database: String,
        /// The first.
        one: String,
        /// The second.
        other: String,
    },
    /// A single collection without a name.
    #[error("this is a single collection without a name; pass it as a file, such as `User.bson`")]
    Nameless,
    /// Temporary files cannot be written.
    #[error("failed to write temporary files to `{}`: {cause}", .folder.display())]
    Spool {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        cause: io::Error,
    },
    /// A file has changed since the dump was opened.
    #[error("{place} changed while it was being read")]
    Changed {
        /// The file.
        place: Place,
    },
}

fn no_database(wanted: Option<&str>, found: &[String]) -> String {
    match (wanted, found) {
        (_, []) => "it contains no dump: no file of a collection, such as `User.bson`".to_owned(),
        (None, found) => format!("the dump contains no databases except MongoDB's own: {}", list(found)),
        (Some(name), found) => {
            format!("the dump does not contain the database `{name}`, only {}", list(found))
        }
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A file, and a collection in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as given by the user, or its path within the dump.
    pub file: String,
    /// The collection, if known.
    pub collection: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.file)?;
        match &self.collection {
            Some(collection) => write!(f, " (collection `{collection}`)"),
            None => Ok(()),
        }
    }
}

/// A flaw at a position of a dump.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Unexpected end of data.
    #[error("unexpected end of data")]
    Cut,
    /// The compressed data is corrupt, or its checksum does not match.
    #[error("corrupt compressed data ({0})")]
    Compression(String),
    /// The name ends in `.gz`, but the content is not gzip.
    #[error("the file name ends in .gz, but the content is not gzip")]
    NotGzip,
    /// The tar is corrupt.
    #[error("corrupt tar file ({0})")]
    Tar(String),
    /// The tar has no end marker.
    #[error("the tar file has no end marker")]
    NoTarEnd,
    /// A length that a document cannot have.
    #[error("invalid document length {0}: expected 5 to 16,777,216 bytes")]
    Length(i32),
    /// A document, nested or not, does not end with a zero byte where its length says.
    #[error("a document does not end where its length says")]
    Terminator,
    /// A value extends beyond the end of its document.
    #[error("a value is longer than its document")]
    Overrun,
    /// A length that a value cannot have.
    #[error("a value has the invalid length {0}")]
    ValueLength(i32),
    /// A type that BSON does not define.
    #[error("unknown BSON type 0x{0:02X}")]
    Type(u8),
    /// A string does not end with a zero byte.
    #[error("a string does not end where its length says")]
    Text,
    /// A boolean other than 0 and 1.
    #[error("invalid boolean 0x{0:02X}")]
    Boolean(u8),
    /// More nesting levels than MongoDB allows.
    #[error("documents are nested more than {MAX_DEPTH} levels deep")]
    Depth,
    /// A document of the archive format lacks a field.
    #[error("the archive header has no valid `{0}`")]
    Record(&'static str),
    /// A name that no collection can have.
    #[error("a database or collection name is empty or longer than 255 bytes")]
    Name,
    /// More collections than a database can reasonably have.
    #[error("the archive contains more than {MAX_COLLECTIONS} collections")]
    TooManyCollections,
    /// A terminator instead of a block header.
    #[error("a block of the archive has no header")]
    NoHeader,
    /// Documents after an end marker.
    #[error("documents follow the end-of-collection marker")]
    AfterEnd,
    /// A block of a collection that has already ended.
    #[error("a block belongs to a collection that has already ended")]
    Closed,
    /// The end marker of a collection is missing: the archive was truncated between two blocks.
    #[error("the collection has no end marker; the archive is incomplete")]
    NotClosed,
    /// The checksum of the collection does not match.
    #[error("checksum mismatch: the documents of the collection were changed after the dump")]
    Checksum,
}

/// Nesting levels of documents, including the outermost (MongoDB's limit).
pub const MAX_DEPTH: usize = 100;
/// Maximum number of collections in an archive; the old system had 31.
pub const MAX_COLLECTIONS: usize = 10_000;
