//! The languages that Meeshy supports.
//!
//! Codes are BCP 47 primary subtags; nothing else is stored or sent. There are three ways to parse one:
//! [`Language::parse`] for what clients send, [`Language::resolve`] for what people and other systems write,
//! and [`Language::of_engine`] for the names that engines use.

mod names;
mod table;

use names::{Standing, look_up};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use table::{Entry, TABLE};

/// The direction of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From left to right.
    Ltr,
    /// From right to left.
    Rtl,
}

/// The code is not in the table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a language that Meeshy knows; use a code such as `en`, `fr` or `zh`")]
pub struct UnknownLanguage(String);

/// A language of the table: small, `Copy`, and always valid.
#[derive(Clone, Copy)]
pub struct Language(&'static Entry);

/// Right-to-left scripts (ISO 15924).
const RIGHT_TO_LEFT: [&str; 2] = ["Arab", "Hebr"];

impl Language {
    /// Parses a BCP 47 tag in any case, with `-` or `_`. Region and script are ignored (`pt-BR`, `zh_CN`),
    /// `nb` and `nn` become `no`, and deprecated codes are replaced (`iw` by `he`).
    ///
    /// # Errors
    /// If the language is not in the table, or the text is not a language tag.
    pub fn parse(tag: &str) -> Result<Self, UnknownLanguage> {
        let found = lower(tag).and_then(|tag| look_up(tag.split('-').next()?));
        match found {
            Some((entry, Standing::Tag | Standing::Sister)) => Ok(Self(entry)),
            Some((_, Standing::Code)) | None => Err(unknown(tag)),
        }
    }

    /// Parses any common name of a language: a tag as in [`parse`](Self::parse), a three-letter code (`fra`,
    /// `ger`), a code of NLLB or of an engine (`fra_Latn`, `cat_valencia`), the name in English or in the
    /// language itself (`French`, `français`).
    ///
    /// # Errors
    /// If no language has this name.
    pub fn resolve(name: &str) -> Result<Self, UnknownLanguage> {
        let name = name.trim();
        let by_code = lower(name)
            .and_then(|lower| look_up(&lower).or_else(|| look_up(lower.split('-').next()?)))
            .map(|(entry, _)| Self(entry));
        let is_called = |language: &Self| {
            name.eq_ignore_ascii_case(language.english_name())
                || name.to_lowercase() == language.autonym().to_lowercase()
        };
        by_code.or_else(|| Self::all().find(is_called)).ok_or_else(|| unknown(name))
    }

    /// Parses an engine's name of a language. A variety that is written differently is not that language:
    /// `zh_hant` does not serve a reader of `zh`, nor `cat_valencia` one of `ca`, nor `nn` one of `no`.
    pub fn of_engine(name: &str) -> Option<Self> {
        let name = lower(name)?;
        if let Some((entry, standing)) = look_up(&name) {
            return (standing != Standing::Sister).then_some(Self(entry));
        }
        let (primary, script) = name.split_once('-')?;
        let (entry, standing) = look_up(primary)?;
        let same_script = Self(entry).is_written_in(script);
        (same_script && standing != Standing::Sister).then_some(Self(entry))
    }

    /// All languages of the table, sorted by code.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(Self)
    }

    /// The BCP 47 code, as sent to clients: `fr`.
    pub fn code(self) -> &'static str {
        self.0.code
    }

    /// The English name: `French`.
    pub fn english_name(self) -> &'static str {
        self.0.english
    }

    /// The name in the language itself: `français`.
    pub fn autonym(self) -> &'static str {
        self.0.autonym
    }

    /// The script it is mostly written in, as an ISO 15924 code: `Latn`.
    pub fn script(self) -> &'static str {
        self.0.script
    }

    /// Whether a script (ISO 15924, in any case) is this language's script, or another code for it.
    fn is_written_in(self, script: &str) -> bool {
        let alias = match self.script() {
            "Kore" => "Hang",
            own => own,
        };
        script.eq_ignore_ascii_case(self.script()) || script.eq_ignore_ascii_case(alias)
    }

    /// The direction of its script.
    pub fn direction(self) -> Direction {
        if RIGHT_TO_LEFT.contains(&self.script()) { Direction::Rtl } else { Direction::Ltr }
    }
}

/// A tag in lower case with `-` as separator; `None` if it is too long for any tag.
fn lower(tag: &str) -> Option<String> {
    (tag.len() <= crate::limits::LANGUAGE_TAG_CHARS).then(|| tag.to_ascii_lowercase().replace('_', "-"))
}

fn unknown(name: &str) -> UnknownLanguage {
    UnknownLanguage(name.chars().take(crate::limits::LANGUAGE_TAG_CHARS).collect())
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code()
    }
}

