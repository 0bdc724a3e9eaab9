//! From the documents of the old system to rows: one list of fields for each collection.
//!
//! A [`Mapping`] lists the fields of a document and the columns they become; a rule of its own says the little that a list
//! cannot. It is a plain function of the document and of what is known of others ([`IdIndex`]): nothing here reads or writes anything.
//! Nothing is made up: what is absent stays absent, or is what the old system's schema took for absent.

pub mod attachments;
mod calls;
pub mod columns;
mod communities;
mod conversations;
mod draft;
mod encryption;
pub mod field;
mod guests;
mod id_index;
mod links;
mod merge;
mod messages;
mod notifications;
mod oversight;
mod people;
mod residual;
mod security;
mod sources;
mod statuses;
pub mod to_bson;
pub mod translations;
pub mod value;

pub use draft::{Draft, MAX_ID_LENGTH, Mapper, Notice, row_digest};
pub use id_index::{Addresses, Id, IdIndex};
pub use residual::Residual;
pub(crate) use residual::is_same;
pub use sources::{SOURCES, Shape, Source, source_of};

use bson::{RawBson, RawDocument};
use columns::Lived;
use field::{Field, Parent};

/// What becomes of a document that can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// A row.
    Row,
    /// A place in the archive, for a reason.
    Archive(&'static str),
}

/// Why a document cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {reason}")]
pub struct Rejection {
    /// The field at fault.
    pub field: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It has to be there.
    #[error("is missing")]
    Missing,
    /// It holds something else.
    #[error("cannot be read: {0}")]
    Wrong(String),
    /// It refers to a document that is not there, or was rejected.
    #[error("refers to the missing `{collection}` {id}")]
    Dangling {
        /// The collection where it should be.
        collection: &'static str,
        /// Its id.
        id: String,
    },
    /// Another document has this value already, and only one can.
    #[error("has a unique value that another document already has")]
    Taken,
}

/// A rule for what a list of fields cannot say.
pub type Rule = for<'m> fn(&mut Draft<'m>, &RawDocument, &IdIndex) -> Result<Fate, Rejection>;

/// Takes another document for the same thing into the one that is kept.
pub type Merge = for<'m> fn(&mut Draft<'m>, &Draft<'m>);

/// A field that is no column.
#[derive(Debug)]
pub struct Implied {
    /// Its name in the document.
    pub name: &'static str,
    /// What the row says in it, if the row alone says it.
    pub said: fn(&Draft<'_>) -> Option<RawBson>,
}

impl Implied {
    /// A field that other rows say.
    #[must_use]
    pub const fn elsewhere(name: &'static str) -> Self {
        Self { name, said: |_| None }
    }
}

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
    pub renewed: &'static [&'static str],
    /// What others refer to these documents as.
    pub parent: Option<Parent>,
    /// The column that refers to other documents of the same collection.
    pub refers_to_itself: Option<&'static str>,
    /// Columns that say of what a row is; documents that say it of the same are merged.
    pub unique: &'static [&'static str],
    /// Whether that holds for a document.
    pub is_unique: fn(&Draft<'_>) -> bool,
    /// How they are merged.
    pub merge: Merge,
    /// Documents of other collections are merged with these.
    pub meets_others: bool,
    /// Columns of which no two documents can have the same value.
    pub claims: &'static [&'static str],
    /// Columns that the messenger's own life changes; `updated_at` is one in any case.
    pub lived: &'static [(&'static str, Lived)],
    /// Columns that are only written with a new row; a later document changes nothing about them.
    pub own: &'static [&'static str],
    /// Columns that mean something together, and are taken from one side.
    pub together: &'static [&'static [&'static str]],
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
        renewed: &[],
        parent: None,
        refers_to_itself: None,
        unique: &[],
        is_unique: |_| true,
        merge: merge::first,
        meets_others: false,
        claims: &[],
        lived: &[],
        own: &[],
        together: &[],
        has_text_id: false,
        rule: |_, _, _| Ok(Fate::Row),
    };

    /// Whether a column is only found once all rows are there.
    #[must_use]
    pub fn is_provisional(&self, column: &str) -> bool {
        self.provisional.contains(&column)
    }
}
