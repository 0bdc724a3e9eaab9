//! What a message says, and whom it is not shown.

/// Why what a message says is not shown to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concealed {
    /// It was encrypted on the writer's device, and nobody here can read it.
    Encrypted,
    /// It was to be seen once, and what was seen is not counted here: only its author sees it.
    ViewOnce,
}

impl Concealed {
    /// Why something with these marks is not shown; `None` where it is.
    pub fn of(is_encrypted: bool, is_view_once: bool, is_for_author: bool) -> Option<Self> {
        match (is_encrypted, is_view_once, is_for_author) {
            (true, ..) => Some(Self::Encrypted),
            (_, true, false) => Some(Self::ViewOnce),
            _ => None,
        }
    }

    /// What stands in the place of the text, in every language.
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Encrypted => "\u{1F512}",
            Self::ViewOnce => "\u{1F441}",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_author_sees_what_is_seen_once_and_nobody_what_is_encrypted() {
        for (is_encrypted, is_view_once, is_for_author, expected) in [
            (false, false, false, None),
            (false, true, true, None),
            (false, true, false, Some(Concealed::ViewOnce)),
            (true, false, true, Some(Concealed::Encrypted)),
            (true, true, true, Some(Concealed::Encrypted)),
        ] {
            assert_eq!(Concealed::of(is_encrypted, is_view_once, is_for_author), expected);
        }
    }
}
