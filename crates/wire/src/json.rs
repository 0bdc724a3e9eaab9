//! Parses JSON from clients.
//!
//! Serde's derived types also accept an array for a struct, with its fields in order, and an object for the
//! name of a variant. A client that sends these has made a mistake; here both are errors, at any depth.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use serde_json::{Error, Value};

/// Parses JSON as `T`, with objects only where objects are expected.
///
/// # Errors
/// When it is not JSON, or not a `T`.
pub fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, Error> {
    from_value(serde_json::from_slice(json)?)
}

/// Converts a JSON value to `T`, with objects only where objects are expected.
///
/// # Errors
/// When it is not a `T`.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(Strict(value))
}

struct Strict(Value);

impl Strict {
    fn refuse<T>(&self, expected: &str) -> Result<T, Error> {
        let found = match &self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(on) => Unexpected::Bool(*on),
            Value::Number(_) => Unexpected::Other("number"),
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        };
        Err(Error::invalid_type(found, &expected))
    }
}

impl<'de> Deserializer<'de> for Strict {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(Self));
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| (name, Self(value)));
                let mut fields = MapDeserializer::new(fields);
                let value = visitor.visit_map(&mut fields)?;
                fields.end()?;
                Ok(value)
            }
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.0.is_object() { self.deserialize_any(visitor) } else { self.refuse("an object") }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_object() { self.deserialize_any(visitor) } else { self.refuse("an object") }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(name.into_deserializer()),
            _ => self.refuse("a string"),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EditMessage, Handshake, Login, ModelType, PatchMe, PostMessage, Register, TranslateTexts};
    use proptest::prelude::*;

    fn error<T: DeserializeOwned>(json: &str) -> String {
        from_json::<T>(json.as_bytes()).err().unwrap().to_string()
    }

    #[test]
    fn a_list_is_no_object_at_any_depth() {
        assert_eq!(error::<Login>(r#"["lea","secret"]"#), "invalid type: sequence, expected an object");
        assert_eq!(error::<PatchMe>(r#"["Eve"]"#), "invalid type: sequence, expected an object");
        assert_eq!(error::<Handshake>("[]"), "invalid type: sequence, expected an object");
        assert_eq!(error::<EditMessage>(r#"["id","text"]"#), "invalid type: sequence, expected an object");
        assert_eq!(
            error::<TranslateTexts>(r#"[["text",null,"fr",null]]"#),
            "invalid type: sequence, expected an object"
        );
        assert_eq!(error::<ModelType>(r#"{"basic":null}"#), "invalid type: map, expected a string");
        assert_eq!(error::<Login>("7"), "invalid type: number, expected an object");
        assert_eq!(error::<Login>("{}"), "missing field `username`");
        assert_eq!(error::<Login>(r#"{"username":7}"#), "invalid type: integer `7`, expected a string");
    }

    #[test]
    fn objects_and_lists_are_read_where_they_belong() {
        let TranslateTexts(texts) =
            from_json(br#"[{"text":"a","target_language":"fr","model_type":"basic","more":[{}]}]"#).unwrap();
        assert_eq!((texts[0].text.as_str(), texts[0].model_type), ("a", Some(ModelType::Basic)));
        let patch: PatchMe = from_json(br#"{"regionalLanguage":null,"autoTranslateEnabled":true}"#).unwrap();
        assert_eq!((patch.regional_language, patch.auto_translate_enabled), (Some(None), Some(true)));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let names = || prop_oneof!["[a-z]{1,6}", Just("content".into()), Just("username".into())];
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from)
        ];
        scalar.prop_recursive(3, 16, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(names(), inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// The parsed value equals what serde parses; only objects differ.
        #[test]
        fn nothing_but_an_object_is_a_request(value in any_json()) {
            prop_assert_eq!(&from_value::<Value>(value.clone()).unwrap(), &value);
            let is_object = value.is_object();
            prop_assert!(is_object || from_value::<PostMessage>(value.clone()).is_err());
            prop_assert!(is_object || from_value::<Register>(value.clone()).is_err());
            let read = from_value::<PatchMe>(value.clone()).map(|patch| format!("{patch:?}")).ok();
            let by_serde = serde_json::from_value::<PatchMe>(value).map(|patch| format!("{patch:?}")).ok();
            prop_assert!(!is_object || read == by_serde);
        }
    }
}
