//! Random dumps: any of the collections, each field with a valid value and sometimes with an invalid one.

use crate::support::user;
use bson::oid::ObjectId;
use bson::spec::BinarySubtype;
use bson::{Binary, Bson, DateTime, Document, Regex, Timestamp, doc};
use meeshy_legacy::mapping::field::{Absent, Field, Kind, Parent};
use meeshy_legacy::mapping::{Mapping, SOURCES, Shape, Source};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::BTreeMap;
use std::fmt;

/// The most documents per collection, so that they collide: their ids, references, names and keys are from a
/// small set.
const MAX_DUMPS: u8 = 4;
/// The target of most references.
const CORE: [&str; 4] = ["User", "Conversation", "ConversationMember", "Message"];
/// A day of October 2025, in milliseconds.
const THEN: i64 = 1_760_000_000_000;

/// The collections of a dump, with their documents.
pub type Collections = Vec<(String, Vec<Document>)>;

/// A dump, and one of the same database at another time.
#[derive(Clone)]
pub struct Two {
    pub first: Collections,
    pub later: Collections,
}

impl fmt::Debug for Two {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (which, collections) in [("first", &self.first), ("later", &self.later)] {
            for (name, documents) in collections {
                documents.iter().try_for_each(|document| writeln!(f, "{which} {name} {document}"))?;
            }
        }
        Ok(())
    }
}

/// Two dumps of one database.
pub fn two() -> impl Strategy<Value = Two> {
    let (core, others): (Vec<&Source>, Vec<&Source>) =
        SOURCES.iter().partition(|source| CORE.contains(&source.collection));
    let some = subsequence(others, 0..8);
    let collections = some.prop_flat_map(move |others| {
        core.iter().copied().chain(others).map(|source| (names(source), lives(source))).collect::<Vec<_>>()
    });
    collections.prop_map(|collections| Two {
        first: written(&collections, |life| life.first.clone()),
        later: written(&collections, |life| life.later.clone()),
    })
}

type Lives = BTreeMap<u8, Life>;

