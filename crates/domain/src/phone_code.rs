//! Codes that are sent to telephones: what they are for, and why one is refused.

use crate::named::named;

named!(
    /// What a code that is sent to a telephone is for.
    PhonePurpose, "purpose" {
        /// A user has this number, or wants to have it.
        Claim = "claim",
        /// A user has forgotten the password.
        Recover = "recover",
        /// Somebody wants to register with a number that an account has.
        Register = "register",
    }
);

named!(
    /// Why a step with a code that was sent to a telephone is refused.
    PhoneRefusal, "refusal" {
        /// It cannot be a telephone number.
        InvalidPhone = "invalid_phone",
        /// No account has confirmed this number.
        UserNotFound = "user_not_found",
        /// This was never begun, or has ended.
        InvalidToken = "invalid_token",
        /// This was begun too long ago.
        TokenExpired = "token_expired",
        /// Another step comes first.
        InvalidStep = "invalid_step",
        /// Too many wrong answers; it has to begin again.
        MaxAttempts = "max_attempts_exceeded",
        /// The username or the address is not that of the account.
        IdentityMismatch = "identity_mismatch",
        /// This is not the code.
        InvalidCode = "invalid_code",
        /// The code was sent too long ago.
        CodeExpired = "code_expired",
        /// Too many wrong answers for this number; it has to wait.
        TooManyAnswers = "too_many_answers",
        /// The account has another way to choose a new password, and this number is too new for it.
        TooNew = "phone_not_verified",
        /// Too many calls, or too many messages.
        RateLimited = "rate_limited",
    }
);

impl PhoneRefusal {
    /// The reason as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::InvalidPhone => "this is not a telephone number",
            Self::UserNotFound => "no account has confirmed this number",
            Self::InvalidToken | Self::TokenExpired | Self::InvalidStep => {
                "this has ended or is too old; begin again"
            }
            Self::MaxAttempts => "too many wrong answers; begin again",
            Self::IdentityMismatch => "this is not the username and the address of the account",
            Self::InvalidCode => "wrong code",
            Self::CodeExpired => "this code is too old; ask for another one",
            Self::TooManyAnswers => "too many wrong codes for this number today; try again tomorrow",
            Self::TooNew => {
                "this number was confirmed less than a day ago; choose a new password by e-mail, or try again tomorrow"
            }
            Self::RateLimited => "too many calls; try again later",
        }
    }
}
