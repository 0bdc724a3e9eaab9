//! The document for people. It contains no code and loads nothing.

use super::section::Section;
use html_escape::{encode_double_quoted_attribute, encode_text};
use meeshy_domain::{Direction, Language};
use serde_json::Value;

/// The deepest nesting that is shown as such.
const MAX_DEPTH: usize = 6;

const STYLE: &str = "body{font-family:sans-serif;line-height:1.5;max-width:50rem;margin:2rem auto;padding:0 1rem}\
    article{border-block-start:1px solid #ccc;padding-block:.5rem}dl{display:grid;grid-template-columns:\
    minmax(6rem,auto) 1fr;gap:.1rem 1rem;margin:0}dt{color:#555}dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}";

pub(super) fn beginning(language: Language, made_at: &str) -> String {
    let (title, written_in) = super::section::title(language);
    let direction = match written_in.direction() {
        Direction::Ltr => "ltr",
        Direction::Rtl => "rtl",
    };
    let (lang, title, made_at) =
        (encode_double_quoted_attribute(written_in.code()), encode_text(title), encode_text(made_at));
    format!(
        "<!doctype html>\n<html lang=\"{lang}\" dir=\"{direction}\">\n<head><meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n<p><time>{made_at}</time></p>\n"
    )
}

pub(super) fn added(
    language: Language,
    section: Section,
    entries: &[Value],
    is_new: bool,
    ends: bool,
) -> String {
    let mut text = String::new();
    if ends {
        text += "</section>\n";
    }
    if is_new {
        text += &format!("<section>\n<h2>{}</h2>\n", encode_text(section.title(language)));
    }
    for entry in entries {
        text += "<article>";
        write(&mut text, entry, 0);
        text += "</article>\n";
    }
    text
}

pub(super) fn end(ends: bool) -> String {
    format!("{}</body>\n</html>\n", if ends { "</section>\n" } else { "" })
}

/// Objects as lists of names and values, without those that are absent; what people wrote keeps its own direction.
fn write(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(fields) if depth < MAX_DEPTH => {
            *text += "<dl>";
            for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                *text += &format!("<dt>{}</dt><dd dir=\"auto\">", encode_text(name));
                write(text, value, depth + 1);
                *text += "</dd>";
            }
            *text += "</dl>";
        }
        Value::Array(values) if depth < MAX_DEPTH => {
            *text += "<ul>";
            for value in values {
                *text += "<li>";
                write(text, value, depth + 1);
                *text += "</li>";
            }
            *text += "</ul>";
        }
        Value::String(plain) => *text += &encode_text(plain),
        other => *text += &encode_text(&other.to_string()),
    }
}
