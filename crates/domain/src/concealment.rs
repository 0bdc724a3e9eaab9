//! Messages whose content is not shown.

/// Why the content of a message is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concealed {
    /// It was encrypted on the author's device; the server cannot read it.
    Encrypted,
    /// It may be viewed only once. Views are not counted here, so only its author sees it.
    ViewOnce,
}

impl Concealed {
    /// Why a message with these flags is not shown; `None` if it is.
    pub fn of(is_encrypted: bool, is_view_once: bool, is_for_author: bool) -> Option<Self> {
        match (is_encrypted, is_view_once, is_for_author) {
            (true, ..) => Some(Self::Encrypted),
            (_, true, false) => Some(Self::ViewOnce),
            _ => None,
        }
    }

    /// The placeholder shown instead of the text, in every language.
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
    fn view_once_is_for_the_author_and_encrypted_for_nobody() {
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
