//! Values that are masked in all output.

use serde::Deserialize;
use std::fmt;

/// A password, a key, a token, or a hash of one. `Debug` masks it, and there is no `Display`.
///
/// Code that needs the value calls [`expose`](Self::expose), which is easy to search for.
#[derive(Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the value is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "(empty)" } else { MASK })
    }
}

/// A URL that may contain a password; `Debug` and `Display` mask it.
#[derive(Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// The URL with its password.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Address {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Address {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask_url(&self.0))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What is shown instead of a secret.
pub const MASK: &str = "********";

/// A URL with its password masked: `postgres://user:********@host/database`.
///
/// Everything between the scheme and the last `@` of the authority, after its first `:`, counts as password,
/// even if the rest is not a valid URL. Query parameters with names of secrets are masked too, and in web
/// URLs the path segments that are not short words such as `/v1` and `/models.json`.
pub fn mask_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // A password that is not percent-encoded may contain these characters; the last `@` then follows them.
    let end = rest.rfind('@').map_or(end, |at| end.max(at));
    let (authority, path) = rest.split_at(end);
    let (authority, path) = match path.strip_prefix('@') {
        Some(after) => (authority.to_owned() + "@", after),
        None => (authority.to_owned(), path),
    };
    let authority = match authority.rsplit_once('@') {
        Some((login, host)) => match login.split_once(':') {
            Some((user, _)) => format!("{user}:{MASK}@{host}"),
            // A token alone, as in `https://token@host`.
            None if scheme.starts_with("http") => format!("{MASK}@{host}"),
            None => format!("{login}@{host}"),
        },
        None => authority,
    };
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let path = if scheme.starts_with("http") { mask_path(path) } else { path.to_owned() };
    let query = query.map(|query| format!("?{}", mask_query(query)));
    format!("{scheme}://{authority}{path}{}", query.unwrap_or_default())
}

/// Maximum length of a path segment that is not considered a secret, in characters.
const MAX_WORD_CHARS: usize = 16;

fn mask_path(path: &str) -> String {
    let is_version = |word: &str| {
        let digits =
            word.strip_prefix('v').map(|rest| rest.trim_end_matches(|c: char| c.is_ascii_lowercase()));
        digits.is_some_and(|digits| digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase()) || is_version(word);
    let is_plain = |part: &str| part.len() <= MAX_WORD_CHARS && part.split(['-', '_', '.']).all(is_word);
    let parts = path.split('/').map(|part| if is_plain(part) { part } else { MASK });
    parts.collect::<Vec<_>>().join("/")
}

const SECRET_PARAMETERS: [&str; 8] =
    ["password", "pass", "key", "api_key", "apikey", "token", "access_token", "secret"];

fn mask_query(query: &str) -> String {
    let masked = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if SECRET_PARAMETERS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) => {
            format!("{name}={MASK}")
        }
        _ => pair.to_owned(),
    });
    masked.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_secret_is_masked() {
        let secret = Secret::from("canary");
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "******** Some(\n    ********,\n)");
        assert_eq!(format!("{:?}", Secret::default()), "(empty)");
        assert_eq!(secret.expose(), "canary");
    }

    #[test]
    fn passwords_in_urls_are_masked() {
        for (url, masked) in [
            ("postgres://meeshy:canary@db/meeshy", "postgres://meeshy:********@db/meeshy"),
            ("postgres://meeshy:can/a?r#y@db/meeshy", "postgres://meeshy:********@db/meeshy"),
            ("postgres://meeshy:c@nary@db:5432/meeshy", "postgres://meeshy:********@db:5432/meeshy"),
            ("postgres://meeshy@db/meeshy", "postgres://meeshy@db/meeshy"),
            (
                "postgres://db/meeshy?user=me&password=canary",
                "postgres://db/meeshy?user=me&password=********",
            ),
            ("https://canary@host/v1", "https://********@host/v1"),
            ("https://host/v1?api_key=canary&x=1", "https://host/v1?api_key=********&x=1"),
            ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
            ("https://host/c4nary/v1beta/models.json", "https://host/********/v1beta/models.json"),
            ("https://host/hooks/CANARY/?x=1", "https://host/hooks/********/?x=1"),
            ("https://host/a-long-canary-of-words", "https://host/********"),
            ("https://host/fr-en/v1?x=c4nary/x", "https://host/fr-en/v1?x=c4nary/x"),
            ("postgres://db/meeshy_2024", "postgres://db/meeshy_2024"),
            ("no address", "no address"),
        ] {
            assert_eq!(mask_url(url), masked);
        }
    }

    proptest! {
        #[test]
        fn no_password_remains_in_a_url(password in "[^\\p{C}]{1,20}", host in "[a-z]{1,8}") {
            let masked = mask_url(&format!("postgres://user:CANARY{password}@{host}/database"));
            prop_assert!(!masked.contains("CANARY"), "{}", masked);
            prop_assert!(masked.starts_with("postgres://user:********@"), "{}", masked);
        }
    }
}
