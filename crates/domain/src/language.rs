//! The languages that Meeshy knows (wire-contract 6.6, and those that the translation engines add).
//!
//! Codes are BCP 47 primary subtags. A tag with a region or a script (`pt-BR`, `zh_CN`) is read as its language.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Which way a language is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From left to right.
    Ltr,
    /// From right to left.
    Rtl,
}

/// The code is in no table of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a language that Meeshy knows; use a code such as `en`, `fr` or `zh`")]
pub struct UnknownLanguage(String);

/// One of the languages of the table: small, `Copy`, and always valid.
#[derive(Clone, Copy)]
pub struct Language(&'static Entry);

struct Entry {
    code: &'static str,
    english: &'static str,
    autonym: &'static str,
    script: &'static str,
}

/// Scripts (ISO 15924) that are written from right to left.
const RIGHT_TO_LEFT: [&str; 2] = ["Arab", "Hebr"];

macro_rules! languages {
    ($($code:literal $english:literal $autonym:literal $script:literal)*) => {
        &[$(Entry { code: $code, english: $english, autonym: $autonym, script: $script }),*]
    };
}

/// Sorted by code, so that a look-up can halve it.
static TABLE: &[Entry] = languages! {
    "af" "Afrikaans" "Afrikaans" "Latn"
    "am" "Amharic" "አማርኛ" "Ethi"
    "ar" "Arabic" "العربية" "Arab"
    "az" "Azerbaijani" "azərbaycan" "Latn"
    "bas" "Basaa" "Ɓàsàa" "Latn"
    "be" "Belarusian" "беларуская" "Cyrl"
    "bg" "Bulgarian" "български" "Cyrl"
    "bn" "Bangla" "বাংলা" "Beng"
    "bs" "Bosnian" "bosanski" "Latn"
    "ca" "Catalan" "català" "Latn"
    "cs" "Czech" "čeština" "Latn"
    "da" "Danish" "dansk" "Latn"
    "de" "German" "Deutsch" "Latn"
    "dua" "Duala" "duálá" "Latn"
    "ee" "Ewe" "eʋegbe" "Latn"
    "el" "Greek" "Ελληνικά" "Grek"
    "en" "English" "English" "Latn"
    "eo" "Esperanto" "Esperanto" "Latn"
    "es" "Spanish" "español" "Latn"
    "et" "Estonian" "eesti" "Latn"
    "eu" "Basque" "euskara" "Latn"
    "ewo" "Ewondo" "ewondo" "Latn"
    "fa" "Persian" "فارسی" "Arab"
    "fi" "Finnish" "suomi" "Latn"
    "fr" "French" "français" "Latn"
    "gl" "Galician" "galego" "Latn"
    "gu" "Gujarati" "ગુજરાતી" "Gujr"
    "ha" "Hausa" "Hausa" "Latn"
    "he" "Hebrew" "עברית" "Hebr"
    "hi" "Hindi" "हिन्दी" "Deva"
    "hr" "Croatian" "hrvatski" "Latn"
    "hu" "Hungarian" "magyar" "Latn"
    "hy" "Armenian" "հայերեն" "Armn"
    "id" "Indonesian" "Indonesia" "Latn"
    "ig" "Igbo" "Igbo" "Latn"
    "is" "Icelandic" "íslenska" "Latn"
    "it" "Italian" "italiano" "Latn"
    "ja" "Japanese" "日本語" "Jpan"
    "ka" "Georgian" "ქართული" "Geor"
    "kn" "Kannada" "ಕನ್ನಡ" "Knda"
    "ko" "Korean" "한국어" "Kore"
    "ksf" "Bafia" "rikpa" "Latn"
    "lg" "Ganda" "Luganda" "Latn"
    "ln" "Lingala" "lingála" "Latn"
    "lt" "Lithuanian" "lietuvių" "Latn"
    "lv" "Latvian" "latviešu" "Latn"
    "mg" "Malagasy" "Malagasy" "Latn"
    "mk" "Macedonian" "македонски" "Cyrl"
    "ml" "Malayalam" "മലയാളം" "Mlym"
    "ms" "Malay" "Melayu" "Latn"
    "mt" "Maltese" "Malti" "Latn"
    "nl" "Dutch" "Nederlands" "Latn"
    "nnh" "Ngiemboon" "Shwóŋò ngiembɔɔn" "Latn"
    "no" "Norwegian" "norsk" "Latn"
    "ny" "Nyanja" "Chichewa" "Latn"
    "oc" "Occitan" "occitan" "Latn"
    "om" "Oromo" "Oromoo" "Latn"
    "pl" "Polish" "polski" "Latn"
    "pt" "Portuguese" "português" "Latn"
    "rn" "Rundi" "Ikirundi" "Latn"
    "ro" "Romanian" "română" "Latn"
    "ru" "Russian" "русский" "Cyrl"
    "rw" "Kinyarwanda" "Ikinyarwanda" "Latn"
    "sk" "Slovak" "slovenčina" "Latn"
    "sl" "Slovenian" "slovenščina" "Latn"
    "sn" "Shona" "chiShona" "Latn"
    "so" "Somali" "Soomaali" "Latn"
    "sq" "Albanian" "shqip" "Latn"
    "sr" "Serbian" "српски" "Cyrl"
    "sv" "Swedish" "svenska" "Latn"
    "sw" "Swahili" "Kiswahili" "Latn"
    "ta" "Tamil" "தமிழ்" "Taml"
    "te" "Telugu" "తెలుగు" "Telu"
    "th" "Thai" "ไทย" "Thai"
    "ti" "Tigrinya" "ትግርኛ" "Ethi"
    "tr" "Turkish" "Türkçe" "Latn"
    "uk" "Ukrainian" "українська" "Cyrl"
    "ur" "Urdu" "اردو" "Arab"
    "vi" "Vietnamese" "Tiếng Việt" "Latn"
    "wo" "Wolof" "Wolof" "Latn"
    "xh" "Xhosa" "IsiXhosa" "Latn"
    "yo" "Yoruba" "Èdè Yorùbá" "Latn"
    "zh" "Chinese" "中文" "Hans"
    "zu" "Zulu" "isiZulu" "Latn"
};

impl Language {
    /// Reads a BCP 47 tag in any case, with `-` or `_`; region and script are passed over, `nb` and `nn` are `no`.
    ///
    /// # Errors
    /// When the language is in no table of ours, or the text is no tag at all.
    pub fn parse(tag: &str) -> Result<Self, UnknownLanguage> {
        let unknown = || UnknownLanguage(tag.chars().take(35).collect());
        if tag.len() > 35 {
            return Err(unknown());
        }
        let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let code = match primary.as_str() {
            "nb" | "nn" => "no",
            other => other,
        };
        TABLE
            .binary_search_by(|entry| entry.code.cmp(code))
            .ok()
            .and_then(|index| TABLE.get(index))
            .map(Self)
            .ok_or_else(unknown)
    }

    /// Every language of the table, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(Self)
    }

    /// The BCP 47 code, as clients know it: `fr`.
    pub fn code(self) -> &'static str {
        self.0.code
    }

    /// Its name in English: `French`.
    pub fn english_name(self) -> &'static str {
        self.0.english
    }

    /// Its name in itself: `français`.
    pub fn autonym(self) -> &'static str {
        self.0.autonym
    }

    /// The script it is mostly written in, as ISO 15924 names it: `Latn`.
    pub fn script(self) -> &'static str {
        self.0.script
    }

    /// Which way it is written.
    pub fn direction(self) -> Direction {
        if RIGHT_TO_LEFT.contains(&self.script()) { Direction::Rtl } else { Direction::Ltr }
    }
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
        let tag = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&tag).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// wire-contract 6.6, word for word.
    const KNOWN_TO_CLIENTS: &str = "af am ar bas bg bn cs da de dua ee el en es ewo fa fi fr ha he hi hr hu hy id ig \
        it ja ko ksf lg ln lt mg ms nl nnh no ny om pl pt rn ro ru rw sn so sv sw th ti tr uk ur vi wo xh yo zh zu";

    #[test]
    fn every_code_that_clients_know_is_known_here() {
        for code in KNOWN_TO_CLIENTS.split_whitespace() {
            assert_eq!(Language::parse(code).unwrap().code(), code);
        }
    }

    #[test]
    fn the_table_is_sorted_for_the_binary_search() {
        assert!(TABLE.windows(2).all(|pair| pair[0].code < pair[1].code));
    }

    #[test]
    fn tags_are_read_leniently() {
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
    fn direction_follows_the_script() {
        let rtl: Vec<_> =
            Language::all().filter(|l| l.direction() == Direction::Rtl).map(Language::code).collect();
        assert_eq!(rtl, ["ar", "fa", "he", "ur"]);
    }
}
