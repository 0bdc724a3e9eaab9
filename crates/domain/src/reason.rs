//! Why a message has no translation: a sentence for operators, and a code for clients, which have their own
//! texts for it.

use crate::named::named;
use std::fmt;

named!(
    /// Why there is no translation, as far as clients need to know.
    ReasonCode, "reason" {
        /// No installed engine translates between these languages.
        NoEngine = "no_engine",
        /// The engine is installed but unusable until an operator repairs or allows it.
        EngineUnusable = "engine_unusable",
        /// Another engine was requested, but there is none.
        NoOtherEngine = "no_other_engine",
        /// A model for these languages is being downloaded; the translation will follow.
        ModelDownloading = "model_downloading",
        /// An engine failed on every attempt.
        EngineFailed = "engine_failed",
        /// Stored before there were codes, or by a newer version.
        Unknown = "unknown",
    }
);

impl ReasonCode {
    /// Whether the translation will follow without another request.
    pub fn is_temporary(self) -> bool {
        self == Self::ModelDownloading
    }

    /// Parses a code; `Unknown` if there is no such code.
    pub fn of_name(name: &str) -> Self {
        Self::ALL.iter().copied().find(|code| code.name() == name).unwrap_or(Self::Unknown)
    }
}

/// Why there is no translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// For clients.
    pub code: ReasonCode,
    /// For operators, in English, with what to do about it.
    pub text: String,
}

impl Reason {
    /// A reason with a code and a text.
    pub fn new(code: ReasonCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_distinct_name() {
        for code in ReasonCode::ALL {
            assert_eq!(ReasonCode::of_name(code.name()), *code);
        }
        assert_eq!(ReasonCode::of_name("of a newer version"), ReasonCode::Unknown);
    }
}
