//! The metadata file of a collection.

use serde::Deserialize;
use std::io::{self, Read};

/// Real ones have a few hundred bytes per index.
const MAX_BYTES: u64 = 1024 * 1024;

/// The parts of the metadata that the reader needs. Indexes and options are for MongoDB only.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    /// The collection's full name, because a file name may be truncated. Missing in older dumps.
    pub(super) collection_name: Option<String>,
    /// `collection`, `view` or `timeseries`. Missing in older dumps.
    #[serde(rename = "type")]
    kind: Option<String>,
    options: Option<Options>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    view_on: Option<String>,
    timeseries: Option<serde::de::IgnoredAny>,
}

impl Metadata {
    /// Parses metadata; `None` if it is invalid.
    pub(super) fn read(stream: impl Read) -> io::Result<Option<Self>> {
        let mut text = Vec::new();
        stream.take(MAX_BYTES).read_to_end(&mut text)?;
        Ok(Self::parse(&text))
    }

    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// Views and time series have no documents under their own name.
    pub(super) fn has_no_documents(&self) -> bool {
        let options = self.options.as_ref();
        matches!(self.kind.as_deref(), Some("view" | "timeseries"))
            || options.is_some_and(|options| options.view_on.is_some() || options.timeseries.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_extended_json_are_parsed() {
        let canonical = br#"{"indexes":[{"v":{"$numberInt":"2"},"key":{"_id":{"$numberInt":"1"}},"name":"_id_"}],"collectionName":"User","type":"collection"}"#;
        let relaxed =
            br#"{"options":{},"indexes":[{"v":2,"key":{"_id":1},"name":"_id_","ns":"meeshy.User"}]}"#;
        let metadata = Metadata::parse(canonical).expect("a description");
        assert_eq!(metadata.collection_name.as_deref(), Some("User"));
        assert!(!metadata.has_no_documents());
        assert!(!Metadata::parse(relaxed).expect("a description").has_no_documents());
    }

    #[test]
    fn views_have_no_documents() {
        for view in [&br#"{"type":"view"}"#[..], br#"{"options":{"viewOn":"User","pipeline":[]}}"#] {
            assert!(Metadata::parse(view).expect("a description").has_no_documents());
        }
    }

    #[test]
    fn damaged_metadata_is_none() {
        assert_eq!(Metadata::parse(b""), None);
        assert_eq!(Metadata::parse(br#"{"indexes":["#), None);
        assert_eq!(Metadata::parse(&b"[".repeat(100_000)), None);
    }
}
