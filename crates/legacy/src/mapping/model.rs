//! The declaration of how documents become rows, and the types that its rules work on.
//!
//! A [`Mapping`] is the declaration, a [`Mapper`] has its columns computed, and a [`Draft`] is one row.

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
    /// The key columns of a row.
    pub key: &'static [&'static str],
    /// The fields, in the order of the old schema.
    pub fields: &'static [Field],
    /// Fields without a column, because other columns contain their value.
    pub implied: &'static [Implied],
    /// Columns set by the rule.
    pub computed: &'static [&'static str],
    /// Derived columns, computed once all rows are there.
    pub provisional: &'static [&'static str],
    /// Derived columns that are computed again when the document changes, because they may depend on it.
    pub recomputed: &'static [&'static str],
    /// The kind of reference to these documents.
    pub parent: Option<Parent>,
    /// The column that refers to other documents of the same collection.
    pub self_reference: Option<&'static str>,
    /// The columns of a unique key; documents with the same key are merged.
    pub merge_key: &'static [&'static str],
    /// Whether the unique key applies to a document.
    pub has_merge_key: fn(&Draft<'_>) -> bool,
    /// How they are merged; by default, the first one stays as it is.
    pub merge: Merge,
    /// Documents of other collections with the same key are merged, too.
    pub spans_collections: bool,
    /// Unique columns.
    pub unique: &'static [&'static str],
    /// Columns that the server itself updates; `updated_at` is always one.
    pub volatile: &'static [(&'static str, Volatile)],
    /// Columns that are only written with a new row; later documents do not change them.
    pub insert_only: &'static [&'static str],
    /// Groups of columns that belong together and are taken from one side.
    pub column_groups: &'static [&'static [&'static str]],
    /// The `_id` is a name instead of an ObjectId.
    pub has_text_id: bool,
    /// The rule for what the fields cannot express.
    pub rule: Rule,
}

impl Mapping {
    /// A mapping with only a list of fields.
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

    /// Whether a column is derived.
    #[must_use]
    pub fn is_provisional(&self, column: &str) -> bool {
        self.provisional.contains(&column)
    }
}

/// A rule for what a list of fields cannot express.
pub type Rule = for<'m> fn(&mut Draft<'m>, &RawDocument, &IdIndex) -> Result<Destination, Rejection>;

/// Merges another document with the same key into the one that is kept.
pub type Merge = for<'m> fn(&mut Draft<'m>, &Draft<'m>);

/// The destination of a valid document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// A row.
    Row,
    /// The archive, with the reason.
    Archive(&'static str),
}

/// A field without a column.
#[derive(Debug)]
pub struct Implied {
    /// Its name in the document.
    pub name: &'static str,
    /// The value that the row implies for it, if the row alone does.
    pub value: fn(&Draft<'_>) -> Option<RawBson>,
}

impl Implied {
    /// A field whose value is in other rows.
    #[must_use]
    pub const fn in_other_rows(name: &'static str) -> Self {
        Self { name, value: |_| None }
    }
}

/// How to resolve a server-updated column that was changed on both sides. Neither counts as a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volatile {
    /// Take the greater of the two, such as the later date or the higher count.
    Greater,
    /// Keep the value here.
    Here,
}

/// A mapping with its columns: those of its fields, then those that its rule sets.
#[derive(Debug)]
pub struct Mapper {
    /// The declaration.
    pub mapping: &'static Mapping,
    pub(super) columns: Vec<String>,
    /// The column of each field; two names of one field share theirs.
    pub(super) column_of: Vec<usize>,
}

impl Mapper {
    /// Computes the columns of a mapping.
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

    /// The permanent columns: all that are not derived.
    pub fn lasting_columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(String::as_str).filter(|column| !self.mapping.is_provisional(column))
    }

    /// The field of a name. Documents contain their fields nearly in schema order, so the search starts at
    /// the expected one.
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

/// A remark about an accepted document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The field.
    pub field: &'static str,
    /// What was done, in constant words.
    pub what: &'static str,
    /// The value or the problem, for the ledger entry of this document.
    pub detail: String,
}

/// The row of a document under construction.
#[derive(Debug, Clone)]
pub struct Draft<'m> {
    /// Its mapper.
    pub mapper: &'m Mapper,
    /// Its `_id`, as text.
    pub id: String,
    /// The same, if it is an ObjectId.
    pub object_id: Option<ObjectId>,
    /// The remarks.
    pub notices: Vec<Notice>,
    pub(super) values: Vec<Value>,
    pub(super) rest: Option<RawDocumentBuf>,
}
