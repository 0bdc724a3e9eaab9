//! The description of a CTranslate2 model: `meeshy.toml`, written by whoever installs it.

use crate::pair::Pair;
use meeshy_domain::Language;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

/// The file next to a model.
const MANIFEST: &str = "meeshy.toml";
/// The model file, as CTranslate2's converters name it.
const MODEL: &str = "model.bin";

/// How a family of models encodes languages and tokenizes words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Family {
    /// OPUS-MT: one pair per model, or several targets with a token such as `>>fra<<` before the source.
    Opus,
    /// MADLAD-400: the target such as `<2fr>` before the source.
    Madlad,
    /// M2M100: the source's token, such as `__en__`, before the source, the target's before the target.
    M2m100,
    /// NLLB-200: as M2M100, with tokens such as `eng_Latn`.
    Nllb,
}

impl Family {
    /// The SentencePiece models of source and target.
    pub(super) fn tokenizers(self) -> (&'static str, &'static str) {
        match self {
            Self::Opus => ("source.spm", "target.spm"),
            Self::Madlad => ("spiece.model", "spiece.model"),
            Self::M2m100 | Self::Nllb => ("sentencepiece.bpe.model", "sentencepiece.bpe.model"),
        }
    }

    /// The lost quality (chrF points) and cost (milliseconds per sentence on one core): priors until `make
    /// quality` has measured. The times are those of int8 models of the usual size; MADLAD's follows from its
    /// size.
    pub(super) fn figures(self) -> (f32, f32) {
        match self {
            Self::Opus => (1.5, 100.0),
            Self::Madlad => (1.0, 4000.0),
            Self::M2m100 => (4.0, 620.0),
            Self::Nllb => (2.0, 880.0),
        }
    }

