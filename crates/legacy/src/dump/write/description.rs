//! The metadata file of a collection, in canonical extended JSON.

use super::Index;
use serde::{Serialize, Serializer};

/// The metadata of a collection with these indexes and that of `_id`.
pub(super) fn of(collection: &str, indexes: &[Index]) -> serde_json::Result<String> {
    let own = Index { name: "_id_".to_owned(), fields: vec![("_id".to_owned(), 1)], unique: false };
    let indexes = std::iter::once(&own)
        .chain(indexes)
        .map(|index| Described { v: Int(2), key: Key(index), name: &index.name, unique: index.unique })
        .collect();
    serde_json::to_string(&Description { indexes, collection_name: collection, kind: "collection" })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Description<'a> {
    indexes: Vec<Described<'a>>,
    collection_name: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
}

#[derive(Serialize)]
struct Described<'a> {
    v: Int,
    key: Key<'a>,
    name: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unique: bool,
}

/// The fields of an index: an object with a significant order.
struct Key<'a>(&'a Index);

impl Serialize for Key<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.fields.iter().map(|(field, order)| (field, Int(*order))))
    }
}

struct Int(i32);

impl Serialize for Int {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("$numberInt", self.0.to_string())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_index_fields_is_kept() {
        let fields = vec![("userId".to_owned(), 1), ("createdAt".to_owned(), -1)];
        let index = Index { name: "user_newest".to_owned(), fields, unique: true };
        let text = of("Message", &[index]).expect("a description");
        assert_eq!(
            text,
            concat!(
                r#"{"indexes":[{"v":{"$numberInt":"2"},"key":{"_id":{"$numberInt":"1"}},"name":"_id_"},"#,
                r#"{"v":{"$numberInt":"2"},"key":{"userId":{"$numberInt":"1"},"createdAt":{"$numberInt":"-1"}},"#,
                r#""name":"user_newest","unique":true}],"collectionName":"Message","type":"collection"}"#
            )
        );
    }
}
