//! Converts database values to BSON values as the old system stored them: the inverse of [`value::convert`].
//!
//! [`value::convert`]: super::value::convert

use super::field::Kind;
use bson::oid::ObjectId;
use bson::{Binary, DateTime, RawArrayBuf, RawBson, RawDocumentBuf, spec::BinarySubtype};
use meeshy_store::Value;
use serde_json::Value as Json;

/// The BSON value of a column; `None` if the value does not fit its kind.
#[must_use]
pub fn to_bson(kind: Kind, value: &Value) -> Option<RawBson> {
    Some(match (kind, value) {
        (_, Value::Null) => RawBson::Null,
        (Kind::Id, Value::Text(text)) => id(text),
        (Kind::Flag, Value::Bool(on)) => RawBson::Boolean(*on),
        // SQLite has no booleans, and a query returns `FALSE` as 0.
        (Kind::Flag, Value::Int(on @ (0 | 1))) => RawBson::Boolean(*on == 1),
        (Kind::Int, Value::Int(number)) => RawBson::Int64(*number),
        // The databases do not distinguish -0 from 0.
        (Kind::Real, Value::Real(number)) => RawBson::Double(number + 0.0),
        (Kind::Time, Value::Int(millis)) => RawBson::DateTime(DateTime::from_millis(*millis)),
        (Kind::Json | Kind::Texts, Value::Text(text)) => from_json(&serde_json::from_str(text).ok()?)?,
        (Kind::Ids, Value::Text(text)) => ids(text)?,
        (Kind::Bytes, Value::Bytes(bytes)) => {
            RawBson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: bytes.clone() })
        }
        (Kind::Text | Kind::Name(_) | Kind::Renamed(_) | Kind::Language, Value::Text(text)) => {
            RawBson::String(text.clone())
        }
        _ => return None,
    })
}

/// An id; one that the old system chose as a name stays a name.
pub(super) fn id(text: &str) -> RawBson {
    ObjectId::parse_str(text).map_or_else(|_| RawBson::String(text.to_owned()), RawBson::ObjectId)
}

fn ids(text: &str) -> Option<RawBson> {
    let ids: Vec<String> = serde_json::from_str(text).ok()?;
    let mut array = RawArrayBuf::new();
    ids.iter().for_each(|text| array.push(id(text)));
    Some(RawBson::Array(array))
}

fn from_json(json: &Json) -> Option<RawBson> {
    Some(match json {
        Json::Null => RawBson::Null,
        Json::Bool(on) => RawBson::Boolean(*on),
        Json::Number(number) => match number.as_i64() {
            Some(number) => i32::try_from(number).map_or(RawBson::Int64(number), RawBson::Int32),
            None => RawBson::Double(number.as_f64()?),
        },
        Json::String(text) => RawBson::String(text.clone()),
        Json::Array(items) => {
            let mut array = RawArrayBuf::new();
            for item in items {
                array.push(from_json(item)?);
            }
            RawBson::Array(array)
        }
        Json::Object(members) => {
            let mut document = RawDocumentBuf::new();
            for (key, member) in members {
                let key = <&bson::raw::CStr>::try_from(key.as_str()).ok()?;
                document.append(key, from_json(member)?);
            }
            RawBson::Document(document)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::value::convert;
    use super::*;
    use bson::rawdoc;

    #[test]
    fn what_was_taken_exactly_is_given_back() {
        let id = ObjectId::from_bytes([7; 12]);
        let values: [(Kind, RawBson); 10] = [
            (Kind::Id, RawBson::ObjectId(id)),
            (Kind::Text, RawBson::String("été".into())),
            (Kind::Flag, RawBson::Boolean(true)),
            (Kind::Int, RawBson::Int64(-3)),
            (Kind::Real, RawBson::Double(0.1)),
            (Kind::Time, RawBson::DateTime(DateTime::from_millis(-1))),
            (
                Kind::Json,
                RawBson::Document(rawdoc! { "a": [1_i32, 5_000_000_000_i64, 0.5], "b": { "c": null } }),
            ),
            (Kind::Texts, RawBson::Array(["a", "b"].into_iter().collect())),
            (Kind::Ids, RawBson::Array([id].into_iter().collect())),
            (Kind::Bytes, RawBson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: vec![0, 255] })),
        ];
        for (kind, value) in values {
            let taken = convert(kind, value.as_raw_bson_ref()).expect("a value of its kind");
            assert!(taken.is_exact, "{kind:?}");
            assert_eq!(to_bson(kind, &taken.value), Some(value), "{kind:?}");
        }
    }

    #[test]
    fn a_column_of_another_kind_gives_nothing() {
        assert_eq!(to_bson(Kind::Flag, &Value::Int(2)), None);
        assert_eq!(to_bson(Kind::Json, &"{".into()), None);
        assert_eq!(to_bson(Kind::Int, &"1".into()), None);
    }
}
