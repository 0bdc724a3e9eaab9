//! Folders: two files for each collection.

use super::{Out, Outgoing, WriteError, Written, description, drain, unwritable};
use crate::dump::name;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

pub(super) fn write(
    root: &Path,
    gzip: bool,
    database: &str,
    collections: Vec<Outgoing<'_>>,
) -> Result<Vec<Written>, WriteError> {
    let folder = root.join(database);
    fs::create_dir_all(&folder).map_err(|cause| unwritable(&folder, cause))?;
    let ending = if gzip { ".gz" } else { "" };
    let mut all = Vec::new();
    for collection in collections {
        let base = name::escape(&collection.name);
        let path = folder.join(format!("{base}.bson{ending}"));
        if path.exists() {
            return Err(WriteError::Twice(collection.name));
        }
        let beside = folder.join(format!("{base}.metadata.json{ending}"));
        let mut out = Out::create(&beside, gzip)?;
        description::of(&collection.name, &collection.indexes)
            .map_err(io::Error::from)
            .and_then(|text| out.write_all(text.as_bytes()))
            .map_err(|cause| unwritable(&beside, cause))?;
        out.finish()?;

        let mut out = Out::create(&path, gzip)?;
        all.push(drain(collection, |document| {
            out.write_all(document).map_err(|cause| unwritable(&path, cause))
        })?);
        out.finish()?;
    }
    Ok(all)
}
