//! The row of a document under construction, column by column.

use super::field::{Absent, Field};
use super::model::{Draft, Notice};
use bson::{RawBsonRef, RawDocumentBuf};
use meeshy_store::Value;

impl Draft<'_> {
    /// The value of a column; `None` if there is no such column.
    #[must_use]
    pub fn get(&self, column: &str) -> &Value {
        self.mapper.index(column).map_or(&Value::Null, |index| &self.values[index])
    }

    /// Sets the value of a column.
    ///
    /// # Panics
    /// When the mapping has no such column, which its tests detect.
    pub fn set(&mut self, column: &str, value: impl Into<Value>) {
        let index = self.mapper.index(column).unwrap_or_else(|| panic!("no column `{column}`"));
        self.values[index] = value.into();
    }

    /// The text of a column, if it has one.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&str> {
        match self.get(column) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number in a column, if it has one.
    #[must_use]
    pub fn int(&self, column: &str) -> Option<i64> {
        match self.get(column) {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether a column is true.
    #[must_use]
    pub fn is_true(&self, column: &str) -> bool {
        *self.get(column) == Value::Bool(true)
    }

    /// All values, in the order of the mapper's columns.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// All values, in the order of the mapper's columns.
    #[must_use]
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// All values, to be changed in place.
    pub fn values_mut(&mut self) -> &mut [Value] {
        &mut self.values
    }

    /// The fields whose values are in no column as they were, if any.
    #[must_use]
    pub fn rest(&self) -> Option<&RawDocumentBuf> {
        self.rest.as_ref()
    }

    /// Drops the fields that are in no column.
    pub fn drop_rest(&mut self) {
        self.rest = None;
    }

    /// Gives a document that needs an identifier and has none a unique one.
    pub fn ensure_identifier(&mut self) {
        if self.text("identifier").is_none() {
            self.set("identifier", format!("mshy_{}", self.id));
            self.notice("identifier", "absent, derived from the id", "");
        }
    }

    /// Adds a remark about this document.
    pub fn notice(&mut self, field: &'static str, what: &'static str, detail: impl Into<String>) {
        self.notices.push(Notice { field, what, detail: detail.into() });
    }

    /// The permanent columns with their values.
    pub fn lasting_values(&self) -> impl Iterator<Item = (&str, &Value)> {
        let all = self.mapper.columns.iter().map(String::as_str).zip(&self.values);
        all.filter(|(column, _)| !self.mapper.mapping.is_provisional(column))
    }

    /// Keeps an element for the ledger.
    pub fn keep_original(&mut self, name: &str, value: RawBsonRef<'_>) {
        if let Ok(name) = <&bson::raw::CStr>::try_from(name) {
            self.rest.get_or_insert_default().append(name, value);
        }
    }

    /// The default of an absent field.
    pub(super) fn default_for(&self, field: &Field) -> Value {
        match field.absent {
            Absent::Null | Absent::Required => Value::Null,
            Absent::Flag(on) => on.into(),
            Absent::Int(number) => number.into(),
            Absent::Text(text) => text.into(),
            Absent::IdTime => self.object_id.map(|id| id.timestamp().timestamp_millis()).into(),
            Absent::Column(other) => self.get(other).clone(),
        }
    }
}
