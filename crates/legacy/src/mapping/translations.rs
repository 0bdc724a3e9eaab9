//! Translations: separate documents, or in later versions a map in the message.

use super::field::{Kind, Parent, flag, id, language, real, text, time};
use super::{Draft, Mapper, Mapping, Rejection, merge, value};
use bson::RawDocument;
use meeshy_domain::Language;
use meeshy_store::Value;

/// A translation of a message; of several into one language, the newest. Its text is in `translatedContent`,
/// or `translatedText` in documents written by scripts.
pub static TRANSLATION: Mapping = Mapping {
    table: "translations",
    key: &["message_id", "language"],
    merge_key: &["message_id", "language"],
    computed: &["state", "revision"],
    insert_only: &["state", "revision"],
    column_groups: &[&["content", "engine", "score", "source_language"]],
    merge: merge::newest,
    rule: |draft, raw, _| {
        if let Ok(text) = raw.get_str("translatedText") {
            draft.keep_original("translatedText", bson::RawBsonRef::String(text));
        }
        draft.set("state", "done");
        draft.set("revision", 1);
        Ok(super::Destination::Row)
    },
    fields: &[
        id("messageId").of(Parent::Message),
        language("sourceLanguage"),
        language("targetLanguage").column("language").required(),
        text("translatedContent").column("content").required(),
        text("translatedText").column("content"),
        text("translationModel").column("engine").or_text(""),
        real("confidenceScore").column("score"),
        flag("isEncrypted").or_flag(false),
        text("encryptionKeyId"),
        text("encryptionIv"),
        text("encryptionAuthTag"),
        time("createdAt").or_id_time(),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// One entry of the map `translations` of a message.
pub static ENTRY: Mapping = Mapping {
    table: "translations",
    key: &["message_id", "language"],
    computed: &["message_id", "language", "state", "revision"],
    fields: &[
        text("text").column("content").required(),
        text("translationModel").column("engine").or_text(""),
        real("confidenceScore").column("score"),
        flag("isEncrypted").or_flag(false),
        text("encryptionKeyId"),
        text("encryptionIv"),
        text("encryptionAuthTag"),
        time("createdAt"),
        time("updatedAt").or_column("created_at"),
    ],
    ..Mapping::PLAIN
};

/// The entries of the map of a message, each with its language as written, or why it is rejected.
pub fn entries<'m>(
    message: &Draft<'_>,
    raw: &RawDocument,
    entry: &'m Mapper,
) -> Vec<(String, Result<Draft<'m>, Rejection>)> {
    let Ok(map) = raw.get_document("translations") else { return Vec::new() };
    let written = message.int("created_at");
    let read = |key: &str, value: bson::RawBsonRef<'_>| {
        let wrong = |reason: String| Rejection::wrong("translations", reason);
        let language = Language::parse(key).map_err(|error| wrong(error.to_string()))?;
        let document = value.as_document().ok_or_else(|| wrong("expected a document".into()))?;
        let set: [(&str, Value); 4] = [
            ("message_id", message.id.as_str().into()),
            ("language", language.into()),
            ("state", "done".into()),
            ("revision", 1.into()),
        ];
        let mut draft = entry.map_part(document, &set)?;
        // An entry without a date is at most as old as its message.
        for column in ["created_at", "updated_at"] {
            if draft.int(column).is_none() {
                draft.set(column, written);
            }
        }
        Ok(draft)
    };
    map.into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str().to_owned(), read(key.as_str(), value)))
        .collect()
}

/// Whether the map of a message contains this text in this language.
pub fn has_inside(message: &RawDocument, language: &str, content: &Value) -> bool {
    let Ok(map) = message.get_document("translations") else { return false };
    map.iter().flatten().any(|(key, entry)| {
        let is_of_language = Language::parse(key.as_str()).is_ok_and(|written| written.code() == language);
        let text = entry.as_document().and_then(|entry| entry.get("text").ok().flatten());
        is_of_language
            && text.is_some_and(|text| {
                value::convert(Kind::Text, text).is_ok_and(|taken| taken.value == *content)
            })
    })
}
