//! What the fields of requests may hold, from the same limits that the checks use.

use meeshy_chat::{MESSAGE_TYPES, OPENABLE_KINDS, Reason};
use meeshy_domain::limits;
use serde_json::{Map, Value, json};

/// Adds what is known of the fields to the schemas. `message_chars` is the limit of this server.
pub fn add_to(schemas: &mut Map<String, Value>, message_chars: usize) {
    for (schema, field, constraint) in constraints(message_chars) {
        let Some(Value::Object(property)) = schemas.get_mut(schema).and_then(|schema| place(schema, field))
        else {
            continue;
        };
        let is_optional = property.get("type").is_some_and(Value::is_array);
        let Value::Object(constraint) = constraint else { continue };
        for (name, mut value) in constraint {
            if let (true, "enum", Value::Array(values)) = (is_optional, name.as_str(), &mut value) {
                values.push(Value::Null);
            }
            property.insert(name, value);
        }
    }
}

/// The property of a schema, or, without a name, the schema itself.
fn place<'s>(schema: &'s mut Value, field: &str) -> Option<&'s mut Value> {
    if field.is_empty() { Some(schema) } else { schema.get_mut("properties")?.get_mut(field) }
}

/// Schema, field, and what JSON Schema says of it.
fn constraints(message_chars: usize) -> Vec<(&'static str, &'static str, Value)> {
    let line = |max: usize| json!({ "minLength": 1, "maxLength": max });
    let up_to = |max: usize| json!({ "maxLength": max });
    let language = json!({ "maxLength": limits::LANGUAGE_TAG_CHARS });
    let id = json!({ "pattern": "^[0-9a-f]{24}$" });
    let text = line(limits::TRANSLATED_TEXT_CHARS);
    let (least, most) = (limits::USERNAME_CHARS.start(), limits::USERNAME_CHARS.end());
    let reasons: Vec<&str> = Reason::ALL.map(Reason::name).to_vec();
    let kinds: Vec<String> = OPENABLE_KINDS.iter().map(ToString::to_string).collect();
    let mut constraints = vec![
        (
            "Register",
            "username",
            json!({ "minLength": least, "maxLength": most, "pattern": "^[A-Za-z0-9_-]+$" }),
        ),
        (
            "Register",
            "password",
            json!({ "minLength": limits::PASSWORD_CHARS, "maxLength": limits::PASSWORD_BYTES }),
        ),
        ("Register", "firstName", line(limits::NAME_CHARS)),
        ("Register", "lastName", line(limits::NAME_CHARS)),
        ("Register", "email", json!({ "format": "email", "maxLength": limits::EMAIL_BYTES })),
        ("PatchMe", "firstName", line(limits::NAME_CHARS)),
        ("PatchMe", "lastName", line(limits::NAME_CHARS)),
        ("PatchMe", "displayName", line(limits::DISPLAY_NAME_CHARS)),
        ("PatchMe", "bio", up_to(limits::BIO_CHARS)),
        ("CreateConversation", "type", json!({ "enum": kinds })),
        ("CreateConversation", "title", up_to(limits::TITLE_CHARS)),
        ("CreateConversation", "description", up_to(limits::DESCRIPTION_CHARS)),
        ("CreateConversation", "participantIds", json!({ "maxItems": limits::PARTICIPANTS })),
        (
            "CreateConversation",
            "identifier",
            json!({ "maxLength": limits::IDENTIFIER_CHARS, "pattern": "^[A-Za-z0-9@_-]*$" }),
        ),
        ("PostMessage", "content", line(message_chars)),
        ("PutMessage", "content", line(message_chars)),
        ("PostMessage", "messageType", json!({ "enum": MESSAGE_TYPES })),
        // An empty one is none.
        ("PostMessage", "clientMessageId", up_to(limits::CLIENT_MESSAGE_ID_CHARS)),
        ("AddTerm", "term", line(limits::TERM_CHARS)),
        ("AddTerm", "translation", line(limits::TERM_CHARS)),
        ("ReportTranslation", "reason", json!({ "enum": reasons })),
        ("ReportTranslation", "comment", up_to(limits::REPORT_CHARS)),
        // Not the texts of a batch: one that cannot be taken is answered in its place, and hinders no other.
        ("Translate", "text", text.clone()),
        ("TranslateTexts", "", json!({ "maxItems": limits::TRANSLATED_TEXTS })),
        ("DetectLanguage", "text", text),
        ("Translate", "message_id", id),
    ];
    let tags = [
        ("Register", "systemLanguage"),
        ("Register", "regionalLanguage"),
        ("PatchMe", "systemLanguage"),
        ("PatchMe", "regionalLanguage"),
        ("PatchMe", "customDestinationLanguage"),
        ("PostMessage", "originalLanguage"),
        ("PutMessage", "originalLanguage"),
        ("AddTerm", "language"),
        ("Translate", "source_language"),
        ("Translate", "target_language"),
    ];
    constraints.extend(tags.map(|(schema, field)| (schema, field, language.clone())));
    constraints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constraint_has_its_place() {
        let mut schemas = super::super::schemas(limits::MESSAGE_CHARS, None);
        let schemas = schemas.as_object_mut().unwrap();
        for (schema, field, constraint) in constraints(limits::MESSAGE_CHARS) {
            let property = schemas.get_mut(schema).and_then(|schema| place(schema, field));
            let property = property.unwrap_or_else(|| panic!("{schema} has no {field}"));
            for name in constraint.as_object().unwrap().keys() {
                assert!(property.get(name).is_some(), "{schema}.{field} lacks {name}");
            }
        }
    }
}
