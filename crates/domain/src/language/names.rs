//! Other names of languages: deprecated tags, ISO 639-2 and 639-3, NLLB, Apertium and Firefox.

use super::table::{Entry, TABLE};

/// The names of a language besides its code.
struct Names {
    code: &'static str,
    /// BCP 47: deprecated codes that Java and Android still send, and members of a macrolanguage.
    tags: &'static str,
    /// ISO 639-2 (both forms) and 639-3, as in NLLB and Apertium; with a region if only that identifies the
    /// language.
    codes: &'static str,
    /// Related varieties that readers of the language accept, but that an engine must not use for the
    /// language itself.
    sisters: &'static str,
}

macro_rules! names {
    ($($code:literal $tags:literal $codes:literal $sisters:literal)*) => {
        &[$(Names { code: $code, tags: $tags, codes: $codes, sisters: $sisters }),*]
    };
}

/// Engines write Serbo-Croatian (`sh`, `hbs`) in Latin script, like Croatian and unlike our Serbian.
static NAMES: &[Names] = names! {
    "af" "" "afr" ""
    "am" "" "amh" ""
    "an" "" "arg" ""
    "ar" "" "ara arb" ""
    "az" "" "aze azj" ""
    "be" "" "bel" ""
    "bg" "" "bul" ""
    "bn" "" "ben" ""
    "br" "" "bre" ""
    "bs" "" "bos hbs-bs hbs-ba" ""
    "ca" "" "cat" ""
    "cs" "" "ces cze" ""
    "cy" "" "cym wel" ""
    "da" "" "dan" ""
    "de" "" "deu ger" ""
    "ee" "" "ewe" ""
    "el" "" "ell gre" ""
    "en" "" "eng" ""
    "eo" "" "epo" ""
    "es" "" "spa" ""
    "et" "" "est ekk" ""
    "eu" "" "eus baq" ""
    "fa" "prs" "fas per pes" ""
    "ff" "" "ful fuv" ""
    "fi" "" "fin" ""
    "fr" "" "fra fre" ""
    "ga" "" "gle" ""
    "gl" "" "glg" ""
    "gu" "" "guj" ""
    "ha" "" "hau" ""
    "he" "iw" "heb" ""
    "hi" "" "hin" ""
    "hr" "sh" "hrv hbs hbs-hr" ""
    "hu" "" "hun" ""
    "hy" "" "hye arm" ""
    "id" "in" "ind" ""
    "ig" "" "ibo" ""
    "is" "" "isl ice" ""
    "it" "" "ita" ""
    "ja" "" "jpn" ""
    "ka" "" "kat geo" ""
    "kk" "" "kaz" ""
    "kn" "" "kan" ""
    "ko" "" "kor" ""
    "lg" "" "lug" ""
    "ln" "" "lin" ""
    "lt" "" "lit" ""
    "lv" "" "lav lvs" ""
    "mg" "" "mlg plt" ""
    "mk" "" "mkd mac" ""
    "ml" "" "mal" ""
    "ms" "" "msa may zsm" ""
    "mt" "" "mlt" ""
    "nl" "" "nld dut" ""
    "no" "nb" "nor nob" "nn nno"
    "ny" "" "nya" ""
    "oc" "" "oci" ""
    "om" "" "orm gaz" ""
    "pl" "" "pol" ""
    "pt" "" "por" ""
    "rn" "" "run" ""
    "ro" "mo" "ron rum" ""
    "ru" "" "rus" ""
    "rw" "" "kin" ""
    "sc" "" "srd" ""
    "sk" "" "slk slo" ""
    "sl" "" "slv" ""
    "sn" "" "sna" ""
    "so" "" "som" ""
    "sq" "" "sqi alb als" ""
    "sr" "" "srp" ""
    "st" "" "sot" ""
    "sv" "" "swe" ""
    "sw" "" "swa swh" ""
    "ta" "" "tam" ""
    "te" "" "tel" ""
    "th" "" "tha" ""
    "ti" "" "tir" ""
    "tl" "fil" "tgl" ""
    "tn" "" "tsn" ""
    "tr" "" "tur" ""
    "ts" "" "tso" ""
    "tt" "" "tat" ""
    "tw" "" "twi" ""
    "uk" "" "ukr" ""
    "ur" "" "urd" ""
    "vi" "" "vie" ""
    "wo" "" "wol" ""
    "xh" "" "xho" ""
    "yo" "" "yor" ""
    "zh" "cmn" "zho chi" "yue"
    "zu" "" "zul" ""
};

/// What kind of name it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// A code of an ISO table or an engine.
    Tag,
    /// A related variety.
    Code,
    /// A sister of the language.
    Sister,
}

/// The language of a primary subtag in lower case, and what kind of name it is.
pub(super) fn look_up(name: &str) -> Option<(&'static Entry, Standing)> {
    if let Some(entry) = of_code(name) {
        return Some((entry, Standing::Tag));
    }
    let holds = |list: &str| list.split(' ').any(|known| known == name);
    NAMES.iter().filter(|_| !name.is_empty()).find_map(|names| {
        let standing = match names {
            _ if holds(names.tags) => Standing::Tag,
            _ if holds(names.codes) => Standing::Code,
            _ if holds(names.sisters) => Standing::Sister,
            _ => return None,
        };
        Some((of_code(names.code)?, standing))
    })
}

/// The language with this code.
fn of_code(code: &str) -> Option<&'static Entry> {
    TABLE.binary_search_by(|entry| entry.code.cmp(code)).ok().and_then(|index| TABLE.get(index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_belongs_to_one_language_of_the_table() {
        let mut seen: HashSet<&str> = TABLE.iter().map(|entry| entry.code).collect();
        for names in NAMES {
            assert!(of_code(names.code).is_some(), "{}", names.code);
            let all = [names.tags, names.codes, names.sisters].map(str::split_whitespace);
            for name in all.into_iter().flatten() {
                assert!(seen.insert(name), "{name} appears twice");
            }
        }
    }
}
