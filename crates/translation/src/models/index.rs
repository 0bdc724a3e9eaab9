//! The model index that Mozilla publishes, and that a mirror can serve.
//!
//! `{"baseUrl": "https://…", "models": {"en-fr": [{"architecture", "releaseStatus", "files": {"model":
//! {"path", "uncompressedSize", "uncompressedHash"}, "vocab" | "srcVocab" + "trgVocab",
//! "lexicalShortlist"}}]}}`, with more fields that are ignored. Invalid entries are skipped, so that one of
//! them does not hide the others.

use super::available::{Available, Index, MAX_FILE_BYTES, RemoteFile, Source};
use super::http;
use super::manifest::{Role, firefox_licence, is_plain_name, is_sha256};
use crate::pair::Pair;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The order of preference: the best quality for its size first (Mozilla's table of COMET scores).
const ARCHITECTURES: [&str; 3] = ["base-memory", "base", "tiny"];
/// The status of models that Firefox itself uses; others are experiments.
const RELEASED: &str = "Release";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawIndex {
    #[serde(default)]
    base_url: Option<String>,
    models: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawModel {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    release_status: String,
    #[serde(default = "firefox_licence")]
    licence: String,
    files: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawFile {
    path: String,
    #[serde(default)]
    uncompressed_size: u64,
    uncompressed_hash: String,
}

impl Index {
    /// Parses an index downloaded from `url`; paths in it are relative to its `baseUrl`, or otherwise to
    /// `url`.
    ///
    /// # Errors
    /// If it is not valid, with the reason.
    pub fn parse(text: &[u8], url: &str) -> Result<Self, String> {
        let raw: RawIndex = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let base = raw.base_url.as_deref().unwrap_or(beside(url)).trim_end_matches('/').to_owned();
        if !http::may_lead_to(url, &base) {
            return Err(format!("it was fetched over HTTPS, but its files at {base:?} would not be"));
        }
        Ok(Self::read(&raw, &base, &Source::Index(url.to_owned())))
    }

    /// Parses the index of a mirror copied to this machine: paths are relative to its folder, whatever its
    /// `baseUrl`, and become local paths.
    pub(super) fn of_folder(text: &[u8], path: &str) -> Result<Self, String> {
        let raw: RawIndex = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        Ok(Self::read(&raw, beside(path), &Source::Folder(path.to_owned())))
    }

    fn read(raw: &RawIndex, base: &str, source: &Source) -> Self {
        let models = raw.models.iter().filter_map(|(name, entries)| {
            let pair = Pair::of_engine(name)?;
            let candidates = entries.as_array()?.iter().filter_map(|entry| RawModel::deserialize(entry).ok());
            candidates.filter_map(|model| available(pair, model, base, source)).min_by_key(rank)
        });
        let mut models: Vec<Available> = models.map(|(_, model)| model).collect();
        models.sort_by_key(|model| model.pair);
        // If a pair has two names (`nb-en`, `no-en`), the first one.
        models.dedup_by_key(|model| model.pair);
        Self { models }
    }
}

/// The folder of a URL or path.
fn beside(url: &str) -> &str {
    url.rsplit_once('/').map_or(url, |(folder, _)| folder)
}

/// Released models first, then by architecture.
fn rank((released, model): &(bool, Available)) -> (bool, usize) {
    let architecture = ARCHITECTURES.iter().position(|known| *known == model.architecture);
    (!released, architecture.unwrap_or(ARCHITECTURES.len()))
}

fn available(pair: Pair, model: RawModel, base: &str, source: &Source) -> Option<(bool, Available)> {
    let mut files = BTreeMap::new();
    for (role, file) in &model.files {
        let Ok(role) = Role::deserialize(serde_json::Value::String(role.clone())) else { continue };
        files.insert(role, remote_file(RawFile::deserialize(file).ok()?, base)?);
    }
    let both = files.contains_key(&Role::SrcVocab) && files.contains_key(&Role::TrgVocab);
    let whole = files.contains_key(&Role::Model) && (both || files.contains_key(&Role::Vocab));
    let released = model.release_status.starts_with(RELEASED);
    let (architecture, licence) = (model.architecture, model.licence);
    let model = Available { pair, architecture, source: source.clone(), licence, files };
    whole.then_some((released, model))
}

fn remote_file(file: RawFile, base: &str) -> Option<RemoteFile> {
    let packed = file.path.rsplit('/').next()?;
    let name = packed.strip_suffix(".gz").unwrap_or(packed);
    let (size, sha256) = (file.uncompressed_size, file.uncompressed_hash.to_ascii_lowercase());
    let usable = is_plain_name(name) && is_sha256(&sha256) && size <= MAX_FILE_BYTES;
    let location = format!("{base}/{}", file.path.trim_start_matches('/'));
    usable.then(|| RemoteFile { location, name: name.to_owned(), size, sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const URL: &str = "https://mirror.example/db/models.json";

    fn file(path: &str) -> serde_json::Value {
        json!({"path": path, "uncompressedSize": 10, "uncompressedHash": "AB".repeat(32), "extra": 1})
    }

    fn model(architecture: &str, status: &str) -> serde_json::Value {
        json!({
            "architecture": architecture, "releaseStatus": status, "modelStatistics": {},
            "files": {"model": file("models/m.bin.gz"), "vocab": file("models/v.spm.gz"), "unknownRole": {"a": 1}}
        })
    }

    fn parse(index: &serde_json::Value) -> Index {
        Index::parse(index.to_string().as_bytes(), URL).unwrap()
    }

    #[test]
    fn the_best_released_model_is_selected() {
        let index = parse(&json!({"generated": "x", "baseUrl": "https://base.example/", "models": {
            "en-fr": [model("base-memory", "Nightly"), model("tiny", "Release"), model("base", "Release Android")],
            "en-xx": [model("tiny", "Release")],
            "en-es": [{"architecture": "tiny"}, 7],
        }}));
        assert_eq!(index.models.len(), 1);
        assert_eq!(index.models[0].architecture, "base");
        let file = &index.models[0].files[&Role::Model];
        assert_eq!(
            (file.location.as_str(), file.name.as_str()),
            ("https://base.example/models/m.bin.gz", "m.bin")
        );
        assert_eq!(file.sha256, "ab".repeat(32));
    }

    #[test]
    fn a_pair_without_a_model_has_two_halves() {
        let models = json!({"fr-en": [model("tiny", "Release")], "en-es": [model("tiny", "Release")]});
        let index = parse(&json!({"models": models}));
        let pairs = |text: &str| -> Option<Vec<String>> {
            let models = index.over_english(text.parse().unwrap())?;
            Some(models.into_iter().map(|model| model.pair.to_string()).collect())
        };
        assert_eq!(pairs("fr-es"), Some(vec!["fr-en".to_owned(), "en-es".to_owned()]));
        assert_eq!(pairs("en-es"), Some(vec!["en-es".to_owned()]));
        assert_eq!(pairs("es-fr"), None);
    }

    #[test]
    fn a_mirror_needs_no_base_url() {
        let index = parse(&json!({"models": {"en-fr": [model("tiny", "Release")]}}));
        assert_eq!(index.models[0].files[&Role::Vocab].location, "https://mirror.example/db/models/v.spm.gz");
    }

    #[test]
    fn files_outside_their_folder_or_without_checksum_are_rejected() {
        for bad in [
            json!({"path": "a/.."}),
            json!({"path": "a/b"}),
            json!({"path": "a/m", "uncompressedHash": "12"}),
        ] {
            let mut odd = model("tiny", "Release");
            odd["files"]["model"] = bad;
            assert_eq!(parse(&json!({"models": {"en-fr": [odd]}})).models, []);
        }
    }

    #[test]
    fn invalid_indexes_are_rejected() {
        let without_tls = r#"{"baseUrl": "http://mirror.example", "models": {}}"#;
        for text in ["", "[]", "{}", "<html>", r#"{"models": 3}"#, without_tls] {
            assert!(Index::parse(text.as_bytes(), URL).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_input_panics(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Index::parse(&text, URL);
        }

        #[test]
        fn no_path_leaves_the_folder(path in "[a-z./\\\\%-]{0,30}") {
            let mut odd = model("tiny", "Release");
            odd["files"]["model"] = file(&path);
            for model in parse(&json!({"models": {"en-fr": [odd]}})).models {
                prop_assert!(is_plain_name(&model.files[&Role::Model].name));
            }
        }
    }
}
