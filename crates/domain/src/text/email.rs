//! E-mail addresses: which can be taken, and which are the same.

use super::visible::is_blank;
use super::{InvalidText, fold, invalid};
use crate::limits;
use email_address::{EmailAddress, Options};

/// An e-mail address, `name@host.tld`: an unquoted local part (RFC 5321, 4.1.2, with the letters of RFC 6531) at a host that
/// IDNA can write in ASCII. Returned in NFC and in lower case.
///
/// # Errors
/// When it is none, or has characters that cannot be seen. Whether it exists only a mail can tell.
pub fn email(typed: &str) -> Result<String, InvalidText> {
    let address = fold::nfc(&fold::nfc(typed.trim()).to_lowercase());
    if address.len() <= limits::EMAIL_BYTES && is_address(&address) {
        Ok(address)
    } else {
        invalid("email", "this is not an e-mail address")
    }
}

fn is_address(address: &str) -> bool {
    if address.chars().any(is_blank) || address.contains('"') {
        return false;
    }
    let Some((local, host)) = address.rsplit_once('@') else { return false };
    let Ok(host) = idna::domain_to_ascii_strict(host) else { return false };
    let is_number = host.rsplit('.').next().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit()));
    let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
    !is_number && EmailAddress::parse_with_options(&format!("{local}@{host}"), options).is_ok()
}

/// The form in which two addresses are the same: folded as [`fold::key`] does, the host in ASCII. Of what is no address, as old
/// accounts may have, the folded text. `None` if nothing is left.
pub fn email_key(address: &str) -> Option<String> {
    let key = fold::key(address)?;
    let Some((local, host)) = key.rsplit_once('@') else { return Some(key) };
    let host = idna::domain_to_ascii(host.trim_end_matches('.')).unwrap_or_else(|_| host.to_owned());
    Some(format!("{local}@{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_taken() {
        for (typed, kept) in [
            (" Lea@Example.ORG ", "lea@example.org"),
            ("le\u{301}a@example.org", "l\u{e9}a@example.org"),
            ("bob+tag@b\u{fc}cher.example", "bob+tag@b\u{fc}cher.example"),
            ("bob@xn--bcher-kva.example", "bob@xn--bcher-kva.example"),
            ("o'neill@example.co.uk", "o'neill@example.co.uk"),
            ("用户@例え.jp", "用户@例え.jp"),
        ] {
            assert_eq!(email(typed).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in [
            "",
            "lea",
            "@example.org",
            "lea@",
            "lea@example",
            "lea@.org",
            "lea@example.org.",
            "lea@example..org",
            "lea@a@b.org",
            "l ea@example.org",
            "a\0@b.cd",
            "te\u{200b}st@example.org",
            "te\u{202e}st@example.org",
            "te\u{e0041}st@example.org",
            "lea@exam\u{ad}ple.org",
            "<lea@example.org>",
            "Lea <lea@example.org>",
            "a..b@example.org",
            ".a@example.org",
            "a.@example.org",
            "lea@-example.org",
            "lea@example-.org",
            "lea@exa_mple.org",
            "lea@[127.0.0.1]",
            "lea@127.0.0.1",
            "\"le a\"@example.org",
            "\"lea\"@example.org",
            "a,b@example.org",
            "a;b@example.org",
            "(a)b@example.org",
        ] {
            assert!(email(wrong).is_err(), "{wrong}");
        }
        let local = "a".repeat(65);
        assert!(email(&format!("{local}@example.org")).is_err());
        let host = format!("{}.", "a".repeat(60)).repeat(5);
        assert!(email(&format!("lea@{host}org")).is_err());
    }

    #[test]
    fn one_address_has_one_key() {
        for (one, other) in [
            ("LEA@example.org", "lea@EXAMPLE.org"),
            ("l\u{e9}a@example.org", "le\u{301}a@example.org"),
            ("bob@b\u{fc}cher.example", "bob@xn--bcher-kva.example"),
            ("bob@B\u{dc}CHER.example", "bob@xn--bcher-kva.example"),
            ("lea@example.org", "lea\u{ff20}example\u{3002}org"),
            ("lea@example.org", "lea@example.org."),
        ] {
            assert_eq!(email_key(one), email_key(other), "{one} {other}");
        }
        assert_eq!(email_key("no address"), Some("no address".into()));
        assert_eq!(email_key(" \u{200b}"), None);
        assert_ne!(email_key("lea@example.org"), email_key("lea@example.com"));
    }

    proptest! {
        #[test]
        fn what_is_taken_stays_what_it_is(text in "[\\PC]{1,8}@[a-zé例\\-.]{1,8}\\.(org|中国)") {
            if let Ok(address) = email(&text) {
                prop_assert_eq!(email(&address).unwrap(), address.clone());
                let key = email_key(&address).unwrap();
                prop_assert_eq!(email_key(&key), Some(key.clone()));
                prop_assert_eq!(email_key(&text), Some(key));
            }
        }
    }
}
