//! What can be wrong with a dump, in words for the person who has it in hand.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A dump could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// A file or folder cannot be opened or read.
    #[error("`{name}` cannot be read: {cause}")]
    Unreadable {
        /// Which one.
        name: String,
        /// Why not.
        cause: io::Error,
    },
    /// The input is none of the forms of a dump.
    #[error("`{name}` is not a dump: {reason}")]
    NotADump {
        /// What was given.
        name: String,
        /// Why not.
        reason: &'static str,
    },
    /// The dump is cut, changed or not what its names say.
    #[error("{place}, byte {position}: {flaw}")]
    Damaged {
        /// In which file, and in which collection as far as that is known.
        place: Place,
        /// Bytes before the flaw, in the uncompressed file or archive.
        position: u64,
        /// What is wrong there.
        flaw: Flaw,
    },
    /// There is a description of a collection, but no documents of it, not even none.
    #[error("{place}: the description of the collection is there, its documents are not")]
    NoDocuments {
        /// The description.
        place: Place,
    },
    /// Two files hold the same collection of the same database.
    #[error("{place}: the collection is there twice")]
    Twice {
        /// The second of them.
        place: Place,
    },
    /// Several databases are in the dump, and none was chosen.
    #[error("the dump holds several databases: choose one of {}", list(.found))]
    SeveralDatabases {
        /// Their names.
        found: Vec<String>,
    },
    /// The database is not in the dump.
    #[error("{}", no_database(.wanted.as_deref(), .found))]
    NoDatabase {
        /// The one that was asked for, if any was.
        wanted: Option<String>,
        /// The names of those that are there.
        found: Vec<String>,
    },
    /// The folder holds no collections, but a folder two levels down does.
    #[error("`{name}` is not a dump: the collections are in {}; give `{instead}`", list(.found))]
    TooDeep {
        /// What was given.
        name: String,
        /// The folders of the databases, seen from there.
        found: Vec<String>,
        /// What to give instead.
        instead: String,
    },
    /// Two folders of the dump are named after the same database.
    #[error("the database `{database}` is in two folders, `{one}` and `{other}`: give one of them alone")]
    TwoFolders {
        /// The name of both.
        database: String,
        /// The first.
        one: String,
        /// The second.
        other: String,
    },
    /// A single collection came without a name.
    #[error("this is one collection without its name: give it as a file, such as `User.bson`")]
    Nameless,
    /// The folder for temporary files does not take them.
    #[error("temporary files cannot be kept in `{}`: {cause}", .folder.display())]
    Spool {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// A file holds other documents than when the dump was opened.
    #[error("{place} was changed while it was being read")]
    Changed {
        /// Which file.
        place: Place,
    },
}

fn no_database(wanted: Option<&str>, found: &[String]) -> String {
    match (wanted, found) {
        (_, []) => "there is no dump in it: no file of a collection, such as `User.bson`".to_owned(),
        (None, found) => format!("the dump holds no database but MongoDB's own: it holds {}", list(found)),
        (Some(name), found) => format!("the dump holds no database `{name}`: it holds {}", list(found)),
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A file, and a collection in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as the person named it, or its path within the dump.
    pub file: String,
    /// The collection, where it is known.
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

/// What is wrong at a byte of a dump.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The data ends where more must follow.
    #[error("the data ends in the middle")]
    Cut,
    /// The compression is broken, or its checksum does not fit.
    #[error("the compressed data is damaged ({0})")]
    Compression(String),
    /// The name ends in `.gz`, the content is something else.
    #[error("the name says gzip, the content is not gzip")]
    NotGzip,
    /// The tar around the files is broken.
    #[error("the tar file is damaged ({0})")]
    Tar(String),
    /// The tar has no end mark.
    #[error("the tar file has no end")]
    NoTarEnd,
    /// A length outside of what a document can have.
    #[error("a document cannot be {0} bytes long: 5 to 16,777,216 are possible")]
    Length(i32),
    /// A document, nested or not, does not end with a zero byte where its length says.
    #[error("a document does not end where its length says")]
    Terminator,
    /// A value reaches over the end of its document.
    #[error("a value is longer than its document")]
    Overrun,
    /// A length of a value that it cannot have.
    #[error("a value has the impossible length {0}")]
    ValueLength(i32),
    /// A type that BSON does not have.
    #[error("there is no BSON type 0x{0:02X}")]
    Type(u8),
    /// A text does not end with a zero byte.
    #[error("a text does not end where its length says")]
    Text,
    /// A boolean other than 0 and 1.
    #[error("a boolean is 0x{0:02X}")]
    Boolean(u8),
    /// More levels of documents in documents than MongoDB allows.
    #[error("documents are nested more than {MAX_DEPTH} levels deep")]
    Depth,
    /// A document of the archive itself lacks a field.
    #[error("the archive's own record has no proper `{0}`")]
    Record(&'static str),
    /// A name that no collection can have.
    #[error("a name of a database or collection is empty or longer than 255 bytes")]
    Name,
    /// More collections than a database can reasonably have.
    #[error("the archive names more than {MAX_COLLECTIONS} collections")]
    TooManyCollections,
    /// A terminator where a block's header must be.
    #[error("a block of the archive has no header")]
    NoHeader,
    /// Something else than the end follows a closing record.
    #[error("documents follow the closing record of their collection")]
    AfterEnd,
    /// A block for a collection that was closed before.
    #[error("a block belongs to a collection that was closed before")]
    Closed,
    /// The collection's closing record is missing: the archive was cut between two blocks.
    #[error("the collection has no closing record: the archive is not complete")]
    NotClosed,
    /// The checksum of the collection is another one.
    #[error("the checksum of the collection is wrong: its documents are not those that were dumped")]
    Checksum,
}

/// Levels of documents in documents, the outermost included (MongoDB's limit).
pub const MAX_DEPTH: usize = 100;
/// Collections that an archive may name; the old system had 31.
pub const MAX_COLLECTIONS: usize = 10_000;
