//! A document on its way to becoming a row.

use super::field::{Absent, Field, Kind, Parent};
use super::id_index::IdIndex;
use super::value::{self, Taken};
use super::{Fate, Mapping, Rejection};
use bson::oid::ObjectId;
use bson::{RawBsonRef, RawDocument, RawDocumentBuf};
use meeshy_store::Value;
use sha2::{Digest, Sha256};

/// The longest text that is an id, in bytes.
pub const MAX_ID_LENGTH: usize = 200;

/// A mapping with its columns laid out: those of its fields, then those that its rule fills.
#[derive(Debug)]
pub struct Mapper {
    /// What it does.
    pub mapping: &'static Mapping,
    columns: Vec<String>,
    /// The column of each field; two names of one field share theirs.
    column_of: Vec<usize>,
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
    values: Vec<Value>,
    rest: Option<RawDocumentBuf>,
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

    /// Maps a document.
    ///
    /// # Errors
    /// Why it cannot be taken.
    pub fn map(&self, raw: &RawDocument, known: &IdIndex) -> Result<(Draft<'_>, Fate), Rejection> {
        let mut draft = self.blank();
        draft.take_fields(raw)?;
        if draft.id.is_empty() {
            return Err(Rejection::missing("_id"));
        }
        draft.check_references(known)?;
        let fate = (self.mapping.rule)(&mut draft, raw, known)?;
        draft.fill_in()?;
        Ok((draft, fate))
    }

    /// Maps a part of a document that has no id of its own; `set` are columns that its place says.
    ///
    /// # Errors
    /// Why it cannot be taken.
    pub fn map_part(&self, raw: &RawDocument, set: &[(&str, Value)]) -> Result<Draft<'_>, Rejection> {
        let mut draft = self.blank();
        draft.take_fields(raw)?;
        for (column, value) in set {
            draft.set(column, value.clone());
        }
        draft.fill_in()?;
        Ok(draft)
    }

    /// What a row says, its values in the order of the columns.
    #[must_use]
    pub fn row(&self, mut values: Vec<Value>) -> Draft<'_> {
        for (field, &column) in self.mapping.fields.iter().zip(&self.column_of) {
            // SQLite has no truth values.
            if let (Kind::Flag, Value::Int(on @ (0 | 1))) = (field.kind, &values[column]) {
                values[column] = Value::Bool(*on == 1);
            }
        }
        let id = match values.first() {
            Some(Value::Text(id)) => id.clone(),
            _ => String::new(),
        };
        Draft { object_id: ObjectId::parse_str(&id).ok(), id, values, ..self.blank() }
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

    fn blank(&self) -> Draft<'_> {
        Draft {
            mapper: self,
            id: String::new(),
            object_id: None,
            notices: Vec::new(),
            values: vec![Value::Null; self.columns.len()],
            rest: None,
        }
    }

    fn index(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| known == column)
    }
}

