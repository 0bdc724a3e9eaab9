//! Archives: the metadata of all collections, then their documents in blocks.

use super::{Outgoing, WriteError, Written, description, drain};
use crate::dump::archive::{CRC, TERMINATOR};
use crate::dump::input::ARCHIVE;
use bson::{RawDocumentBuf, rawdoc};
use std::io::{self, Write};

/// The version of the format.
const FORMAT: &str = "0.1";
/// The MongoDB version of the old system.
const SERVER: &str = "8.0.0";
/// The tool that wrote it.
const TOOL: &str = concat!("meeshy ", env!("CARGO_PKG_VERSION"));

pub(super) fn write(
    out: &mut dyn Write,
    database: &str,
    collections: Vec<Outgoing<'_>>,
) -> Result<Vec<Written>, WriteError> {
    let unwritable = |cause: io::Error| WriteError::Unwritable { name: "the archive".to_owned(), cause };
    prelude(out, database, &collections).map_err(unwritable)?;
    let mut all = Vec::new();
    for collection in collections {
        let name = collection.name.clone();
        out.write_all(header(database, &name, None).as_bytes()).map_err(unwritable)?;
        let mut checksum = CRC.digest();
        all.push(drain(collection, |document| {
            checksum.update(document);
            out.write_all(document).map_err(unwritable)
        })?);
        out.write_all(&TERMINATOR).map_err(unwritable)?;
        let closing = header(database, &name, Some(checksum.finalize()));
        out.write_all(closing.as_bytes()).map_err(unwritable)?;
        out.write_all(&TERMINATOR).map_err(unwritable)?;
    }
    out.flush().map_err(unwritable)?;
    Ok(all)
}

fn prelude(out: &mut dyn Write, database: &str, collections: &[Outgoing<'_>]) -> io::Result<()> {
    out.write_all(&ARCHIVE)?;
    let header = rawdoc! {
        "concurrent_collections": 1,
        "version": FORMAT,
        "server_version": SERVER,
        "tool_version": TOOL,
    };
    out.write_all(header.as_bytes())?;
    for collection in collections {
        // The size is always 0, whatever the format says.
        let description = rawdoc! {
            "db": database,
            "collection": collection.name.as_str(),
            "metadata": description::of(&collection.name, &collection.indexes)?,
            "size": 0,
            "type": "collection",
        };
        out.write_all(description.as_bytes())?;
    }
    out.write_all(&TERMINATOR)
}

/// The header of a block, or the end marker with the checksum.
fn header(database: &str, collection: &str, checksum: Option<u64>) -> RawDocumentBuf {
    rawdoc! {
        "db": database,
        "collection": collection,
        "EOF": checksum.is_some(),
        "CRC": checksum.unwrap_or(0).cast_signed(),
    }
}
