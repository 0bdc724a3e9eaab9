//! The parts of the letters that differ by language.

/// The texts of one language.
pub(crate) struct Wording {
    /// With `{name}` for the username.
    pub greeting: &'static str,
    /// Before the link as text.
    pub or_copy: &'static str,
    pub verify_address: Notice,
    pub reset_password: Notice,
    pub sign_in: Notice,
    pub change_address: Notice,
    pub password_changed: Notice,
    pub address_changed: Notice,
    pub too_early: Notice,
    pub number_confirmed: Notice,
    pub number_moved: Notice,
}

/// The texts of one letter.
pub(crate) struct Notice {
    pub subject: &'static str,
    pub text: &'static str,
    /// On the link; empty if there is none.
    pub button: &'static str,
    /// What to do if somebody else caused the letter.
    pub caution: &'static str,
}
