//! Translation: of messages on request, of other texts, glossaries, and reports of bad translations.

mod delegation;
mod engines;
mod failures;
mod glossary;
mod groups;
mod proposals;
mod reports;
mod requests;
mod retranslation;
mod signals;
mod targets;
mod texts;
mod translate;
mod translators;
mod warm_up;
mod worker;

pub(crate) use delegation::Delegation;
pub(crate) use engines::Engines;
pub use engines::Served;
pub use glossary::{Glossary, NewTerm};
pub use proposals::Proposals;
pub use reports::{NewReport, Reported, Reports};
pub use requests::{Progress, Requested, TranslationCounts, Translations};
pub use retranslation::Retranslation;
pub(crate) use signals::{Signals, TRANSLATOR_TIMEOUT};
pub(crate) use targets::{author_languages, targets};
pub use texts::{Detected, TextRequest, TextTranslation, Texts};
pub use translate::{Answer, Translate};
pub(crate) use translators::Translators;
pub(crate) use warm_up::WarmUp;
pub use worker::Worker;