fn written(
    collections: &[(Vec<&'static str>, Lives)],
    of: impl Fn(&Life) -> Option<Document>,
) -> Collections {
    let mut written = Collections::new();
    for (names, lives) in collections {
        let mut documents: Vec<Document> = lives.values().filter_map(&of).collect();
        if names.contains(&"User") {
            // Without users it is not a dump of the old system.
            documents.push(user(1, "somebody"));
        }
        for (place, name) in names.iter().enumerate() {
            // The other name has mostly the same documents.
            written.push(((*name).to_owned(), documents.iter().skip(place).cloned().collect()));
        }
    }
    written
}

/// The names under which a dump has a collection; sometimes both.
fn names(source: &'static Source) -> impl Strategy<Value = Vec<&'static str>> {
    let all: Vec<&str> =
        std::iter::once(source.collection).chain(source.other_names.iter().copied()).collect();
    let one = select(all.clone()).prop_map(|name| vec![name]);
    prop_oneof![9 => one, 1 => Just(all)]
}

/// A document in the first and in the later dump.
#[derive(Debug, Clone)]
struct Life {
    first: Option<Document>,
    later: Option<Document>,
}

fn lives(source: &'static Source) -> impl Strategy<Value = Lives> {
    let collection = source.collection;
    btree_map(1..=MAX_DUMPS, life(source), 0..=usize::from(MAX_DUMPS)).prop_map(move |lives| {
        let named = lives.into_iter().map(|(number, Life { first, later })| {
            let with_id = |document: Document| {
                let mut named = doc! { "_id": id_of(collection, number) };
                named.extend(document);
                own(source, &mut named, number);
                named
            };
            (number, Life { first: first.map(with_id), later: later.map(with_id) })
        });
        named.collect()
    })
}

/// Unique names contain the number of the document.
fn own(source: &Source, document: &mut Document, number: u8) {
    for name in named_by(source, |mapping| mapping.unique) {
        if let Some(Bson::String(claimed)) = document.get_mut(name) {
            claimed.push_str(&number.to_string());
        }
    }
}

/// The fields for some columns.
fn named_by(source: &Source, columns: fn(&Mapping) -> &'static [&'static str]) -> Vec<&'static str> {
    let mappings = source.shape.mappings().iter();
    let fields = mappings.flat_map(|mapping| mapping.fields.iter().map(move |field| (mapping, field)));
    fields
        .filter(|(mapping, field)| columns(mapping).contains(&field.column_name().as_ref()))
        .map(|(_, field)| field.name)
        .collect()
}

/// A document has the same subject in both dumps, whatever else changes.
fn life(source: &'static Source) -> impl Strategy<Value = Life> {
    let mut keys = named_by(source, |mapping| mapping.merge_key);
    if source.collection == "Message" {
        // Neither moves or changes its time of creation.
        keys.extend(["conversationId", "createdAt"]);
    }
    let both = (document(source), document(source), any::<prop::sample::Index>(), 0..10_u8);
    both.prop_map(move |(one, other, field, fate)| match fate {
        0 => Life { first: Some(one), later: None },
        1 => Life { first: None, later: Some(one) },
        2 => {
            let mut later = other;
            for &key in &keys {
                match one.get(key) {
                    Some(value) => drop(later.insert(key, value.clone())),
                    None => drop(later.remove(key)),
                }
            }
            Life { first: Some(one), later: Some(later) }
        }
        3..=5 => {
            let mut later = one.clone();
            if !other.is_empty()
                && let Some((name, value)) = other.iter().nth(field.index(other.len()))
                && !keys.contains(&name.as_str())
            {
                later.insert(name, value.clone());
            }
            Life { first: Some(one), later: Some(later) }
        }
        _ => Life { first: Some(one.clone()), later: Some(one) },
    })
}

/// The `_id` of a document; for keys of the server it is a name.
fn id_of(collection: &str, number: u8) -> Bson {
    if collection == "ServerEncryptionKey" {
        return format!("key-{number}").into();
    }
    let noun = SOURCES.iter().position(|source| source.collection == collection).unwrap();
    let noun = u8::try_from(noun).unwrap();
    ObjectId::from_bytes([0x68, 0xf0, 0, number, noun, 0, 0, 0, 0, 0, 0, number]).into()
}

fn document(source: &'static Source) -> BoxedStrategy<Document> {
    let shapes: Vec<_> = match &source.shape {
        Shape::Archive(_) => {
            vec![vec(("[a-z]{1,4}", anything()), 0..4).prop_map(Document::from_iter).boxed()]
        }
        shape => shape.mappings().iter().map(|mapping| of_mapping(mapping).boxed()).collect(),
    };
    proptest::strategy::Union::new(shapes).boxed()
}

fn of_mapping(mapping: &'static Mapping) -> impl Strategy<Value = Document> {
    let fields: Vec<_> = mapping.fields.iter().map(|field| (Just(field.name), value(field))).collect();
    let implied: Vec<_> =
        mapping.implied.iter().map(|implied| (Just(implied.name), implied_value(implied.name))).collect();
    let unknown = prop_oneof![3 => Just(None), 1 => anything().prop_map(Some)];
    (fields, implied, unknown).prop_map(|(fields, implied, unknown)| {
        let unknown = [("unheardOf", unknown)];
        let all = fields.into_iter().chain(implied).chain(unknown);
        all.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    })
}

/// The value of a field: a valid one, `null`, none, or anything.
fn value(field: &'static Field) -> BoxedStrategy<Option<Bson>> {
    let is_needed = field.absent == Absent::Required;
    let [clean, absent, dirty] = if is_needed { [60, 1, 1] } else { [8, 8, 2] };
    prop_oneof![
        clean => clean_value(field).prop_map(Some),
        absent => Just(None),
        dirty => anything().prop_map(Some),
    ]
    .boxed()
}

fn clean_value(field: &'static Field) -> BoxedStrategy<Bson> {
    if let Some(reference) = field.reference {
        return reference_to(reference.to);
    }
    match field.kind {
        Kind::Id => select(vec![Parent::User, Parent::Message]).prop_flat_map(reference_to).boxed(),
        Kind::Text => text().prop_map(Bson::String).boxed(),
        Kind::Flag => any::<bool>().prop_map(Bson::Boolean).boxed(),
        Kind::Int => prop_oneof![0..100_i64, any::<i64>()].prop_map(Bson::Int64).boxed(),
        Kind::Real => any::<f64>().prop_map(Bson::Double).boxed(),
        Kind::Time => time().boxed(),
        Kind::Json => vec(("[a-z$.]{1,3}", anything()), 0..4)
            .prop_map(|it| Bson::Document(it.into_iter().collect()))
            .boxed(),
        Kind::Texts => vec(text().prop_map(Bson::String), 0..3).prop_map(Bson::Array).boxed(),
        Kind::Ids => vec(reference_to(Parent::User), 0..3).prop_map(Bson::Array).boxed(),
        Kind::Bytes => bytes(BinarySubtype::Generic).boxed(),
        Kind::Name(names) => cased(names.to_vec()),
        Kind::Renamed(names) => cased(names.iter().map(|(written, _)| *written).collect()),
        Kind::Language => cased(vec!["en", "fr", "de", "es", "pt-br", "zh"]),
    }
}

/// An id of a document that may or may not exist.
fn reference_to(parent: Parent) -> BoxedStrategy<Bson> {
    (1..=MAX_DUMPS).prop_map(move |number| id_of(parent.collection(), number)).boxed()
}

/// One of some names, rarely in another case.
fn cased(names: Vec<&'static str>) -> BoxedStrategy<Bson> {
    let as_it_is = select(names);
    prop_oneof![
        5 => as_it_is.clone().prop_map(Bson::from),
        1 => as_it_is.prop_map(|name| name.to_uppercase().into()),
    ]
    .boxed()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[aAbB]{1,2}", 1 => "\\PC{0,12}", 1 => any::<String>()]
}

fn time() -> impl Strategy<Value = Bson> {
    prop_oneof![9 => (0..100_i64).prop_map(|day| THEN + day * 86_400_000), 1 => any::<i64>()]
        .prop_map(|millis| DateTime::from_millis(millis).into())
}

fn bytes(subtype: BinarySubtype) -> impl Strategy<Value = Bson> {
    vec(any::<u8>(), 0..8).prop_map(move |bytes| Binary { subtype, bytes }.into())
}

/// A field without a column: a flag, a count, or embedded translations.
fn implied_value(name: &'static str) -> BoxedStrategy<Option<Bson>> {
    let clean = match name {
        "translations" => translations().boxed(),
        _ => prop_oneof![any::<bool>().prop_map(Bson::Boolean), (0..9_i64).prop_map(Bson::Int64)].boxed(),
    };
    prop_oneof![6 => clean.prop_map(Some), 6 => Just(None), 1 => anything().prop_map(Some)].boxed()
}

fn translations() -> impl Strategy<Value = Bson> {
    let entry = (text(), time(), anything()).prop_map(|(text, created, model)| {
        Bson::from(doc! { "text": text, "translationModel": model, "createdAt": created })
    });
    let entry = prop_oneof![5 => entry, 1 => anything()];
    vec(("en|EN|de|zh\\.Hant|\\$es", entry), 0..3)
        .prop_map(|entries| Bson::Document(entries.into_iter().collect()))
}

/// A value of any type.
fn anything() -> BoxedStrategy<Bson> {
    let leaf = prop_oneof![
        any::<f64>().prop_map(Bson::Double),
        text().prop_map(Bson::String),
        any::<bool>().prop_map(Bson::Boolean),
        any::<i32>().prop_map(Bson::Int32),
        any::<i64>().prop_map(Bson::Int64),
        time(),
        reference_to(Parent::User),
        reference_to(Parent::User).prop_map(|id| id.as_object_id().unwrap().to_hex().into()),
        any::<(u32, u32)>().prop_map(|(time, increment)| Timestamp { time, increment }.into()),
        bytes(BinarySubtype::Uuid),
        text().prop_map(Bson::Symbol),
        "[a-z]{0,3}".prop_map(|pattern| {
            let (pattern, options) = (pattern.try_into().unwrap(), "i".try_into().unwrap());
            Bson::RegularExpression(Regex { pattern, options })
        }),
        Just(Bson::Null),
        Just(Bson::Undefined),
        Just(Bson::MaxKey),
    ];
    let nested = leaf.prop_recursive(2, 8, 3, |inner| {
        let document = vec(("[a-zA-Z$. ]{0,3}", inner.clone()), 0..3);
        prop_oneof![
            vec(inner, 0..3).prop_map(Bson::Array),
            document.prop_map(|fields| Bson::Document(fields.into_iter().collect())),
        ]
    });
    nested.boxed()
}
