//! URLs that clients put into links and images.

use serde::Serialize;
use std::fmt;

/// A URL that a browser can follow without running code: `http:`, `https:`, or a path on this server. Rows
/// contain whatever clients and the old system stored; only URLs of this type are sent to clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct WebAddress(String);

/// Schemes that run or embed code (HTML Standard, `javascript:` URLs).
const CODE_SCHEMES: [&str; 3] = ["javascript", "vbscript", "data"];

impl WebAddress {
    /// Parses a URL, unchanged or not at all: browsers repair URLs in their own ways (URL Standard 4.4: they
    /// strip surrounding spaces, and tabs and newlines within).
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |c: char| !c.is_control() && !c.is_whitespace() && c != '\\';
        if !text.chars().all(is_plain) {
            return None;
        }
        // `//host` is another server.
        let is_path = text.starts_with('/') && !text.starts_with("//");
        let is_web = ["http://", "https://"].iter().any(|scheme| {
            let begins = text.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
            begins && text[scheme.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '[')
        });
        (is_path || is_web).then(|| Self(text.to_owned()))
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The path of a URL or of a path on this server, without the first slash, the query and the fragment: `a/b` of
/// `https://example.org/a/b?c#d`.
pub fn path_of(url: &str) -> Option<&str> {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => url.strip_prefix('/')?,
    };
    path.split(['?', '#']).next()
}

/// Whether a browser that follows `text` would run code, however it repairs the URL.
pub fn runs_code(text: &str) -> bool {
    let ignored = |c: &char| !c.is_control() && !c.is_whitespace();
    let Some((scheme, _)) = text.split_once(':') else { return false };
    let scheme: String = scheme.chars().filter(ignored).take(16).collect();
    CODE_SCHEMES.iter().any(|program| scheme.eq_ignore_ascii_case(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_urls_and_local_paths_are_accepted() {
        for text in [
            "https://example.org/a.png?x=1#y",
            "HTTP://example.org",
            "http://[::1]:3000/a",
            "https://例え.jp/あ",
            "/api/v1/attachments/file/2025%2Fa.png",
            "/",
        ] {
            assert_eq!(WebAddress::parse(text).as_ref().map(WebAddress::as_str), Some(text));
        }
    }

    #[test]
    fn everything_else_is_rejected() {
        for text in [
            "",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:alert(1)",
            "java\nscript:alert(1)",
            "\u{1}javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x",
            "file:///etc/passwd",
            "blob:https://example.org/x",
            "ftp://example.org",
            "//evil.example/a.png",
            "/\\evil.example/a.png",
            "\\\\evil.example",
            "https://",
            "https:///x",
            "https:example.org",
            "http://exa mple.org",
            "https://example.org/\n",
            "avatar.png",
            "/a\tb",
        ] {
            assert_eq!(WebAddress::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn code_schemes_are_recognised_as_browsers_do() {
        for text in ["javascript:x", " java\nscript:x", "DATA:text/html,x", "\u{0}vbscript:x"] {
            assert!(runs_code(text), "{text:?}");
        }
        for text in ["note: x", "https://example.org", "Say javascript: it runs", "javascript", ""] {
            assert!(!runs_code(text), "{text:?}");
        }
    }
}
