//! The URLs of files of the old system.

use meeshy_domain::web_address::path_of;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// The folder of public files within the folder of uploads. They are served without credentials.
pub(super) const PUBLIC: &str = "public";

/// The paths of files that were uploaded through the old front end, and of the tree before that.
const PUBLIC_PATHS: [&str; 2] = ["u/", "i/"];
/// The paths of files that were uploaded through the old gateway.
const UPLOAD_PATHS: [&str; 3] = ["uploads/", "api/attachments/file/", "api/v1/attachments/file/"];

/// Where a file of the old system belongs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At this path in the folder of uploads.
    Upload(String),
    /// At this path in its folder of public files.
    Public(String),
}

impl Place {
    /// The place of a file with this URL, which may have any host, because the old system had several; `None` if it was not
    /// a file of the old system.
    pub fn of(url: &str) -> Option<Self> {
        let path = percent_decode_str(path_of(url)?).decode_utf8().map(Cow::into_owned).ok()?;
        let upload = UPLOAD_PATHS.iter().find_map(|base| path.strip_prefix(base));
        match upload {
            Some(rest) => Some(Self::Upload(rest.to_owned())),
            None if PUBLIC_PATHS.iter().any(|base| path.starts_with(base)) => Some(Self::Public(path)),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_follows_from_the_path() {
        let public = |path: &str| Some(Place::Public(path.to_owned()));
        let upload = |path: &str| Some(Place::Upload(path.to_owned()));
        for (url, place) in [
            ("https://static.example.org/u/i/2025/10/a.jpg", public("u/i/2025/10/a.jpg")),
            ("/u/i/2025/10/a%20b.jpg?v=1", public("u/i/2025/10/a b.jpg")),
            ("http://old.example.org/i/2025/09/a.jpg#x", public("i/2025/09/a.jpg")),
            (
                "https://gate.example.org/api/attachments/file/2025%2F10%2Fu%2Fa.png",
                upload("2025/10/u/a.png"),
            ),
            ("/api/v1/attachments/file/2025%2F10%2Fu%2Fa.png", upload("2025/10/u/a.png")),
            ("https://gate.example.org/uploads/2025/a.png", upload("2025/a.png")),
            ("https://pictures.example.net/a.png", None),
            ("https://example.net", None),
            ("data:image/png;base64,AAAA", None),
            ("u/i/a.jpg", None),
            ("", None),
        ] {
            assert_eq!(Place::of(url), place, "{url}");
        }
    }
}
