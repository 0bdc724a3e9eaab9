//! Every database survives every format of dump.

use super::support::{Database, FORMS, read, tar_of};
use bson::spec::BinarySubtype;
use bson::{Binary, DateTime, RawArrayBuf, RawBson, RawDocumentBuf, Timestamp, oid::ObjectId};
use meeshy_legacy::dump::{self, Outgoing, Source};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn value() -> impl Strategy<Value = RawBson> {
    let leaf = prop_oneof![
        any::<f64>().prop_map(RawBson::Double),
        "\\PC{0,20}".prop_map(RawBson::String),
        any::<bool>().prop_map(RawBson::Boolean),
        any::<i32>().prop_map(RawBson::Int32),
        any::<i64>().prop_map(RawBson::Int64),
        any::<i64>().prop_map(|ms| RawBson::DateTime(DateTime::from_millis(ms))),
        any::<[u8; 12]>().prop_map(|bytes| RawBson::ObjectId(ObjectId::from_bytes(bytes))),
        any::<(u32, u32)>().prop_map(|(time, increment)| RawBson::Timestamp(Timestamp { time, increment })),
        vec(any::<u8>(), 0..20)
            .prop_map(|bytes| RawBson::Binary(Binary { subtype: BinarySubtype::Generic, bytes })),
        Just(RawBson::Null),
        Just(RawBson::Undefined),
        Just(RawBson::MaxKey),
    ];
    leaf.prop_recursive(4, 20, 5, |inner| {
        let array = vec(inner.clone(), 0..5).prop_map(|values| {
            let mut array = RawArrayBuf::new();
            values.into_iter().for_each(|value| array.push(value));
            RawBson::Array(array)
        });
        prop_oneof![array, fields(inner).prop_map(RawBson::Document)]
    })
}

fn fields(value: impl Strategy<Value = RawBson>) -> impl Strategy<Value = RawDocumentBuf> {
    vec(("[a-zA-Zé.$ ]{0,8}", value), 0..5).prop_map(|fields| {
        let mut document = RawDocumentBuf::new();
        for (name, value) in fields {
            let name: &bson::raw::CStr = name.as_str().try_into().expect("a name without zero bytes");
            document.append(name, value);
        }
        document
    })
}

fn databases() -> impl Strategy<Value = Database> {
    let name = prop_oneof!["[A-Z][a-z_]{0,12}", "[a-zé /%+&.~-]{1,90}"];
    prop::collection::btree_map(name, vec(fields(value()), 0..5), 1..5)
        .prop_map(|database: BTreeMap<_, _>| database.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn databases_round_trip(database in databases()) {
        let folder = tempfile::tempdir().expect("a folder");
        let expected: Vec<(&str, Vec<&[u8]>)> = database
            .iter()
            .map(|(name, documents)| (name.as_str(), documents.iter().map(|it| it.as_bytes()).collect()))
            .collect();
        let mut digests = Vec::new();
        let mut sources = Vec::new();
        for form in FORMS {
            let path = folder.path().join(format!("{form:?}"));
            let outgoing = database.iter().map(|(name, documents)| Outgoing {
                name: name.clone(),
                indexes: Vec::new(),
                documents: Box::new(documents.iter().cloned().map(Ok)),
            });
            dump::write(&path, form, "meeshy", outgoing.collect()).expect("a dump");
            sources.push(path);
        }
        sources.push(folder.path().join("dump.tar.gz"));
        tar_of(&sources[0], &sources[4], true);
        for source in sources {
            let read = read(Source::path(&source));
            let found: Vec<(&str, Vec<&[u8]>)> = read
                .collections
                .iter()
                .map(|it| (it.name.as_str(), it.documents.iter().map(Vec::as_slice).collect()))
                .collect();
            prop_assert_eq!(&found, &expected, "{}", source.display());
            digests.push(read.digest);
        }
        digests.dedup();
        prop_assert_eq!(digests.len(), 1);
    }
}
