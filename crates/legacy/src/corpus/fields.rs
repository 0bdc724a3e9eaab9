//! Documents field by field, in the order in which the old database layer wrote them.

use bson::raw::{BindRawBsonRef, CStr};
use bson::{DateTime, RawBson, RawDocumentBuf, oid::ObjectId};

/// A document under construction. Absent, null and set are distinct.
#[derive(Default)]
pub(super) struct Fields(RawDocumentBuf);

impl Fields {
    pub(super) fn new(id: ObjectId) -> Self {
        Self::default().with("_id", id)
    }

    pub(super) fn with(mut self, name: &'static str, value: impl BindRawBsonRef) -> Self {
        let name: &CStr = name.try_into().expect("the names of fields in this crate have no zero byte");
        self.0.append(name, value);
        self
    }

    /// Absent if `None`.
    pub(super) fn maybe(self, name: &'static str, value: Option<impl BindRawBsonRef>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Null if `None`.
    pub(super) fn or_null(self, name: &'static str, value: Option<impl BindRawBsonRef>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self.with(name, RawBson::Null),
        }
    }

    pub(super) fn date(self, name: &'static str, ms: i64) -> Self {
        self.with(name, DateTime::from_millis(ms))
    }

    pub(super) fn maybe_date(self, name: &'static str, ms: Option<i64>) -> Self {
        self.maybe(name, ms.map(DateTime::from_millis))
    }

    /// The same value under several names.
    pub(super) fn all(self, names: &[&'static str], value: impl BindRawBsonRef + Copy) -> Self {
        names.iter().fold(self, |fields, name| fields.with(name, value))
    }

    pub(super) fn done(self) -> RawDocumentBuf {
        self.0
    }
}
