//! Texts: which bytes are one, and which kind of text it is.

use crate::content_type::ContentType;
use std::borrow::Cow;

/// The types of texts by extension. Those of markup that can run scripts are in it too, so that a file is
/// never taken for something more harmless than its name says.
const EXTENSIONS: &[(&str, &[&str])] = &[
    ("text/plain", &["txt", "text", "log", "ini", "cfg", "conf", "env", "srt"]),
    ("text/markdown", &["md", "markdown"]),
    ("text/csv", &["csv"]),
    ("text/tab-separated-values", &["tsv"]),
    ("text/html", &["html", "htm"]),
    ("application/xhtml+xml", &["xhtml"]),
    ("application/xml", &["xml", "xsl", "xslt"]),
    ("image/svg+xml", &["svg"]),
    ("text/css", &["css", "scss", "less"]),
    ("text/javascript", &["js", "mjs", "cjs", "jsx"]),
    ("text/x-typescript", &["ts", "tsx"]),
    ("application/json", &["json", "map"]),
    ("application/x-yaml", &["yaml", "yml"]),
    ("application/sql", &["sql"]),
    ("application/x-sh", &["sh", "bash", "zsh", "fish"]),
    ("application/rtf", &["rtf"]),
    ("text/x-toml", &["toml"]),
    ("text/x-python", &["py", "pyw"]),
    ("text/x-rust", &["rs"]),
    ("text/x-go", &["go"]),
    ("text/x-c", &["c", "h"]),
    ("text/x-c++", &["cc", "cpp", "cxx", "hpp", "hh"]),
    ("text/x-csharp", &["cs"]),
    ("text/x-java", &["java"]),
    ("text/x-kotlin", &["kt", "kts"]),
    ("text/x-swift", &["swift"]),
    ("text/x-ruby", &["rb"]),
    ("text/x-php", &["php"]),
    ("text/x-perl", &["pl", "pm"]),
    ("text/x-lua", &["lua"]),
    ("text/x-r", &["r"]),
    ("text/x-scala", &["scala"]),
    ("text/x-dart", &["dart"]),
    ("text/x-vue", &["vue", "svelte"]),
    ("text/x-diff", &["diff", "patch"]),
    ("text/calendar", &["ics"]),
    ("text/vcard", &["vcf"]),
    ("text/vtt", &["vtt"]),
];

/// Elements with which HTML may begin, without a declaration.
const HTML: &[&str] = &[
    "html", "head", "body", "script", "iframe", "style", "title", "meta", "link", "base", "h1", "h2", "h3",
    "div", "span", "font", "table", "a", "b", "br", "p", "img", "form", "input", "object", "embed", "video",
    "audio", "details", "button", "center", "marquee", "template", "ul", "ol", "pre",
];

/// The text that a file begins with, if it is one: UTF-8, UTF-16 with a byte order mark, or, if the extension
/// is that of a text, a single-byte encoding. Texts contain no control characters.
pub(crate) fn decode<'a>(head: &'a [u8], extension: &str) -> Option<Cow<'a, str>> {
    let decoded: Cow<'a, str> = match head {
        [0xFF, 0xFE, rest @ ..] => utf_16(rest, u16::from_le_bytes)?.into(),
        [0xFE, 0xFF, rest @ ..] => utf_16(rest, u16::from_be_bytes)?.into(),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf_8(rest)?.into(),
        _ => match utf_8(head) {
            Some(text) => text.into(),
            None if by_extension(extension).is_some() => {
                head.iter().map(|&byte| char::from(byte)).collect::<String>().into()
            }
            None => return None,
        },
    };
    let is_text = |c: char| !matches!(c, '\0'..='\x08' | '\x0E'..='\x1A' | '\x1C'..='\x1F' | '\x7F');
    decoded.chars().all(is_text).then_some(decoded)
}

/// The head of a file may end within a character.
fn utf_8(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(cut) if cut.error_len().is_none() => std::str::from_utf8(&bytes[..cut.valid_up_to()]).ok(),
        Err(_) => None,
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units = bytes.as_chunks::<2>().0.iter().map(|&two| unit(two));
    char::decode_utf16(units).collect::<Result<_, _>>().ok()
}

/// The type of a text.
pub(crate) fn content_type(text: &str, extension: &str, declared: &str) -> ContentType {
    let start = text.trim_start();
    let signed = match start {
        _ if start.starts_with('<') => markup(start),
        _ if start.starts_with("#!") => Some("application/x-sh"),
        _ if start.starts_with("{\\rtf") => Some("application/rtf"),
        _ if start.starts_with("%!PS") => Some("application/postscript"),
        _ => None,
    };
    let named = by_extension(extension);
    let said = || EXTENSIONS.iter().map(|it| it.0).find(|it| *it == declared);
    match (signed, named) {
        // A script in a known language.
        (Some("application/x-sh"), Some(language)) if language != ContentType::TEXT.0 => {
            ContentType(language)
        }
        (Some(signed), _) => ContentType(signed),
        (None, named) => named.or_else(said).map_or(ContentType::TEXT, ContentType),
    }
}

fn by_extension(extension: &str) -> Option<&'static str> {
    EXTENSIONS.iter().find(|(_, extensions)| extensions.contains(&extension)).map(|(name, _)| *name)
}

/// The language of markup, by its first element or its declaration.
fn markup(text: &str) -> Option<&'static str> {
    let mut rest = text;
    let mut is_xml = false;
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("<!--") {
            // A comment without an end is how HTML may begin, as far as browsers are concerned.
            let Some((_, after)) = comment.split_once("-->") else { return Some("text/html") };
            rest = after;
        } else if let Some(instruction) = rest.strip_prefix("<?") {
            is_xml |= starts_with(instruction, "xml");
            if starts_with(instruction, "php") {
                return Some("text/x-php");
            }
            rest = instruction.split_once('>').map_or("", |(_, after)| after);
        } else if let Some(declaration) = rest.strip_prefix("<!") {
            let name = declaration.get(7..).unwrap_or_default().trim_start();
            match () {
                () if !starts_with(declaration, "doctype") => break,
                () if starts_with(name, "html") => return Some("text/html"),
                () if starts_with(name, "svg") => return Some("image/svg+xml"),
                () => rest = declaration.split_once('>').map_or("", |(_, after)| after),
            }
        } else {
            break;
        }
    }
    let name = rest.strip_prefix('<').unwrap_or_default();
    let name = name.split(|c: char| c.is_whitespace() || c == '>' || c == '/').next().unwrap_or_default();
    let local = name.rsplit_once(':').map_or(name, |(_, local)| local).to_ascii_lowercase();
    match local.as_str() {
        "svg" => Some("image/svg+xml"),
        _ if is_xml && (local == "html" || text.contains("http://www.w3.org/1999/xhtml")) => {
            Some("application/xhtml+xml")
        }
        _ if is_xml => Some("application/xml"),
        local if HTML.contains(&local) => Some("text/html"),
        _ => None,
    }
}

fn starts_with(text: &str, part: &str) -> bool {
    text.get(..part.len()).is_some_and(|start| start.eq_ignore_ascii_case(part))
}
