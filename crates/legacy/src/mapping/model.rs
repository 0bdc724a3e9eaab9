//! How the documents of one shape become rows of one table, as a declaration, and what its rules work on.
//!
//! A [`Mapping`] is the declaration, a [`Mapper`] the same with its columns laid out, a [`Draft`] one row of them.

use super::field::{Field, Parent};
use super::id_index::IdIndex;
use super::rejection::Rejection;
use bson::oid::ObjectId;
use bson::{RawBson, RawDocument, RawDocumentBuf};
use meeshy_store::Value;

/// How the documents of one shape become rows of one table.
#[derive(Debug)]
pub struct Mapping {
    /// The table.
    pub table: &'static str,
    /// The columns that name a row.
    pub key: &'static [&'static str],
    /// The fields, in the order of the old system's schema.
    pub fields: &'static [Field],
    /// Fields that are no column, because the row says the same in others.
    pub implied: &'static [Implied],
    /// Columns that the rule fills.
    pub computed: &'static [&'static str],
    /// Columns whose value is only found once all rows are there.
    pub provisional: &'static [&'static str],
    /// Those of them that are found again when the document changes, for what it says now may be another's.
    pub recomputed: &'static [&'static str],
    /// What others refer to these documents as.
    pub parent: Option<Parent>,
    /// The column that refers to other documents of the same collection.
    pub self_reference: Option<&'static str>,
    /// Columns that say of what a row is; documents that say it of the same are merged.
    pub merge_key: &'static [&'static str],
    /// Whether that holds for a document.
    pub has_merge_key: fn(&Draft<'_>) -> bool,
    /// How they are merged; as it is declared here, the first stays as it is.
    pub merge: Merge,
    /// Documents of other collections are merged with these.
    pub spans_collections: bool,
    /// Columns of which no two documents can have the same value.
    pub unique: &'static [&'static str],
    /// Columns that the messenger's own life changes; `updated_at` is one in any case.
    pub volatile: &'static [(&'static str, Volatile)],
    /// Columns that are only written with a new row; a later document changes nothing about them.
    pub insert_only: &'static [&'static str],
    /// Columns that mean something together, and are taken from one side.
    pub column_groups: &'static [&'static [&'static str]],
    /// The `_id` is a name instead of an ObjectId.
    pub has_text_id: bool,
    /// What the fields cannot say.
    pub rule: Rule,
}

impl Mapping {
    /// A mapping whose list of fields says everything.
    pub const PLAIN: Self = Self {
        table: "",
        key: &["id"],
        fields: &[],
        implied: &[],
        computed: &[],
        provisional: &[],
        recomputed: &[],
        parent: None,
        self_reference: None,
        merge_key: &[],
        has_merge_key: |_| true,
        merge: |_, _| {},
        spans_collections: false,
        unique: &[],
        volatile: &[],
        insert_only: &[],
        column_groups: &[],
        has_text_id: false,
        rule: |_, _, _| Ok(Destination::Row),
    };

    /// Whether a column is only found once all rows are there.
    #[must_use]
    pub fn is_provisional(&self, column: &str) -> bool {
        self.provisional.contains(&column)
    }
}

/// A rule for what a list of fields cannot say.
pub type Rule = for<'m> fn(&mut Draft<'m>, &RawDocument, &IdIndex) -> Result<Destination, Rejection>;

/// Takes another document for the same thing into the one that is kept.
pub type Merge = for<'m> fn(&mut Draft<'m>, &Draft<'m>);

/// What becomes of a document that can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// A row.
    Row,
    /// A place in the archive, for a reason.
    Archive(&'static str),
}

/// A field that is no column.
#[derive(Debug)]
pub struct Implied {
    /// Its name in the document.
    pub name: &'static str,
    /// What the row says in it, if the row alone says it.
    pub value: fn(&Draft<'_>) -> Option<RawBson>,
}

impl Implied {
    /// A field that other rows say.
    #[must_use]
    pub const fn in_other_rows(name: &'static str) -> Self {
        Self { name, value: |_| None }
    }
}

/// What becomes of a column that the messenger's own life changes, where it was changed on both sides. Neither is a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volatile {
    /// The greater of the two, such as the later date or the higher count.
    Greater,
    /// What is here.
    Here,
}

/// A mapping with its columns laid out: those of its fields, then those that its rule fills.
#[derive(Debug)]
pub struct Mapper {
    /// What it does.
    pub mapping: &'static Mapping,
    pub(super) columns: Vec<String>,
    /// The column of each field; two names of one field share theirs.
    pub(super) column_of: Vec<usize>,
}

impl Mapper {
    /// Lays out the columns of a mapping.
    #[must_use]
    pub fn new(mapping: &'static Mapping) -> Self {
        let mut columns: Vec<String> = vec!["id".into()];
        let mut column_of = Vec::with_capacity(mapping.fields.len());
        for field in mapping.fields {
            let name = field.column_name();
            let index = columns.iter().position(|column| *column == name);
            column_of.push(index.unwrap_or(columns.len()));
            if index.is_none() {
                columns.push(name.into_owned());
            }
        }
        columns.extend(mapping.computed.iter().map(|&column| column.to_owned()));
        Self { mapping, columns, column_of }
    }

    /// The columns, in the order of a draft's values.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The columns that a document says for good: all but those that are only found once all rows are there.
    pub fn lasting_columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(String::as_str).filter(|column| !self.mapping.is_provisional(column))
    }

    /// The field of a name. Documents list their fields nearly in the order of the schema, so the search begins with the
    /// one that is expected.
    pub(crate) fn field_index(&self, name: &str, expected: usize) -> Option<usize> {
        let fields = self.mapping.fields;
        let expected = expected.min(fields.len());
        (expected..fields.len()).chain(0..expected).find(|index| fields[*index].name == name)
    }

    /// The column of a field.
    pub(crate) fn column_index(&self, field: usize) -> usize {
        self.column_of[field]
    }

    pub(super) fn index(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| known == column)
    }
}

/// Something about a document that a person should know, though it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The field it is about.
    pub field: &'static str,
    /// What was done, in the same words for the same thing.
    pub what: &'static str,
    /// The value or the problem, for the record of this document.
    pub detail: String,
}

/// What a document has become so far.
#[derive(Debug, Clone)]
pub struct Draft<'m> {
    /// How it was mapped.
    pub mapper: &'m Mapper,
    /// Its `_id`, as text.
    pub id: String,
    /// The same where it is an ObjectId.
    pub object_id: Option<ObjectId>,
    /// What was noticed.
    pub notices: Vec<Notice>,
    pub(super) values: Vec<Value>,
    pub(super) rest: Option<RawDocumentBuf>,
}
