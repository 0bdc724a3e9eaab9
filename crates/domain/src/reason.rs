//! Why a message has no translation: a sentence for those who run the server, and a code for clients, which word it for
//! their reader.

use std::fmt;

/// What a client needs to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReasonCode {
    /// No engine here translates between these languages.
    NoEngine,
    /// What would translate them is installed and cannot be used until somebody repairs or allows it.
    EngineUnusable,
    /// Another engine was asked for, and there is no other.
    NoOtherEngine,
    /// A model for these languages is being downloaded: the translation follows by itself.
    ModelDownloading,
    /// An engine was asked, and failed each time.
    EngineFailed,
    /// From before there were codes, or from a newer version.
    Unknown,
}

impl ReasonCode {
    /// All of them.
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

    /// Whether the translation is still to come, without anybody asking again.
    pub fn is_temporary(self) -> bool {
        self == Self::ModelDownloading
    }

    /// The code of this name; `Unknown` where there is none.
    pub fn of_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|code| code.name() == name).unwrap_or(Self::Unknown)
    }
}

/// Why there is no translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// For clients.
    pub code: ReasonCode,
    /// For whoever runs the server, with what to do about it; in English.
    pub text: String,
}

impl Reason {
    /// A reason in words.
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
    fn codes_have_names_of_their_own() {
        for code in ReasonCode::ALL {
            assert_eq!(ReasonCode::of_name(code.name()), code);
        }
        assert_eq!(ReasonCode::of_name("of a newer version"), ReasonCode::Unknown);
    }
}
