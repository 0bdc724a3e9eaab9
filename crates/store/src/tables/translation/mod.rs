//! Translations and the work on them.

pub mod reports;
pub mod texts;
pub mod translation_cache;
pub mod translation_jobs;
pub mod translations;
pub mod translators;
