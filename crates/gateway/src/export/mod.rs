//! Everything that belongs to a user, as one document: JSON for programs, HTML for people. Written while it is read.

mod html;
mod json;
mod section;

pub use section::{Section, entries};

use meeshy_domain::Language;
use serde_json::Value;

/// The form of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Json,
    Html,
}

/// A document that is being written.
pub struct Document {
    form: Form,
    language: Language,
    section: Option<Section>,
}

impl Document {
    pub fn new(form: Form, language: Language) -> Self {
        Self { form, language, section: None }
    }

    /// What comes before the first section.
    pub fn beginning(&self, made_at: &str) -> String {
        match self.form {
            Form::Json => json::beginning(made_at),
            Form::Html => html::beginning(self.language, made_at),
        }
    }

    /// Entries of a section, which begins with its first ones.
    pub fn add(&mut self, section: Section, entries: &[Value]) -> String {
        let is_new = self.section != Some(section);
        let ends = is_new && self.section.is_some();
        self.section = Some(section);
        match self.form {
            Form::Json => json::added(section, entries, is_new, ends),
            Form::Html => html::added(self.language, section, entries, is_new, ends),
        }
    }

    /// What comes after the last section.
    pub fn end(&self) -> String {
        let ends = self.section.is_some();
        match self.form {
            Form::Json => json::end(ends),
            Form::Html => html::end(ends),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(form: Form, language: &str) -> String {
        let mut document = Document::new(form, Language::parse(language).unwrap());
        let mut text = document.beginning("2026-01-15T12:34:56.789Z");
        text +=
            &document.add(Section::Profile, &[json!({ "bio": "<script>alert(1)</script>", "avatar": null })]);
        text +=
            &document.add(Section::Messages, &[json!({ "text": "a\"b", "translations": { "es": "c & d" } })]);
        text += &document.add(Section::Messages, &[json!({ "text": "e", "tags": ["f", true, 3] })]);
        text + &document.end()
    }

    #[test]
    fn json_is_one_object_with_a_list_for_each_section() {
        let parsed: Value = serde_json::from_str(&written(Form::Json, "en")).unwrap();
        assert_eq!(parsed["exportedAt"], "2026-01-15T12:34:56.789Z");
        assert_eq!(parsed["profile"][0]["bio"], "<script>alert(1)</script>");
        assert_eq!(parsed["messages"].as_array().unwrap().len(), 2);
        let empty = Document::new(Form::Json, Language::parse("en").unwrap());
        let text = empty.beginning("now") + &empty.end();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!({ "exportedAt": "now" }));
    }

    #[test]
    fn html_shows_everything_and_runs_nothing() {
        let text = written(Form::Html, "ar");
        assert!(text.contains("<html lang=\"ar\" dir=\"rtl\">"), "{text}");
        assert!(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !text.contains("<script"));
        assert!(text.contains("c &amp; d") && text.contains("default-src 'none'"));
        assert_eq!(text.matches("<h2").count(), 2);
        for tag in ["section", "dl", "ul", "article"] {
            let (open, closed) =
                (text.matches(&format!("<{tag}")).count(), text.matches(&format!("</{tag}>")).count());
            assert_eq!(open, closed, "{tag}");
        }
        assert!(written(Form::Html, "ja").contains("lang=\"en\""), "in English for others");
    }
}
