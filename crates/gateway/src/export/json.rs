//! The document for programs: an object with a list for each section.

use super::section::Section;
use serde_json::Value;

pub(super) fn beginning(made_at: &str) -> String {
    format!("{{\"exportedAt\":{}", Value::from(made_at))
}

pub(super) fn added(section: Section, entries: &[Value], is_new: bool, ends: bool) -> String {
    let mut text = String::new();
    if ends {
        text.push(']');
    }
    if is_new {
        text += &format!(",\n\"{}\":[\n", section.key());
    }
    for (at, entry) in entries.iter().enumerate() {
        if !is_new || at > 0 {
            text += ",\n";
        }
        text += &entry.to_string();
    }
    text
}

pub(super) fn end(ends: bool) -> String {
    if ends { "]}\n".to_owned() } else { "}\n".to_owned() }
}
