//! The mappers of all collections.

use super::model::{Mapper, Mapping};
use super::sources::{SOURCES, Source, source_of};
use super::translations;
use bson::RawDocument;

/// A mapper for each mapping.
#[derive(Debug)]
pub struct Mappers {
    /// All of them, with their collections.
    all: Vec<(&'static str, Mapper)>,
    embedded_translation: Mapper,
}

impl Default for Mappers {
    fn default() -> Self {
        Self::new()
    }
}

impl Mappers {
    /// Computes the columns of all mappings.
    #[must_use]
    pub fn new() -> Self {
        let mappers = |source: &'static Source| {
            source.shape.mappings().iter().map(|mapping| (source.collection, Mapper::new(mapping)))
        };
        Self {
            all: SOURCES.iter().flat_map(mappers).collect(),
            embedded_translation: Mapper::new(&translations::ENTRY),
        }
    }

    /// The mappers of a collection, under any of its names; empty if its documents become no rows.
    pub fn of_collection(&self, name: &str) -> impl Iterator<Item = &Mapper> {
        let collection = source_of(name).map(|source| source.collection);
        self.all.iter().filter(move |(of, _)| Some(*of) == collection).map(|(_, mapper)| mapper)
    }

    /// The mapper of one mapping of a collection.
    #[must_use]
    pub fn of_mapping(&self, collection: &str, mapping: &Mapping) -> Option<&Mapper> {
        self.of_collection(collection).find(|mapper| std::ptr::eq(mapper.mapping, mapping))
    }

    /// The mapper of a document, unless it is archived.
    #[must_use]
    pub fn of_document(&self, source: &Source, raw: &RawDocument) -> Option<&Mapper> {
        self.of_mapping(source.collection, source.shape.of(raw)?)
    }

    /// The mapper of embedded translations.
    #[must_use]
    pub fn embedded_translation(&self) -> &Mapper {
        &self.embedded_translation
    }

    /// The collections whose documents become rows of a table.
    #[must_use]
    pub fn collections_of(&self, table: &str) -> Vec<&'static str> {
        self.all
            .iter()
            .filter(|(_, mapper)| mapper.mapping.table == table)
            .map(|(collection, _)| *collection)
            .collect()
    }
}
