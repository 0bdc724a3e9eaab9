//! A record of what an export wrote, moved to the ledger at the end, so that a later import recognises it.

use super::error::ExportError;
use crate::dump::Digest;
use crate::mapping::Draft;
use crate::mapping::digests::ColumnDigests;
use bson::RawDocument;
use meeshy_domain::Timestamp;
use meeshy_store::legacy::exported::{self, Exported};
use meeshy_store::{Tx, Value};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};

/// Documents added to the ledger at a time.
const BATCH: usize = 500;

/// A document that was not imported in this form.
#[derive(Serialize, Deserialize)]
struct Line {
    collection: String,
    id: String,
    digest: String,
    columns: String,
    key: String,
}

/// The record so far.
pub(super) struct Record(BufWriter<File>);

impl Record {
    pub(super) fn begin() -> Result<Self, ExportError> {
        Ok(Self(BufWriter::new(tempfile::tempfile().map_err(failed)?)))
    }

    /// Records the document of a row.
    pub(super) fn add(
        &mut self,
        collection: &str,
        row: &Draft<'_>,
        document: &RawDocument,
    ) -> Result<(), ExportError> {
        let key = row.mapper.mapping.key.iter().map(|column| match row.get(column) {
            Value::Text(text) => text.clone(),
            _ => String::new(),
        });
        let id = match document.get("_id") {
            Ok(Some(bson::RawBsonRef::ObjectId(id))) => id.to_hex(),
            Ok(Some(bson::RawBsonRef::String(text))) => text.to_owned(),
            _ => return Ok(()),
        };
        let line = Line {
            collection: collection.to_owned(),
            id,
            digest: hex::encode(&Digest::of(document.as_bytes()).as_bytes()[..16]),
            columns: hex::encode(ColumnDigests::of(row).to_bytes()),
            key: serde_json::to_string(&key.collect::<Vec<_>>()).unwrap_or_default(),
        };
        serde_json::to_writer(&mut self.0, &line)
            .map_err(io::Error::from)
            .and_then(|()| self.0.write_all(b"\n"))
            .map_err(failed)
    }

    /// Adds all of it to the ledger, if there is any.
    pub(super) fn keep(self, tx: &mut Tx<'_>, digest: &str, now: Timestamp) -> Result<(), ExportError> {
        let mut file = self.0.into_inner().map_err(|error| failed(error.into_error()))?;
        file.rewind().map_err(failed)?;
        let mut export = None;
        let (mut collection, mut batch) = (String::new(), Vec::with_capacity(BATCH));
        for line in BufReader::new(file).lines() {
            let line = line.map_err(failed)?;
            let line: Line = serde_json::from_str(&line).map_err(|error| failed(error.into()))?;
            if line.collection != collection || batch.len() == BATCH {
                exported::add(tx, &collection, std::mem::take(&mut batch))?;
                collection = line.collection;
            }
            let export = match export {
                Some(number) => number,
                None => *export.insert(exported::begin(tx, digest, now)?),
            };
            let bytes = |text: &str| hex::decode(text).map_err(|error| failed(io::Error::other(error)));
            batch.push(Exported {
                export,
                id: line.id,
                digest: bytes(&line.digest)?,
                column_digests: bytes(&line.columns)?,
                row_key: line.key,
            });
        }
        exported::add(tx, &collection, batch)?;
        Ok(())
    }
}

fn failed(cause: io::Error) -> ExportError {
    ExportError::Record(cause)
}
