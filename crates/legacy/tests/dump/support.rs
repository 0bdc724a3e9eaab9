//! Small databases and their dumps in every format.

use bson::{RawDocumentBuf, oid::ObjectId, rawdoc};
use flate2::Compression;
use flate2::write::GzEncoder;
use meeshy_legacy::dump::{self, Digest, DumpError, Form, Index, Outgoing, Source, Written};
use std::fs::File;
use std::path::Path;

pub const FORMS: [Form; 4] = [Form::Folder, Form::FolderGz, Form::Archive, Form::ArchiveGz];

/// Collections and their documents.
pub type Database = Vec<(String, Vec<RawDocumentBuf>)>;

/// Everything read from a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub digest: Digest,
    pub collections: Vec<ReadCollection>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadCollection {
    pub name: String,
    pub count: u64,
    pub digest: Digest,
    pub documents: Vec<Vec<u8>>,
}

/// Two collections with documents, one without, and names that must be escaped or truncated.
pub fn database() -> Database {
    let user = |at: u8, name: &str| {
        rawdoc! { "_id": ObjectId::from_bytes([at; 12]), "username": name, "isActive": true, "seen": 7_i64 }
    };
    vec![
        ("Message".to_owned(), vec![rawdoc! { "_id": 1, "content": "Bonjour à tous", "tags": ["a", "b"] }]),
        ("TypingIndicator".to_owned(), Vec::new()),
        ("User".to_owned(), vec![user(1, "alice"), user(2, "bob"), user(3, "carol")]),
        ("a b/é".to_owned(), vec![rawdoc! { "nested": { "deeper": [1.5, { "x": bson::RawBson::Null }] } }]),
        ("é".repeat(100), vec![rawdoc! {}]),
    ]
}

pub fn write(path: &Path, form: Form, database: &Database) -> Vec<Written> {
    dump::write(path, form, "meeshy", outgoing(database)).expect("a dump")
}

pub fn outgoing(database: &Database) -> Vec<Outgoing<'_>> {
    let index = Index { name: "by_name".to_owned(), fields: vec![("name".to_owned(), -1)], unique: true };
    database
        .iter()
        .map(|(name, documents)| Outgoing {
            name: name.clone(),
            indexes: vec![index.clone()],
            documents: Box::new(documents.iter().cloned().map(Ok)),
        })
        .collect()
}

pub fn tar_of(folder: &Path, tar: &Path, gzip: bool) {
    let file = File::create(tar).expect("a file");
    if gzip {
        let mut tar = tar::Builder::new(GzEncoder::new(file, Compression::default()));
        tar.append_dir_all("dump", folder).expect("files");
        tar.into_inner().and_then(GzEncoder::finish).expect("a tar");
    } else {
        let mut tar = tar::Builder::new(file);
        tar.append_dir_all("dump", folder).expect("files");
        tar.finish().expect("a tar");
    }
}

pub fn read(source: Source) -> Read {
    try_read(source).expect("a sound dump")
}

pub fn try_read(source: Source) -> Result<Read, DumpError> {
    let dump = dump::open(source)?;
    let mut collections = Vec::new();
    for collection in dump.collections() {
        let mut documents = Vec::new();
        for document in collection.read()? {
            documents.push(document?.raw.into_bytes());
        }
        collections.push(ReadCollection {
            name: collection.name().to_owned(),
            count: collection.documents(),
            digest: collection.digest(),
            documents,
        });
    }
    Ok(Read { digest: dump.digest(), collections })
}
