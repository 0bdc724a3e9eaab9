//! Complete documents, with every field of a mapping.

use super::{id, made};
use bson::{Binary, Bson, Document, doc, spec::BinarySubtype};
use meeshy_legacy::mapping::Mapping;
use meeshy_legacy::mapping::field::{Field, Kind, Parent};
use std::collections::BTreeSet;

/// The id of the document that others refer to as `parent`.
fn of(parent: Parent) -> Bson {
    match parent {
        Parent::EncryptionKey => "key-1".into(),
        other => id('p', other as u8 + 1).into(),
    }
}

/// A value of a field, and the expected value of its column.
fn sample(field: &Field) -> (Bson, String) {
    if let Some(reference) = field.reference {
        let value = of(reference.to);
        let text = value.as_object_id().map_or_else(|| "key-1".to_owned(), bson::oid::ObjectId::to_hex);
        return (value, text);
    }
    let soft = |parent: Parent| (of(parent), of(parent).as_object_id().unwrap().to_hex());
    match field.kind {
        Kind::Id if field.name == "messageId" => soft(Parent::Message),
        Kind::Id if field.name == "userId" => soft(Parent::User),
        Kind::Id => (id('z', 9).into(), id('z', 9).to_hex()),
        Kind::Text if field.name == "shortUrl" => ("/l/token".into(), "/l/token".into()),
        Kind::Text => (field.name.into(), field.name.into()),
        // Notifications read long ago are archived.
        Kind::Flag if field.name == "isRead" => (false.into(), "0".into()),
        Kind::Flag => (true.into(), "1".into()),
        // In milliseconds, consistent with its size and bit rate.
        Kind::Int if field.name == "duration" => (Bson::Int64(8_000), "8000".into()),
        Kind::Int => (Bson::Int64(7), "7".into()),
        Kind::Real => (Bson::Double(0.5), "0.5".into()),
        Kind::Time => (made(7).into(), made(7).timestamp_millis().to_string()),
        Kind::Json => (doc! { "a": [1, "b"], "c": Bson::Null }.into(), r#"{"a":[1,"b"],"c":null}"#.into()),
        Kind::Texts => (vec!["a", "b"].into(), r#"["a","b"]"#.into()),
        Kind::Ids => (vec![id('z', 9)].into(), format!("[\"{}\"]", id('z', 9).to_hex())),
        Kind::Bytes => {
            let binary = Binary { subtype: BinarySubtype::Generic, bytes: vec![1, 2] };
            (Bson::Binary(binary), "[1, 2]".into())
        }
        Kind::Name(names) => (names[0].into(), names[0].into()),
        Kind::Renamed(pairs) => (pairs[0].1.into(), pairs[0].1.into()),
        Kind::Language => ("es".into(), "es".into()),
    }
}

/// A document with every field of a mapping, and the expected columns.
pub fn whole(mapping: &Mapping, number: u8) -> (Document, Vec<(String, String)>) {
    let own = match mapping.parent {
        Some(parent) => of(parent),
        None => id('d', number).into(),
    };
    let (mut document, mut expected) = (doc! { "_id": own }, Vec::new());
    let mut seen = BTreeSet::new();
    for field in mapping.fields {
        let column = field.column_name().into_owned();
        // The author is a user or a guest; a field with two names is written under one.
        let is_left_out = column == "guest_id" || Some(column.as_str()) == mapping.self_reference;
        if is_left_out || !seen.insert(column.clone()) {
            continue;
        }
        let (value, text) = sample(field);
        document.insert(field.name, value);
        expected.push((column, text));
    }
    for switch in ["isEdited", "isDeleted"] {
        if mapping.implied.iter().any(|implied| implied.name == switch) {
            document.insert(switch, true);
        }
    }
    (document, expected)
}
