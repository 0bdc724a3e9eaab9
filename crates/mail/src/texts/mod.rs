//! The texts in each language.

mod ar;
mod en;
mod es;
mod fr;

use crate::wording::Wording;
use meeshy_domain::Language;

/// The texts for a reader of `language`, and the language that they are in.
pub(crate) fn wording_for(language: Language) -> (&'static Wording, Language) {
    match language.code() {
        "ar" => (&ar::WORDING, language),
        "es" => (&es::WORDING, language),
        "fr" => (&fr::WORDING, language),
        _ => (&en::WORDING, Language::parse("en").unwrap_or(language)),
    }
}
