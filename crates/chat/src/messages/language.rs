//! The language of a message.

use crate::translation::Engines;
use meeshy_domain::{Language, LanguageSettings};
use meeshy_translation::detect::{self, Evidence};

/// The evidence for the language of a text, if it has to be detected.
pub(super) async fn evidence(engines: &Engines, declared: Option<Language>, content: &str) -> Evidence {
    if declared.is_some_and(|declared| detect::may_be(declared, content)) {
        return Evidence::default();
    }
    engines.translator.evidence(content).await
}

/// The language of a text: as declared, otherwise as detected, otherwise what its author usually writes: first
/// of all what they wrote `lately` in this conversation (the latest first), then the languages of their
/// profile.
pub(super) fn written_in(
    declared: Option<Language>,
    lately: &[Language],
    writer: &LanguageSettings,
    evidence: &Evidence,
) -> Language {
    let profile = [Some(writer.system_language), writer.regional_language].into_iter().flatten();
    let mut habits: Vec<Language> = Vec::new();
    for language in lately.iter().copied().chain(profile) {
        if !habits.contains(&language) {
            habits.push(language);
        }
    }
    detect::original_language(declared, &habits, evidence).unwrap_or(writer.system_language)
}
