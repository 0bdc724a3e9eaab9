//! Dumps for imports, and their contents.

use bson::{Bson, Document, RawDocumentBuf};
use meeshy_legacy::corpus::Corpus;
use meeshy_legacy::dump::{self, Dump, Form, Outgoing, Source};
use std::collections::BTreeMap;
use std::path::Path;

pub fn write_corpus(corpus: &Corpus, path: &Path, form: Form) -> Dump {
    dump::write(path, form, "meeshy", corpus.outgoing()).unwrap();
    dump::open(Source::path(path)).unwrap()
}

/// A dump of some collections in a temporary folder.
pub struct Small {
    _folder: tempfile::TempDir,
    pub dump: Dump,
}

impl Small {
    /// An export, in its own folder.
    pub fn of(exported: super::Exported) -> Self {
        let (folder, dump) = exported.into_parts();
        Self { _folder: folder, dump }
    }
}

/// A dump of possibly damaged documents.
pub fn small_raw(collections: Vec<(String, Vec<RawDocumentBuf>)>) -> Small {
    let folder = tempfile::tempdir().unwrap();
    let outgoing = collections.into_iter().map(|(name, documents)| Outgoing {
        name,
        indexes: Vec::new(),
        documents: Box::new(documents.into_iter().map(Ok)),
    });
    let path = folder.path().join("dump");
    dump::write(&path, Form::Folder, "meeshy", outgoing.collect()).unwrap();
    let dump = dump::open(Source::path(&path)).unwrap();
    Small { _folder: folder, dump }
}

/// A document with an invalid byte in place of the question mark of `what?`.
pub fn with_bad_text(document: &Document) -> RawDocumentBuf {
    let mut bytes = RawDocumentBuf::try_from(document).unwrap().into_bytes();
    let at = bytes.windows(5).position(|text| text == b"what?").unwrap();
    bytes[at + 4] = 0xFF;
    RawDocumentBuf::from_bytes(bytes).unwrap()
}

pub fn small(collections: &[(&str, Vec<Document>)]) -> Small {
    let raw = |it: &Document| RawDocumentBuf::try_from(it).unwrap();
    small_raw(
        collections.iter().map(|(name, all)| ((*name).to_owned(), all.iter().map(raw).collect())).collect(),
    )
}

/// The documents of a collection by id.
pub fn documents(dump: &Dump, collection: &str) -> BTreeMap<String, Document> {
    let Some(collection) = dump.collection(collection) else { return BTreeMap::new() };
    let read = collection.read().unwrap();
    read.map(|it| {
        let document: Document = it.unwrap().raw.try_into().unwrap();
        let id = match document.get("_id").unwrap() {
            Bson::ObjectId(id) => id.to_hex(),
            other => other.to_string(),
        };
        (id, document)
    })
    .collect()
}

/// Collections that differ between two dumps, with the first few documents.
pub fn differences(one: &Dump, other: &Dump) -> Vec<String> {
    let names = |dump: &Dump| {
        dump.collections().iter().map(|it| (it.name().to_owned(), it.documents())).collect::<Vec<_>>()
    };
    let mut differences = Vec::new();
    if names(one) != names(other) {
        differences.push(format!("{:?}\n{:?}", names(one), names(other)));
    }
    for collection in one.collections() {
        let name = collection.name();
        if other.collection(name).is_some_and(|other| other.digest() == collection.digest()) {
            continue;
        }
        let (before, after) = (documents(one, name), documents(other, name));
        let differ = before.iter().filter(|(id, document)| after.get(*id) != Some(*document));
        for (id, document) in differ.take(3) {
            differences.push(format!("{name} {id}\n{document:?}\n{:?}", after.get(id)));
        }
        for (id, document) in after.iter().filter(|(id, _)| !before.contains_key(*id)).take(3) {
            differences.push(format!("{name} {id}: only afterwards\n{document:?}"));
        }
    }
    differences
}
