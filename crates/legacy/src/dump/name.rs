//! File names in a dump, and the collections they belong to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha1::{Digest as _, Sha1};

/// Longer escaped names are truncated, to leave room for `.metadata.json.gz` within the 255 bytes of a file
/// name.
const MAX_BYTES: usize = 238;
/// How much of a truncated name is kept, before `%24` and a hash.
const TRUNCATED_BYTES: usize = 208;
/// MongoDB's own databases, and that of the oplog, which has no name.
const SYSTEM: [&str; 4] = ["admin", "config", "local", ""];

/// The role of a file in a dump, by its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FileName<'a> {
    /// Documents of a collection, with its escaped name.
    Documents { base: &'a str, gzip: bool },
    /// Metadata of a collection.
    Metadata { base: &'a str },
    /// The writes that MongoDB recorded during the dump.
    Oplog,
    /// Internal files of the tools: versions, users and roles.
    Tools,
    /// Not part of a dump.
    Other,
}

impl<'a> FileName<'a> {
    pub(super) fn of(name: &'a str) -> Self {
        let (name, gzip) = name.strip_suffix(".gz").map_or((name, false), |name| (name, true));
        if name.starts_with("._") {
            // macOS adds these to a tar next to each file.
            return Self::Other;
        }
        if name == "prelude.json" || is_of_tools(&unescape(name)) {
            return Self::Tools;
        }
        if name == "oplog.bson" {
            return Self::Oplog;
        }
        if let Some(base) = name.strip_suffix(".metadata.json") {
            return Self::Metadata { base };
        }
        match name.strip_suffix(".bson").or_else(|| name.strip_suffix(".bin")) {
            Some(base) if !base.is_empty() => Self::Documents { base, gzip },
            _ => Self::Other,
        }
    }
}

pub(super) fn is_system(database: &str) -> bool {
    SYSTEM.contains(&database)
}

/// Users and roles, which the tools dump under the name of another database's collection.
pub(super) fn is_of_tools(collection: &str) -> bool {
    collection.starts_with("$admin.system.")
}

/// The file name of a collection: everything except letters, digits and `-_.~` is percent-encoded, and a name
/// that is too long is truncated and followed by its hash.
pub(super) fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b' ' => escaped.push('+'),
            b'-' | b'_' | b'.' | b'~' => escaped.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => escaped.push(byte.into()),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    if escaped.len() <= MAX_BYTES {
        return escaped;
    }
    let hash = URL_SAFE_NO_PAD.encode(Sha1::digest(name));
    format!("{}%24{hash}", &escaped[..TRUNCATED_BYTES])
}

/// Whether a file name contains only a prefix of the collection's name.
pub(super) fn is_shortened(base: &str) -> bool {
    base.len() == MAX_BYTES && base.get(TRUNCATED_BYTES..).is_some_and(|end| end.starts_with("%24"))
}

/// The collection of a file: by its name, or by its metadata if the name was truncated.
pub(super) fn collection(base: &str, described: Option<&str>) -> String {
    match described {
        Some(name) if escape(name) == base => name.to_owned(),
        _ => unescape(base),
    }
}

/// Invalid escapes are kept as they are.
fn unescape(base: &str) -> String {
    let mut name = Vec::with_capacity(base.len());
    let mut rest = base.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let escaped = behind
            .first_chunk::<2>()
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        rest = match (byte, escaped) {
            (b'%', Some(escaped)) => {
                name.push(escaped);
                &behind[2..]
            }
            _ => {
                name.push(if byte == b'+' { b' ' } else { byte });
                behind
            }
        };
    }
    String::from_utf8(name).unwrap_or_else(|_| base.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_percent_encoded() {
        for (name, escaped) in
            [("User", "User"), ("a b", "a+b"), ("é", "%C3%A9"), ("a/b", "a%2Fb"), ("~*+", "~%2A%2B")]
        {
            assert_eq!(escape(name), escaped);
            assert_eq!(collection(escaped, None), name);
        }
        assert_eq!(collection("100%", None), "100%");
        assert_eq!(collection("%FF", None), "%FF");
    }

    #[test]
    fn a_truncated_name_is_in_the_metadata() {
        let name = "é".repeat(40);
        let base = escape(&name);
        assert_eq!(base.len(), MAX_BYTES);
        assert_eq!(collection(&base, Some(&name)), name);
        assert!(is_shortened(&base) && !is_shortened(&name));
        assert_ne!(collection(&base, None), name);
        assert_eq!(collection("Message", Some("User")), "Message", "a file that was renamed by hand");
    }

    #[test]
    fn files_are_recognised_by_name() {
        let documents = |base, gzip| FileName::Documents { base, gzip };
        for (name, expected) in [
            ("User.bson", documents("User", false)),
            ("User.bson.gz", documents("User", true)),
            ("User.bin", documents("User", false)),
            ("User.metadata.json.gz", FileName::Metadata { base: "User" }),
            ("prelude.json.gz", FileName::Tools),
            ("%24admin.system.users.bson", FileName::Tools),
            ("$admin.system.roles.metadata.json", FileName::Tools),
            ("oplog.bson", FileName::Oplog),
            (".bson", FileName::Other),
            ("README", FileName::Other),
            ("._User.bson", FileName::Other),
        ] {
            assert_eq!(FileName::of(name), expected, "{name}");
        }
    }
}
