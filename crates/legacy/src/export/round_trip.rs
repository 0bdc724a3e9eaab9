//! Generated documents of every mapping, converted to rows and back.

use super::document::{self, Parts};
use crate::mapping::field::{Field, Kind, Parent};
use crate::mapping::{Destination, IdIndex, Mapper, Mapping, Residual, SOURCES};
use bson::oid::ObjectId;
use bson::{Binary, Bson, DateTime, Document, RawDocument, RawDocumentBuf, doc, spec::BinarySubtype};
use meeshy_domain::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

/// All ids are known, for every kind of reference.
const IDS: [ObjectId; 3] =
    [ObjectId::from_bytes([1; 12]), ObjectId::from_bytes([2; 12]), ObjectId::from_bytes([3; 12])];
const KEY: &str = "key";

fn known() -> IdIndex {
    let mut known = IdIndex::new(Timestamp::from_millis(1_769_380_000_000));
    for id in IDS {
        for parent in [
            Parent::User,
            Parent::Community,
            Parent::Conversation,
            Parent::ShareLink,
            Parent::Guest,
            Parent::Category,
            Parent::Attachment,
            Parent::Call,
            Parent::Transcription,
            Parent::AffiliateToken,
            Parent::TrackingLink,
            Parent::Enrollment,
        ] {
            known.add(parent, id);
        }
        known.add_message(id, &IDS[0].to_hex());
    }
    known.add_key(KEY);
    known
}

fn mappings() -> Vec<&'static Mapping> {
    SOURCES.iter().flat_map(|source| source.shape.mappings().iter().copied()).collect()
}

/// A value as the old system wrote it.
fn usual(field: &Field) -> BoxedStrategy<Bson> {
    let is_key = field.reference.is_some_and(|reference| reference.to == Parent::EncryptionKey);
    match field.kind {
        Kind::Id => prop::sample::select(IDS.to_vec()).prop_map(Bson::ObjectId).boxed(),
        Kind::Text if is_key => Just(Bson::from(KEY)).boxed(),
        Kind::Text => ".{0,12}".prop_map(Bson::String).boxed(),
        Kind::Flag => any::<bool>().prop_map(Bson::Boolean).boxed(),
        Kind::Int => (0..4_000_000_i64).prop_map(Bson::Int64).boxed(),
        Kind::Real => (0.0..1.0).prop_map(Bson::Double).boxed(),
        Kind::Time => (0..1_800_000_000_000_i64)
            .prop_map(|millis| Bson::DateTime(DateTime::from_millis(millis)))
            .boxed(),
        Kind::Json => (any::<i64>(), any::<f32>(), ".{0,4}")
            .prop_map(|(number, real, text)| {
                Bson::Document(doc! { "z": number, "a": [f64::from(real), text], "m": { "n": Bson::Null } })
            })
            .boxed(),
        Kind::Texts => prop::collection::vec(".{0,4}", 0..3).prop_map(Bson::from).boxed(),
        Kind::Ids => prop::sample::subsequence(IDS.to_vec(), 0..3).prop_map(Bson::from).boxed(),
        Kind::Bytes => prop::collection::vec(any::<u8>(), 0..8)
            .prop_map(|bytes| Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes }))
            .boxed(),
        Kind::Name(names) => prop::sample::select(names.to_vec()).prop_map(Bson::from).boxed(),
        Kind::Renamed(names) => {
            prop::sample::select(names.to_vec()).prop_map(|(name, _)| Bson::from(name)).boxed()
        }
        Kind::Language => {
            prop::sample::select(vec!["en", "fr", "zh", "EN", "pt-BR"]).prop_map(Bson::from).boxed()
        }
    }
}

