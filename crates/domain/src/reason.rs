//! Why a message has no translation: a sentence for operators, and a code for clients, which have their own
//! texts for it.

use std::fmt;

/// The code for clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReasonCode {
    /// No installed engine translates between these languages.
    NoEngine,
    /// The engine for these languages is installed, but disabled until it is repaired or enabled.
    EngineUnusable,
    /// Another engine was requested, but there is none.
    NoOtherEngine,
    /// A model for these languages is being downloaded; the translation will follow.
    ModelDownloading,
    /// An engine failed on every attempt.
    EngineFailed,
    /// From a version before there were codes, or from a newer version.
    Unknown,
}

impl ReasonCode {
    /// All codes.
    pub const ALL: [Self; 6] = [
        Self::NoEngine,
        Self::EngineUnusable,
        Self::NoOtherEngine,
        Self::ModelDownloading,
        Self::EngineFailed,
        Self::Unknown,
    ];

    /// The name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoEngine => "no_engine",
            Self::EngineUnusable => "engine_unusable",
            Self::NoOtherEngine => "no_other_engine",
            Self::ModelDownloading => "model_downloading",
            Self::EngineFailed => "engine_failed",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the translation will follow without another request.
    pub fn is_temporary(self) -> bool {
        self == Self::ModelDownloading
    }

    /// Parses a code; `Unknown` if there is no such code.
    pub fn of_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|code| code.name() == name).unwrap_or(Self::Unknown)
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
            assert_eq!(ReasonCode::of_name(code.name()), code);
        }
        assert_eq!(ReasonCode::of_name("of a newer version"), ReasonCode::Unknown);
    }
}
