//! The package index in the configuration files of pip, which many sites point at a mirror of their own.
//!
//! Of the files, read in pip's order (<https://pip.pypa.io/en/stable/topics/configuration/>), the last one that
//! names an index counts, and `[download]` before `[global]`.

use std::path::{Path, PathBuf};

/// The sections that apply to a download, the most specific one first.
const SECTIONS: [&str; 2] = ["download", "global"];

/// The index that pip is configured to use, and the file that says so. `read` returns the text of a file, if
/// there is one.
pub fn index(
    variable: impl Fn(&str) -> Option<String>,
    read: impl Fn(&Path) -> Option<String>,
) -> Option<(PathBuf, String)> {
    let files: Vec<(PathBuf, String)> =
        files(variable, &read).into_iter().filter_map(|path| Some((path.clone(), read(&path)?))).collect();
    let of_section = |section: &str| {
        files.iter().rev().find_map(|(path, text)| Some((path.clone(), value(text, section)?.to_owned())))
    };
    SECTIONS.into_iter().find_map(of_section)
}

/// The configuration files; later ones take precedence.
fn files(variable: impl Fn(&str) -> Option<String>, read: &impl Fn(&Path) -> Option<String>) -> Vec<PathBuf> {
    let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let named = folder("PIP_CONFIG_FILE");
    if named.as_deref() == Some(Path::new("/dev/null")) {
        return Vec::new();
    }
    let shared = variable("XDG_CONFIG_DIRS").filter(|folders| !folders.is_empty());
    let shared = shared.unwrap_or_else(|| "/etc/xdg".to_owned());
    let global = shared.split(':').map(|folder| Path::new(folder).join("pip/pip.conf"));
    let mut files: Vec<PathBuf> = named.clone().into_iter().chain(global).collect();
    files.push(PathBuf::from("/etc/pip.conf"));
    if named.is_none_or(|named| read(&named).is_none()) {
        let home = folder("HOME");
        files.extend(home.as_ref().map(|home| home.join(".pip/pip.conf")));
        let own = folder("XDG_CONFIG_HOME").or_else(|| Some(home?.join(".config")));
        files.extend(own.map(|own| own.join("pip/pip.conf")));
    }
    files.extend(folder("VIRTUAL_ENV").map(|environment| environment.join("pip.conf")));
    files
}

/// The value of `index-url` in a section of an INI file.
fn value<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    let mut section = "";
    let mut found = None;
    for line in text.lines() {
        // An indented line continues a value; a URL has only one.
        if line.starts_with([' ', '\t', '#', ';']) {
            continue;
        }
        if let Some(name) = line.trim_end().strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        } else if section == wanted
            && let Some((key, value)) = line.split_once(['=', ':'])
            && key.trim().replace('_', "-").eq_ignore_ascii_case("index-url")
        {
            found = Some(value.trim()).filter(|value| !value.is_empty());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The index with these variables and files.
    fn configured(variables: &[(&str, &str)], files: &[(&str, &str)]) -> Option<String> {
        let find = |list: &[(&str, &str)], name: &str| {
            list.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let read = |path: &Path| find(files, path.to_str().unwrap());
        index(|name| find(variables, name), read).map(|(_, url)| url)
    }

    #[test]
    fn files_take_precedence_in_the_order_of_pip() {
        type Pairs<'a> = &'a [(&'a str, &'a str)];
        let ini = |url: &str| format!("[global]\nindex-url = {url}\n");
        let (a, b, c) = (ini("a"), ini("b"), ini("c"));
        let home = ("HOME", "/home/me");
        let cases: &[(Pairs<'_>, Pairs<'_>, Option<&str>)] = &[
            (&[], &[], None),
            (&[home], &[("/home/me/pip.conf", &a)], None),
            (&[], &[("/etc/pip.conf", &a)], Some("a")),
            (&[], &[("/etc/xdg/pip/pip.conf", &a)], Some("a")),
            (&[], &[("/etc/xdg/pip/pip.conf", &a), ("/etc/pip.conf", &b)], Some("b")),
            (&[("XDG_CONFIG_DIRS", "/x:/y")], &[("/x/pip/pip.conf", &a), ("/y/pip/pip.conf", &b)], Some("b")),
            (&[("XDG_CONFIG_DIRS", "/x")], &[("/etc/xdg/pip/pip.conf", &a)], None),
            (&[home], &[("/etc/pip.conf", &a), ("/home/me/.pip/pip.conf", &b)], Some("b")),
            (&[home], &[("/home/me/.pip/pip.conf", &a), ("/home/me/.config/pip/pip.conf", &b)], Some("b")),
            (&[home, ("XDG_CONFIG_HOME", "/own")], &[("/own/pip/pip.conf", &a)], Some("a")),
            (&[home, ("XDG_CONFIG_HOME", "/own")], &[("/home/me/.config/pip/pip.conf", &a)], None),
            (
                &[home, ("VIRTUAL_ENV", "/v")],
                &[("/home/me/.config/pip/pip.conf", &a), ("/v/pip.conf", &b)],
                Some("b"),
            ),
            (&[("PIP_CONFIG_FILE", "/f")], &[("/f", &a)], Some("a")),
            (&[("PIP_CONFIG_FILE", "/f")], &[("/f", &a), ("/etc/pip.conf", &b)], Some("b")),
            (&[home, ("PIP_CONFIG_FILE", "/f")], &[("/f", &a), ("/home/me/.pip/pip.conf", &b)], Some("a")),
            (&[home, ("PIP_CONFIG_FILE", "/gone")], &[("/home/me/.pip/pip.conf", &b)], Some("b")),
            (&[home, ("PIP_CONFIG_FILE", "/dev/null")], &[("/etc/pip.conf", &a)], None),
            (
                &[home, ("VIRTUAL_ENV", "/v")],
                &[("/etc/pip.conf", &a), ("/home/me/.pip/pip.conf", &b), ("/v/pip.conf", &c)],
                Some("c"),
            ),
        ];
        for (variables, files, expected) in cases {
            assert_eq!(configured(variables, files).as_deref(), *expected, "{variables:?} {files:?}");
        }
    }

    #[test]
    fn the_key_is_found_as_pip_would_find_it() {
        for (text, expected) in [
            ("[global]\nindex-url = https://a.example/simple\n", Some("https://a.example/simple")),
            ("[global]\nindex-url=https://a.example:8080/simple", Some("https://a.example:8080/simple")),
            ("[global]\nindex_url: https://a.example/?a=b", Some("https://a.example/?a=b")),
            ("[global]\r\nIndex-URL = a\r\n", Some("a")),
            ("# comment\n[install]\nindex-url = b\n[global]\ntimeout = 60\nindex-url = a\n", Some("a")),
            ("[global]\nindex-url = a\n[download]\nindex-url = b\n", Some("b")),
            ("[global]\nindex-url = a\nindex-url = b\n", Some("b")),
            ("[global]\nextra-index-url =\n    index-url = a\n", None),
            ("[global]\n#index-url = a\n;index-url = a\n", None),
            ("[global]\nextra-index-url = a\n", None),
            ("index-url = a\n", None),
            ("[install]\nindex-url = a\n", None),
            ("[global]\nindex-url =\n", None),
            ("", None),
        ] {
            assert_eq!(configured(&[], &[("/etc/pip.conf", text)]).as_deref(), expected, "{text}");
        }
    }
}
