//! The names of files in a dump, and the collections that they stand for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha1::{Digest as _, Sha1};

/// Longer escaped names are shortened, to leave room for `.metadata.json.gz` in the 255 bytes of a file's name.
const MAX_BYTES: usize = 238;
/// So much is kept of a shortened name, before `%24` and a hash.
const KEPT: usize = 208;
/// Databases of MongoDB itself, and the oplog's, which has none.
const SYSTEM: [&str; 4] = ["admin", "config", "local", ""];

/// What a file of a dump is, by its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FileName<'a> {
    /// Documents of a collection, whose escaped name this is.
    Documents { base: &'a str, gzip: bool },
    /// The description of a collection.
    Metadata { base: &'a str },
    /// The writes that MongoDB saw during the dump.
    Oplog,
    /// What the tools left for themselves: their versions, users and roles.
    Tools,
    /// Nothing of a dump.
    Other,
}

impl<'a> FileName<'a> {
    pub(super) fn of(name: &'a str) -> Self {
        let (name, gzip) = name.strip_suffix(".gz").map_or((name, false), |name| (name, true));
        if name.starts_with("._") {
            // What macOS puts into a tar beside each file.
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

/// The name of a collection as the name of a file: what is neither a letter, a digit nor one of `-_.~` is escaped as in
/// the query of an address, and what is too long then is cut and followed by its hash.
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
    format!("{}%24{hash}", &escaped[..KEPT])
}

/// Whether the name of a file is only the beginning of that of its collection.
pub(super) fn is_shortened(base: &str) -> bool {
    base.len() == MAX_BYTES && base.get(KEPT..).is_some_and(|end| end.starts_with("%24"))
}

/// The collection of a file: by its name, or by the description beside it where the name was shortened.
pub(super) fn collection(base: &str, described: Option<&str>) -> String {
    match described {
        Some(name) if escape(name) == base => name.to_owned(),
        _ => unescape(base),
    }
}

/// What is not escaped properly stays as it is.
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
    fn names_are_escaped_as_in_a_query() {
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
    fn a_shortened_name_is_in_the_description() {
        let name = "é".repeat(40);
        let base = escape(&name);
        assert_eq!(base.len(), MAX_BYTES);
        assert_eq!(collection(&base, Some(&name)), name);
        assert!(is_shortened(&base) && !is_shortened(&name));
        assert_ne!(collection(&base, None), name);
        assert_eq!(collection("Message", Some("User")), "Message", "a file that was renamed by hand");
    }

    #[test]
    fn a_file_is_known_by_its_name() {
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
