//! The paths and names of uploaded files.

use jiff::tz::TimeZone;
use meeshy_domain::{Actor, Timestamp, limits, web_address};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::borrow::Cow;

/// Maximum length of the part of a path that the uploader chose, in bytes.
const STEM_BYTES: usize = 50;
/// Maximum length of an extension, in bytes.
const EXTENSION_BYTES: usize = 10;
/// The name of a file without one.
const UNNAMED: &str = "file";

/// The name of a file as it is shown: without folders and control characters.
pub(super) fn shown_name(given: Option<&str>) -> String {
    let name = given.unwrap_or_default();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(limits::FILE_NAME_CHARS).collect();
    let name = name.trim();
    if name.is_empty() || name.chars().all(|c| c == '.') { UNNAMED.to_owned() } else { name.to_owned() }
}

/// The path of a file in the folder of uploads: `2026/12/<uploader>/<name>_<unique>.<extension>`. Nobody guesses `unique`, which
/// is enough to open the file where [`unsigned_file_paths`](crate::Settings::unsigned_file_paths) says so.
pub(super) fn path(uploader: Actor, name: &str, unique: &str, now: Timestamp) -> String {
    let uploader = uploader.id();
    let (stem, extension) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).unwrap_or((name, ""));
    let stem: String = stem.chars().map(|c| if is_plain(c) || c == '-' { c } else { '_' }).collect();
    let stem = stem.get(..STEM_BYTES).unwrap_or(&stem);
    let extension: String = extension.chars().filter(|c| is_plain(*c)).take(EXTENSION_BYTES).collect();
    let dot = if extension.is_empty() { "" } else { "." };
    let day = jiff::Timestamp::from_millisecond(now.millis()).unwrap_or_default().to_zoned(TimeZone::UTC);
    let extension = extension.to_ascii_lowercase();
    format!("{:04}/{:02}/{uploader}/{stem}_{unique}{dot}{extension}", day.year(), day.month())
}

/// The path of the thumbnail of a file.
pub(super) fn thumbnail_path(path: &str) -> String {
    let name_at = path.rfind('/').map_or(0, |slash| slash + 1);
    let end = path[name_at..].rfind('.').map_or(path.len(), |dot| name_at + dot);
    format!("{}_thumb.jpg", &path[..end])
}

/// The URL of a file, for clients: a path on this server.
pub(super) fn url(path: &str) -> String {
    // Slashes as well: it is one segment.
    let path = path.split('/').map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string());
    format!("/api/v1/attachments/file/{}", path.collect::<Vec<_>>().join("%2F"))
}

/// The path of the file of this server that a URL names; it may have a host and a signature.
pub(super) fn path_of(url: &str) -> Option<String> {
    let path = web_address::path_of(url)?;
    let bases = ["api/v1/attachments/file/", "api/attachments/file/"];
    let path = bases.iter().find_map(|base| path.strip_prefix(base))?;
    percent_decode_str(path).decode_utf8().ok().map(Cow::into_owned).filter(|path| !path.contains('\0'))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_when_and_who_and_nothing_harmful() {
        let lea: Actor = "65a0c0ffee0123456789abcd".parse().unwrap();
        let now = Timestamp::from_millis(1_764_547_200_000);
        for (name, path_of) in [
            ("Été à la plage.PNG", "_t____la_plage_00ff.png"),
            ("noext", "noext_00ff"),
            (".htaccess", "_htaccess_00ff"),
            ("a.tar.gz", "a_tar_00ff.gz"),
            ("x.p/h?p", "x_00ff.php"),
        ] {
            assert_eq!(path(lea, name, "00ff", now), format!("2025/12/{lea}/{path_of}"), "{name}");
        }
        let long = path(lea, &"x".repeat(300), "00ff", now);
        assert_eq!(long, format!("2025/12/{lea}/{}_00ff", "x".repeat(50)));
        assert_eq!(thumbnail_path("2025/12/u/a.b_00.png"), "2025/12/u/a.b_00_thumb.jpg");
        assert_eq!(thumbnail_path("2025.1/12/u/a_00"), "2025.1/12/u/a_00_thumb.jpg");
        assert_eq!(url("2025/12/u/a_00.png"), "/api/v1/attachments/file/2025%2F12%2Fu%2Fa%5F00%2Epng");
    }

    #[test]
    fn a_url_leads_back_to_its_path() {
        let path = "2025/12/u/a_00.png";
        let signed = format!("{}?sig=x&exp=1", url(path));
        for url in [
            signed.clone(),
            format!("https://gate.example.org{signed}"),
            format!("/api/attachments/file/{path}"),
        ] {
            assert_eq!(path_of(&url).as_deref(), Some(path), "{url}");
        }
        for url in
            ["", "/", "https://example.org", "https://example.org/a.png", "/api/v1/attachments/file/a%00b"]
        {
            assert_eq!(path_of(url), None, "{url}");
        }
    }

    #[test]
    fn a_shown_name_has_no_folders() {
        for (given, shown) in [
            (None, "file"),
            (Some(""), "file"),
            (Some(".."), "file"),
            (Some("C:\\Users\\Léa\\photo.png"), "photo.png"),
            (Some("../../etc/passwd"), "passwd"),
            (Some("a\u{0}b\nc.txt"), "abc.txt"),
        ] {
            assert_eq!(shown_name(given), shown, "{given:?}");
        }
    }
}
