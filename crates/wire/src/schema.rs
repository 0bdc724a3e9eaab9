//! JSON Schemas of the wire types, separately for requests and responses.

use schemars::generate::{Contract, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// Where a document contains its schemas.
const DEFINITIONS: &str = "/components/schemas";

/// The schemas that a document refers to, by name.
///
/// Requests and responses are described separately: an `Option` is an optional field in a request and a
/// nullable one in a response.
#[derive(Debug)]
pub struct Schemas {
    requests: SchemaGenerator,
    answers: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        let settings = |contract| {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = DEFINITIONS.into();
                settings.contract = contract;
                settings.transforms.clear();
            })
        };
        Self {
            requests: settings(Contract::Deserialize).into_generator(),
            answers: settings(Contract::Serialize)
                .with_transform(RecursiveTransform(never_null_and_absent))
                .into_generator(),
        }
    }
}

impl Schemas {
    /// The schema of a request type: a reference, if the type has a name.
    pub fn request<T: JsonSchema + ?Sized>(&mut self) -> Value {
        self.requests.subschema_for::<T>().to_value()
    }

    /// The schema of a response type.
    pub fn answer<T: JsonSchema + ?Sized>(&mut self) -> Value {
        self.answers.subschema_for::<T>().to_value()
    }

    /// The fields of a request type that are sent one by one, as in a query: name, schema, and whether it is
    /// required.
    pub fn fields<T: JsonSchema>(&mut self) -> Vec<(String, Value, bool)> {
        let mut schema = T::json_schema(&mut self.requests);
        never_null_and_absent(&mut schema);
        let mut schema = schema.to_value();
        let required = schema["required"].take();
        let Value::Object(properties) = schema["properties"].take() else { return Vec::new() };
        let is_required =
            |name: &String| required.as_array().is_some_and(|names| names.iter().any(|known| known == name));
        properties
            .into_iter()
            .map(|(name, schema)| {
                let required = is_required(&name);
                (name, schema, required)
            })
            .collect()
    }

    /// Every schema that was referred to, by name.
    pub fn into_definitions(mut self) -> Map<String, Value> {
        let mut all = self.requests.take_definitions(true);
        all.extend(self.answers.take_definitions(true));
        all
    }
}

/// An optional field of a response is never `null`.
fn never_null_and_absent(schema: &mut Schema) {
    let required = schema.get("required").cloned().unwrap_or_default();
    let is_required =
        |name: &str| required.as_array().is_some_and(|names| names.iter().any(|known| known == name));
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (_, property) in properties.iter_mut().filter(|(name, _)| !is_required(name)) {
        strip_null(property);
    }
}

fn strip_null(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    if let Some(Value::Array(kinds)) = fields.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            let kind = kind.clone();
            fields.insert("type".into(), kind);
        }
    }
    if let Some(Value::Array(choices)) = fields.get_mut("anyOf") {
        choices.retain(|choice| *choice != json!({ "type": "null" }));
        if let [Value::Object(choice)] = choices.as_slice() {
            let choice = choice.clone();
            fields.remove("anyOf");
            fields.extend(choice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    #[derive(Serialize, JsonSchema)]
    struct Both {
        always: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        sometimes: Option<i64>,
    }

    #[test]
    fn an_answer_says_what_is_always_there() {
        let mut schemas = Schemas::default();
        assert_eq!(schemas.answer::<Both>(), json!({ "$ref": "#/components/schemas/Both" }));
        let both = &schemas.into_definitions()["Both"];
        assert_eq!(both["required"], json!(["always"]));
        assert_eq!(both["properties"]["always"]["type"], json!(["integer", "null"]));
        assert_eq!(both["properties"]["sometimes"]["type"], json!("integer"));
    }

    #[test]
    fn a_query_has_only_what_is_sent() {
        let fields = Schemas::default().fields::<Both>();
        assert_eq!(fields.len(), 2);
        assert!(fields.iter().all(|(_, schema, required)| schema["type"] == "integer" && !required));
    }
}