impl Eq for Language {}

impl PartialOrd for Language {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Language {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl std::hash::Hash for Language {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.code().hash(state);
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;
    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        Self::parse(tag)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&tag).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Language {
    fn schema_name() -> Cow<'static, str> {
        "LanguageCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A language, as its BCP 47 primary subtag.",
            "maxLength": crate::limits::LANGUAGE_TAG_CHARS,
            "examples": ["fr"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list in the clients, verbatim.
    const KNOWN_TO_CLIENTS: &str = "af am ar bas bg bn cs da de dua ee el en es ewo fa fi fr ha he hi hr hu hy id ig \
        it ja ko ksf lg ln lt mg ms nl nnh no ny om pl pt rn ro ru rw sn so sv sw th ti tr uk ur vi wo xh yo zh zu";

    #[test]
    fn every_code_of_the_clients_is_supported() {
        for code in KNOWN_TO_CLIENTS.split_whitespace() {
            assert_eq!(Language::parse(code).unwrap().code(), code);
        }
    }

    #[test]
    fn the_table_is_sorted_for_the_binary_search() {
        assert!(TABLE.windows(2).all(|pair| pair[0].code < pair[1].code));
    }

    #[test]
    fn tags_are_parsed_leniently() {
        for (tag, code) in
            [("FR", "fr"), ("pt-BR", "pt"), ("zh_Hans_CN", "zh"), ("nb", "no"), ("nn-NO", "no")]
        {
            assert_eq!(Language::parse(tag).unwrap().code(), code);
        }
        for wrong in ["", "xx", "auto", "français", "-", "en\0", &"e".repeat(100_000)] {
            assert!(Language::parse(wrong).is_err());
        }
    }

    #[test]
    fn a_language_is_found_by_all_its_names() {
        for (names, code) in [
            ("zh-CN zh-Hans zh_Hans_CN zh-TW zh-Hant ZHO_HANS zho_Hant chi cmn yue Chinese 中文", "zh"),
            ("pt-BR pt-PT pt_br por por_BR por_Latn Portuguese PORTUGUÊS", "pt"),
            ("nb no nn nb-NO nob nob_Latn nno nor", "no"),
            ("sr sr-Latn sr_Cyrl srp srp_Cyrl Serbian", "sr"),
            ("sh hbs hbs_HR hrv hrv_Latn", "hr"),
            ("hbs_BS bos_Latn", "bs"),
            ("iw he heb heb_Hebr", "he"),
            ("in id ind_Latn", "id"),
            ("tl fil fil-PH tgl_Latn", "tl"),
            ("spa es-419 spa_Latn", "es"),
            ("cat cat_valencia ca-valencia", "ca"),
            ("fra fre fra_Latn French français Français FR fr-CA", "fr"),
            ("kor_Hang ko-Kore", "ko"),
            ("pes_Arab fa prs", "fa"),
        ] {
            for name in names.split(' ') {
                assert_eq!(Language::resolve(name).map(Language::code), Ok(code), "{name}");
            }
        }
        for wrong in ["", "-", "xx", "xx-Latn", "auto", "Latn", "klingon", &"é".repeat(50_000)] {
            assert!(Language::resolve(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_engine_with_only_a_variety_does_not_support_the_language() {
        for (name, code) in [
            ("fra_Latn", Some("fr")),
            ("spa", Some("es")),
            ("zho_Hans", Some("zh")),
            ("zh-Hans", Some("zh")),
            ("kor_Hang", Some("ko")),
            ("jpn_Jpan", Some("ja")),
            ("nb", Some("no")),
            ("hbs", Some("hr")),
            ("hbs_HR", Some("hr")),
            ("hbs_SR", None),
            ("zh_hant", None),
            ("srp_Latn", None),
            ("cat_valencia", None),
            ("por_BR", None),
            ("nn", None),
            ("French", None),
            ("", None),
        ] {
            assert_eq!(Language::of_engine(name).map(Language::code), code, "{name}");
        }
    }

    #[test]
    fn deserializing_is_strict() {
        for name in ["fra", "fra_Latn", "French", "spa", "hbs"] {
            assert!(Language::parse(name).is_err(), "{name}");
        }
        for (tag, code) in [("iw", "he"), ("in-ID", "id"), ("fil", "tl"), ("sr-Latn", "sr"), ("zh-TW", "zh")]
        {
            assert_eq!(Language::parse(tag).map(Language::code), Ok(code));
        }
    }

    #[test]
    fn direction_follows_the_script() {
        let rtl: Vec<_> =
            Language::all().filter(|l| l.direction() == Direction::Rtl).map(Language::code).collect();
        assert_eq!(rtl, ["ar", "fa", "he", "ur"]);
    }
}