    /// The model's code of a language, if the manifest does not specify it.
    fn token(self, language: Language) -> Option<String> {
        match self {
            Self::Opus => Some(String::new()),
            Self::Madlad => Some(format!("<2{}>", language.code())),
            Self::M2m100 => Some(format!("__{}__", language.code())),
            // Its codes include scripts, so they cannot be derived.
            Self::Nllb => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    family: Family,
    licence: String,
    #[serde(default)]
    pairs: Vec<String>,
    #[serde(default)]
    languages: BTreeMap<String, String>,
}

/// An installed model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    pub(super) family: Family,
    pub(super) licence: String,
    pub(super) pairs: HashSet<Pair>,
    /// The model's code of each language; empty if it needs no token.
    pub(super) tokens: HashMap<Language, String>,
    /// A digest of the manifest and of the size and time of the model file.
    pub(super) version: String,
}

impl Model {
    /// Whether its licence forbids commercial use.
    pub(super) fn is_non_commercial(&self) -> bool {
        self.family == Family::Nllb || self.licence.to_ascii_uppercase().contains("-NC")
    }
}

/// A folder without a usable model.
#[derive(Debug, Clone)]
pub(super) struct Damaged {
    pub(super) name: String,
    pub(super) problem: String,
}

/// Usable models and damaged ones.
pub(super) type Listed = Vec<Result<Model, Damaged>>;

/// All models of the folder `ct2` in `models_dir`.
///
/// # Errors
/// If the folder, or a manifest in it, exists but cannot be read.
pub(super) fn list(models_dir: &Path) -> io::Result<Listed> {
    let entries = match std::fs::read_dir(models_dir.join("ct2")) {
        Ok(entries) => entries.collect::<io::Result<Vec<_>>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut folders: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    let damaged = |folder: &Path, problem| Damaged { name: name_of(folder), problem };
    let listed = |folder: &PathBuf| match std::fs::read_to_string(folder.join(MANIFEST)) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {
            Err(error)
        }
        _ => Ok(read(folder).map_err(|problem| damaged(folder, problem))),
    };
    folders.iter().map(listed).collect()
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn read(folder: &Path) -> Result<Model, String> {
    let path = folder.join(MANIFEST);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{MANIFEST}: {error}"))?;
    let written: Written =
        toml::from_str(&text).map_err(|error| format!("{MANIFEST}: {}", error.message()))?;
    let (tokens, pairs) = written.offers()?;
    let (source, target) = written.family.tokenizers();
    for name in [MODEL, source, target] {
        if !folder.join(name).is_file() {
            return Err(format!("{name} is missing"));
        }
    }
    let metadata = std::fs::metadata(folder.join(MODEL)).map_err(|error| format!("{MODEL}: {error}"))?;
    let age = metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let mut digest = Sha256::new_with_prefix(text.as_bytes());
    digest.update(metadata.len().to_le_bytes());
    digest.update(age.unwrap_or_default().as_nanos().to_le_bytes());
    Ok(Model {
        name: name_of(folder),
        folder: folder.to_owned(),
        family: written.family,
        licence: written.licence,
        pairs,
        tokens,
        version: hex::encode(&digest.finalize()[..8]),
    })
}

impl Written {
    fn offers(&self) -> Result<(HashMap<Language, String>, HashSet<Pair>), String> {
        let mut tokens = HashMap::new();
        for (code, token) in &self.languages {
            let language = Language::parse(code).map_err(|error| error.to_string())?;
            tokens.insert(language, token.clone());
        }
        let mut pairs = HashSet::new();
        for pair in &self.pairs {
            let pair: Pair = pair.parse().map_err(|error: crate::UnknownPair| error.to_string())?;
            for language in [pair.from, pair.to] {
                if let Entry::Vacant(place) = tokens.entry(language) {
                    let token = self.family.token(language);
                    place.insert(
                        token.ok_or_else(|| format!("`languages` lacks the model's code of `{language}`"))?,
                    );
                }
            }
            pairs.insert(pair);
        }
        if self.pairs.is_empty() && self.family != Family::Opus {
            let languages: Vec<Language> = tokens.keys().copied().collect();
            let all = languages.iter().flat_map(|&from| languages.iter().map(move |&to| Pair { from, to }));
            pairs.extend(all.filter(|pair| pair.from != pair.to));
        }
        if pairs.is_empty() {
            return Err(format!(
                "{MANIFEST} has neither `pairs` nor two `languages` of a multilingual model"
            ));
        }
        Ok((tokens, pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn model(manifest: &str) -> Result<Model, String> {
        let folder = tempfile::tempdir().unwrap();
        for name in [MODEL, "source.spm", "target.spm", "spiece.model", "sentencepiece.bpe.model"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::write(folder.path().join(MANIFEST), manifest).unwrap();
        read(folder.path())
    }

    fn language(code: &str) -> Language {
        Language::parse(code).unwrap()
    }

    #[test]
    fn language_codes_follow_the_family() {
        let opus = model("family = 'opus'\nlicence = 'CC-BY-4.0'\npairs = ['en-fr']").unwrap();
        assert_eq!((opus.pairs.len(), opus.tokens[&language("fr")].as_str()), (1, ""));
        let m2m = model("family = 'm2m100'\nlicence = 'MIT'\npairs = ['en-fr', 'fr-en']").unwrap();
        assert_eq!(m2m.tokens[&language("en")], "__en__");
        let text = "family = 'nllb'\nlicence = 'CC-BY-NC-4.0'\nlanguages = {en = 'eng_Latn', wo = 'wol_Latn', ha = 'hau_Latn'}";
        let nllb = model(text).unwrap();
        assert_eq!((nllb.pairs.len(), nllb.tokens[&language("wo")].as_str()), (6, "wol_Latn"));
        assert!(nllb.is_non_commercial() && !opus.is_non_commercial());
    }

    #[rstest]
    #[case("family = 'opus'\nlicence = 'MIT'", "has neither `pairs`")]
    #[case("family = 'nllb'\nlicence = 'MIT'\npairs = ['en-fr']", "lacks the model's code of `en`")]
    #[case("family = 'bert'\nlicence = 'MIT'", "unknown variant `bert`")]
    #[case("family = 'opus'\npairs = ['en-fr']", "missing field `licence`")]
    #[case("family = 'opus'\nlicence = 'MIT'\npairs = ['en']", "not a language pair")]
    #[case("family = 'madlad'\nlicence = 'MIT'\nlanguages = {xx = '<2xx>'}", "`xx` is not a language")]
    fn errors_are_described(#[case] manifest: &str, #[case] expected: &str) {
        let problem = model(manifest).unwrap_err();
        assert!(problem.contains(expected), "{problem}");
    }

    #[test]
    fn missing_files_are_reported_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("ct2").join("one");
        std::fs::create_dir_all(&own).unwrap();
        std::fs::write(own.join(MANIFEST), "family = 'opus'\nlicence = 'MIT'\npairs = ['en-fr']").unwrap();
        let damaged = list(folder.path()).unwrap().remove(0).unwrap_err();
        assert_eq!((damaged.name.as_str(), damaged.problem.as_str()), ("one", "model.bin is missing"));
    }
}
