//! Content types: what a file is called, and whether browsers may show it.

use std::fmt;

/// The content type of a file, such as `image/png`. It is one of those that this crate knows, so it contains
/// no parameters and nothing that an uploader wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentType(pub(crate) &'static str);

impl ContentType {
    /// Something unknown.
    pub const BINARY: Self = Self("application/octet-stream");
    /// Text that is nothing more specific.
    pub const TEXT: Self = Self("text/plain");

    /// The value of the header.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Whether a browser can show or play a file of this content type without running code from it, so that it may be served
/// inline with `nosniff` and a policy that allows nothing. HTML, SVG and XML can contain scripts. The content type may be one
/// that an uploader has named.
#[must_use]
pub fn is_harmless(content_type: &str) -> bool {
    let (class, name) = content_type.split_once('/').unwrap_or_default();
    match class {
        "image" => matches!(name, "png" | "jpeg" | "gif" | "webp" | "avif" | "heic" | "bmp"),
        "audio" | "video" => name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)),
        "text" => name == "plain",
        _ => content_type == "application/pdf",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_contain_a_script_is_not_harmless() {
        for content_type in [
            "text/html",
            "image/svg+xml",
            "application/xml",
            "application/xhtml+xml",
            "text/javascript",
            "text/css",
            "text/plain; charset=utf-7",
            "audio/x;y",
            "application/octet-stream",
            "",
        ] {
            assert!(!is_harmless(content_type), "{content_type}");
        }
        for content_type in
            ["image/png", "audio/x-m4a", "video/mp4", "application/pdf", ContentType::TEXT.as_str()]
        {
            assert!(is_harmless(content_type), "{content_type}");
        }
    }
}
