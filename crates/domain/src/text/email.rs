//! E-mail addresses: validation and comparison.

use super::visible::{is_blank, is_mark};
use super::{InvalidText, fold, invalid};
use crate::limits;
use email_address::{EmailAddress, Options};
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

const LETTERS: GeneralCategoryGroup = GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Number);

/// Validates an e-mail address, `name@host.tld`: an unquoted local part (RFC 5321, 4.1.2, with the letters,
/// marks and numbers of other scripts that RFC 6531 adds) and a host that IDNA can encode in ASCII. Returns
/// it in NFC and in lower case.
///
/// # Errors
/// If it is not valid, contains invisible characters, or is not valid after NFKC (`＜lea＞@example.org`).
/// Whether it exists, only sending an e-mail can tell.
pub fn email(typed: &str) -> Result<String, InvalidText> {
    let typed = fold::nfc(typed.trim());
    let (local, host) = typed.rsplit_once('@').unwrap_or((&typed, ""));
    // Letter by letter: IDNA does not distinguish the final `σ`.
    let host: String = host.chars().flat_map(char::to_lowercase).collect();
    let local = fold::nfc(&local.to_lowercase());
    let address = format!("{local}@{}", fold::nfc(&host));
    if address.len() <= limits::EMAIL_BYTES && is_local(&local) && is_address(&local, &host) {
        Ok(address)
    } else {
        invalid("email", "this is not an e-mail address")
    }
}

/// Whether the local part has only letters, marks and numbers besides ASCII, and does not start with a mark.
fn is_local(local: &str) -> bool {
    let is_letter = |c: char| {
        let category = CodePointMapData::<GeneralCategory>::new().get(c);
        c.is_ascii() || is_mark(c) || LETTERS.contains(category)
    };
    !local.starts_with(is_mark) && !local.contains('"') && local.chars().all(|c| is_letter(c) && !is_blank(c))
}

fn is_address(local: &str, host: &str) -> bool {
    // IDNA allows joiners where a script needs them.
    if host.chars().any(|c| is_blank(c) && !matches!(c, '\u{200C}' | '\u{200D}')) {
        return false;
    }
    let Ok(host) = idna::domain_to_ascii_strict(host) else { return false };
    let is_number = host.rsplit('.').next().is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit()));
    let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
    let is_valid =
        |local: &str| EmailAddress::parse_with_options(&format!("{local}@{host}"), options).is_ok();
    !is_number && is_valid(local) && is_valid(&fold::nfkc(local))
}

/// The key by which two addresses are compared: the local part folded as in [`fold::key`], the host in ASCII.
/// For an invalid address, which old accounts may have, the folded text. `None` if nothing is left.
pub fn email_key(address: &str) -> Option<String> {
    let at = ['@', '\u{FF20}', '\u{FE6B}'];
    let Some((local, host)) = address.rsplit_once(at) else { return fold::key(address) };
    // Folding would turn `straße` into `strasse`, which is another host.
    let host = idna::domain_to_ascii(host.trim())
        .or_else(|_| idna::domain_to_ascii(&fold::key(host).unwrap_or_default()))
        .unwrap_or_else(|_| fold::key(host).unwrap_or_default());
    Some(format!("{}@{}", fold::key(local).unwrap_or_default(), host.trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn valid_addresses_are_accepted() {
        for (typed, kept) in [
            (" Lea@Example.ORG ", "lea@example.org"),
            ("le\u{301}a@example.org", "l\u{e9}a@example.org"),
            ("bob+tag@b\u{fc}cher.example", "bob+tag@b\u{fc}cher.example"),
            ("bob@xn--bcher-kva.example", "bob@xn--bcher-kva.example"),
            ("o'neill@example.co.uk", "o'neill@example.co.uk"),
            ("用户@例え.jp", "用户@例え.jp"),
            ("Zoë.2_Ñandú@STRAßE.example", "zoë.2_ñandú@straße.example"),
            ("विजय@उदाहरण.भारत", "विजय@उदाहरण.भारत"),
            ("lea@ΒΌΛΟΣ.gr", "lea@βόλοσ.gr"),
            ("lea@ශ්\u{200D}රී.example", "lea@ශ්\u{200D}රී.example"),
        ] {
            assert_eq!(email(typed).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn invalid_addresses_are_rejected() {
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
            "lea@exam\u{200D}ple.org",
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
            "＜lea＞@example.org",
            "（lea）@example.org",
            "a․․b@example.org",
            "a‥@example.org",
            "․a@example.org",
            "a＠b@example.org",
            "a；b@example.org",
            "a，b@example.org",
            "a＂@example.org",
            "a。b@example.org",
            "⟨a⟩@example.org",
            "「a」@example.org",
            "‹a@example.org",
            "“a”@example.org",
            "\u{301}a@example.org",
            "a\u{13441}@example.org",
            "a\u{FFFC}@example.org",
            "a\u{3000}b@example.org",
        ] {
            assert!(email(wrong).is_err(), "{wrong}");
        }
        let local = "a".repeat(65);
        assert!(email(&format!("{local}@example.org")).is_err());
        let host = format!("{}.", "a".repeat(60)).repeat(5);
        assert!(email(&format!("lea@{host}org")).is_err());
    }

    #[test]
    fn equivalent_addresses_have_the_same_key() {
        for (one, other) in [
            ("LEA@example.org", "lea@EXAMPLE.org"),
            ("l\u{e9}a@example.org", "le\u{301}a@example.org"),
            ("bob@b\u{fc}cher.example", "bob@xn--bcher-kva.example"),
            ("bob@B\u{dc}CHER.example", "bob@xn--bcher-kva.example"),
            ("lea@example.org", "lea\u{ff20}example\u{3002}org"),
            ("lea@example.org", "lea@example.org."),
            ("lea@straße.example", "lea@xn--strae-oqa.example"),
            ("lea@STRAẞE.example", "lea@xn--strae-oqa.example"),
            ("lea@βόλος.gr", "lea@xn--nxasmm1c.gr"),
            ("STRAẞE@example.org", "strasse@example.org"),
        ] {
            assert_eq!(email_key(one), email_key(other), "{one} {other}");
        }
        assert_eq!(email_key("no address"), Some("no address".into()));
        assert_eq!(email_key(" \u{200b}"), None);
        assert_eq!(email_key("Lea@no host"), email_key("lea@NO HOST"));
        for (one, other) in [
            ("lea@example.org", "lea@example.com"),
            ("lea@straße.example", "lea@strasse.example"),
            ("lea@βόλος.gr", "lea@βόλοσ.gr"),
        ] {
            assert_ne!(email_key(one), email_key(other), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn validation_is_idempotent(text in "[\\PC]{1,8}@[a-zé例\\-.]{1,8}\\.(org|中国)") {
            if let Ok(address) = email(&text) {
                prop_assert_eq!(email(&address).unwrap(), address.clone());
                let key = email_key(&address).unwrap();
                prop_assert_eq!(email_key(&key), Some(key.clone()));
                prop_assert_eq!(email_key(&text), Some(key));
            }
        }
    }
}
