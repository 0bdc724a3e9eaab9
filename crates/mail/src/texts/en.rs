//! English.

use crate::wording::{Notice, Wording};

pub(crate) const WORDING: Wording = Wording {
    greeting: "Hello {name},",
    or_copy: "If the button does not work, open this address:",
    verify_address: Notice {
        subject: "Confirm your email address",
        text: "Please confirm that this is the email address of your Meeshy account. The link works for 24 hours.",
        button: "Confirm my address",
        caution: "If you did not create an account, ignore this email.",
    },
    reset_password: Notice {
        subject: "Choose a new password",
        text: "Somebody asked for a new password for your Meeshy account. The link works once, for one hour.",
        button: "Choose a new password",
        caution: "If it was not you, ignore this email. Your password stays the same.",
    },
    sign_in: Notice {
        subject: "Your sign-in link",
        text: "This link signs you in to Meeshy. It works once, for one minute.",
        button: "Sign in",
        caution: "If you did not ask for it, ignore this email. Do not pass the link on.",
    },
    change_address: Notice {
        subject: "Confirm your new email address",
        text: "Please confirm that this is the new email address of your Meeshy account. The link works for 24 hours.",
        button: "Confirm my new address",
        caution: "If you did not ask for this change, ignore this email.",
    },
    password_changed: Notice {
        subject: "Your password was changed",
        text: "The password of your Meeshy account was changed, and the other devices were signed out.",
        button: "",
        caution: "If it was not you, choose a new password at once with “Forgot password”, and check that your email account is safe.",
    },
    address_changed: Notice {
        subject: "Your email address was changed",
        text: "Your Meeshy account now has another email address. Emails about the account are no longer sent to this one.",
        button: "",
        caution: "If it was not you, contact the administrator of your Meeshy server at once.",
    },
    too_early: Notice {
        subject: "You cannot do that yet",
        text: "A link was asked for that signs in to your Meeshy account or changes its password. This address was confirmed less than a day ago, so that we do not send such links to it yet. Sign in with your password, or ask again tomorrow.",
        button: "",
        caution: "If you did not ask for it, ignore this e-mail.",
    },
    number_confirmed: Notice {
        subject: "A telephone number was added to your account",
        text: "A telephone number was confirmed for your Meeshy account. Whoever reads text messages sent to it can use it to choose a new password.",
        button: "",
        caution: "If it was not you, somebody has access to your account: change your password at once, and remove the number in the settings.",
    },
    number_moved: Notice {
        subject: "Your telephone number was removed",
        text: "Your telephone number now belongs to another Meeshy account, because a code that was sent to it was entered there. You sign in with your username or your e-mail address.",
        button: "",
        caution: "If that was not you, somebody can read your text messages: ask your operator for help, and confirm your number again in the settings.",
    },
};