impl Draft<'_> {
    /// The value of a column; none where there is no such column.
    #[must_use]
    pub fn get(&self, column: &str) -> &Value {
        self.mapper.index(column).map_or(&Value::Null, |index| &self.values[index])
    }

    /// Sets the value of a column.
    ///
    /// # Panics
    /// When the mapping has no such column, which its tests find out.
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

    /// The number of a column, if it has one.
    #[must_use]
    pub fn int(&self, column: &str) -> Option<i64> {
        match self.get(column) {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether a column says yes.
    #[must_use]
    pub fn is_on(&self, column: &str) -> bool {
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

    /// The fields that no column holds as they were, if there are any.
    #[must_use]
    pub fn rest(&self) -> Option<&RawDocumentBuf> {
        self.rest.as_ref()
    }

    /// Forgets the fields that no column holds.
    pub fn drop_rest(&mut self) {
        self.rest = None;
    }

    /// Gives what can be found by an identifier one that nobody else has, where it has none.
    pub fn need_identifier(&mut self) {
        if self.text("identifier").is_none() {
            self.set("identifier", format!("mshy_{}", self.id));
            self.notice("identifier", "absent, made from the id", "");
        }
    }

    /// Notes something about this document.
    pub fn notice(&mut self, field: &'static str, what: &'static str, detail: impl Into<String>) {
        self.notices.push(Notice { field, what, detail: detail.into() });
    }

    /// The columns that a document says for good, with their values.
    pub fn lasting_values(&self) -> impl Iterator<Item = (&str, &Value)> {
        let all = self.mapper.columns.iter().map(String::as_str).zip(&self.values);
        all.filter(|(column, _)| !self.mapper.mapping.is_provisional(column))
    }

    /// The digest of the row as the document says it: the first 16 bytes of a SHA-256.
    #[must_use]
    pub fn row_digest(&self) -> [u8; 16] {
        let told = self.mapper.columns.iter().zip(&self.values);
        row_digest(
            told.filter(|(column, _)| !self.mapper.mapping.is_provisional(column)).map(|(_, value)| value),
        )
    }

    /// Keeps an element beside the row.
    pub fn keep(&mut self, name: &str, value: RawBsonRef<'_>) {
        if let Ok(name) = <&bson::raw::CStr>::try_from(name) {
            self.rest.get_or_insert_default().append(name, value);
        }
    }

    fn take_fields(&mut self, raw: &RawDocument) -> Result<(), Rejection> {
        let mut expected = 0;
        for element in raw {
            let (key, value) = element.map_err(|error| Rejection::wrong("document", error.to_string()))?;
            let key = key.as_str();
            if key == "_id" {
                self.take_id(value)?;
                continue;
            }
            let Some(index) = self.mapper.field_index(key, expected) else {
                if !self.mapper.mapping.implied.iter().any(|implied| implied.name == key) {
                    self.keep(key, value);
                }
                continue;
            };
            expected = index + 1;
            self.take_field(index, value)?;
        }
        Ok(())
    }

    fn take_id(&mut self, value: RawBsonRef<'_>) -> Result<(), Rejection> {
        self.object_id = value::as_id(value);
        self.id = match (self.object_id, value) {
            (Some(id), _) => id.to_hex(),
            (None, RawBsonRef::String(text)) if self.mapper.mapping.has_text_id => {
                if text.len() > MAX_ID_LENGTH || text.contains('\0') {
                    return Err(Rejection::wrong("_id", "it is too long, or has U+0000 in it"));
                }
                text.to_owned()
            }
            _ => return Err(Rejection::wrong("_id", "expected an id, found something else")),
        };
        self.values[0] = self.id.as_str().into();
        Ok(())
    }

    fn take_field(&mut self, index: usize, value: RawBsonRef<'_>) -> Result<(), Rejection> {
        let field = &self.mapper.mapping.fields[index];
        match value::take(field.kind, value) {
            Ok(Taken { value: taken, is_exact }) => {
                if !is_exact {
                    self.keep(field.name, value);
                }
                if taken != Value::Null {
                    self.values[self.mapper.column_of[index]] = taken;
                }
                Ok(())
            }
            Err(reason) if field.absent == Absent::Refused => Err(Rejection::wrong(field.name, reason)),
            Err(reason) => {
                self.keep(field.name, value);
                self.notice(field.name, "not understood, taken as absent", reason);
                Ok(())
            }
        }
    }

    fn check_references(&mut self, known: &IdIndex) -> Result<(), Rejection> {
        for (index, field) in self.mapper.mapping.fields.iter().enumerate() {
            let Some(reference) = field.reference else { continue };
            let column = self.mapper.column_of[index];
            let Value::Text(id) = &self.values[column] else { continue };
            if known.has(reference.to, id) {
                continue;
            }
            if !reference.can_be_left_out {
                return Err(Rejection::dangling(field.name, reference.to, id.clone()));
            }
            let id = std::mem::replace(&mut self.values[column], Value::Null);
            if let Value::Text(id) = id {
                self.keep_reference(field.name, &id);
                self.notice(field.name, "points at what is gone, left out", id);
            }
        }
        Ok(())
    }

    fn keep_reference(&mut self, name: &str, id: &str) {
        match ObjectId::parse_str(id) {
            Ok(id) => self.keep(name, RawBsonRef::ObjectId(id)),
            Err(_) => self.keep(name, RawBsonRef::String(id)),
        }
    }

    fn fill_in(&mut self) -> Result<(), Rejection> {
        let fields = self.mapper.mapping.fields.iter().zip(&self.mapper.column_of);
        // What stands for itself first, then what another column stands for.
        let (copied, own): (Vec<_>, Vec<_>) =
            fields.partition(|(field, _)| matches!(field.absent, Absent::Column(_)));
        for (field, &column) in own.into_iter().chain(copied) {
            if self.values[column] != Value::Null {
                continue;
            }
            self.values[column] = self.stands_for(field);
            let is_needed = matches!(field.absent, Absent::Refused | Absent::Made);
            if is_needed && self.values[column] == Value::Null {
                return Err(Rejection::missing(field.name));
            }
        }
        Ok(())
    }

    /// What stands for a field that is absent.
    pub(super) fn stands_for(&self, field: &Field) -> Value {
        match field.absent {
            Absent::Null | Absent::Refused => Value::Null,
            Absent::Flag(on) => on.into(),
            Absent::Int(number) => number.into(),
            Absent::Text(text) => text.into(),
            Absent::Made => self.object_id.map(|id| id.timestamp().timestamp_millis()).into(),
            Absent::Column(other) => self.get(other).clone(),
        }
    }
}

/// The digest of the values of a row, the same for what was written and for what either database reads back.
pub fn row_digest<'v>(values: impl Iterator<Item = &'v Value>) -> [u8; 16] {
    let mut hash = Sha256::new();
    for value in values {
        let (tag, bytes): (u8, &[u8]) = match value {
            Value::Null => (0, &[]),
            // SQLite has no truth values.
            Value::Bool(on) => (1, &i64::from(*on).to_le_bytes()),
            Value::Int(number) => (1, &number.to_le_bytes()),
            Value::Real(number) => (2, &number.to_bits().to_le_bytes()),
            Value::Text(text) => (3, text.as_bytes()),
            Value::Bytes(bytes) => (4, bytes),
        };
        hash.update([tag]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    let digest: [u8; 32] = hash.finalize().into();
    std::array::from_fn(|index| digest[index])
}

impl Rejection {
    pub(super) fn missing(field: &'static str) -> Self {
        Self { field: field.into(), reason: super::Reason::Missing }
    }

    pub(super) fn wrong(field: &'static str, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: super::Reason::Wrong(reason.into()) }
    }

    /// Another document has it.
    #[must_use]
    pub fn taken(column: &str) -> Self {
        Self { field: column.into(), reason: super::Reason::Taken }
    }

    pub(super) fn dangling(field: &'static str, to: Parent, id: String) -> Self {
        Self { field: field.into(), reason: super::Reason::Dangling { collection: to.collection(), id } }
    }
}