/// A value as written only by scripts and by mistake.
fn odd() -> impl Strategy<Value = Bson> {
    prop_oneof![
        Just(Bson::Null),
        Just(Bson::Undefined),
        any::<i32>().prop_map(Bson::Int32),
        any::<i64>().prop_map(Bson::Int64),
        any::<f64>().prop_map(Bson::Double),
        Just(Bson::Double(-0.0)),
        Just(Bson::Double(f64::NAN)),
        any::<i64>().prop_map(|millis| Bson::DateTime(DateTime::from_millis(millis))),
        any::<[u8; 12]>().prop_map(|bytes| Bson::ObjectId(ObjectId::from_bytes(bytes))),
        prop::sample::select(IDS.to_vec()).prop_map(|id| Bson::String(id.to_hex())),
        Just(Bson::from("a\0b")),
        Just(Bson::from("2026-01-25T22:34:00Z")),
        Just(Bson::Document(doc! { "$date": "yesterday" })),
    ]
}

fn document(mapping: &'static Mapping) -> impl Strategy<Value = RawDocumentBuf> {
    let fields: Vec<_> = mapping
        .fields
        .iter()
        .map(|field| {
            let value = prop_oneof![
                12 => usual(field).prop_map(Some),
                1 => odd().prop_map(Some),
                2 => Just(None)
            ];
            value.prop_map(|value| (field.name, value))
        })
        .collect();
    let more: Vec<_> = mapping
        .implied
        .iter()
        .map(|implied| implied.name)
        .chain(["unknown", "other"])
        .map(|name| (Just(name), prop::option::of(prop_oneof![any::<bool>().prop_map(Bson::from), odd()])))
        .collect();
    (any::<[u8; 12]>(), fields, more).prop_flat_map(|(id, fields, more)| {
        let all: Vec<(&str, Bson)> =
            fields.into_iter().chain(more).filter_map(|(name, value)| Some((name, value?))).collect();
        Just(all).prop_shuffle().prop_map(move |all| {
            let mut document = doc! { "_id": ObjectId::from_bytes(id) };
            document.extend(all.into_iter().map(|(name, value)| (name.to_owned(), value)));
            RawDocumentBuf::try_from(document).expect("BSON")
        })
    })
}

/// Converts to a row and back, unless it is rejected.
fn back(mapper: &Mapper, raw: &RawDocument, ids: &IdIndex) -> Option<RawDocumentBuf> {
    let Ok((draft, Destination::Row)) = mapper.map(raw, ids) else { return None };
    let trace = Residual::of(&draft, raw);
    let fields: Vec<String> = serde_json::from_str(&trace.fields).expect("an array");
    let empty = RawDocumentBuf::new();
    let parts = Parts {
        fields: &fields,
        rest: trace.rest.as_ref().unwrap_or(&empty),
        instead: trace.instead.as_ref().unwrap_or(&empty),
        is_changed: false,
    };
    let row = mapper.row(draft.into_values());
    // An unchanged row must not show changes either.
    let changed = document::imported(&row, &Parts { is_changed: true, ..parts }, &Vec::new());
    let same = document::imported(&row, &parts, &Vec::new()).expect("a document");
    let changed = Document::try_from(changed.expect("a document")).expect("BSON");
    for (name, value) in &Document::try_from(same.clone()).expect("BSON") {
        // NaN is not equal to itself.
        assert_eq!(format!("{:?}", changed.get(name)), format!("{:?}", Some(value)), "{name}");
    }
    Some(same)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_document_is_made_of_its_row_again(
        raw in prop::sample::select(mappings()).prop_flat_map(|mapping| (Just(mapping), document(mapping)))
    ) {
        let (mapping, raw) = raw;
        let mapper = Mapper::new(mapping);
        if let Some(back) = back(&mapper, &raw, &known()) {
            prop_assert_eq!(back.as_bytes(), raw.as_bytes(), "{}: {:?} {:?}", mapping.table, raw, back);
        }
    }
}

#[test]
fn a_document_without_oddities_becomes_a_row_and_itself_again() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for mapping in mappings() {
        let mapper = Mapper::new(mapping);
        let rows = (0..20).filter(|_| {
            let raw = document(mapping).new_tree(&mut runner).expect("a document").current();
            back(&mapper, &raw, &known()).is_some()
        });
        assert!(rows.count() > 0, "{}: none of twenty became a row", mapping.table);
    }
}
