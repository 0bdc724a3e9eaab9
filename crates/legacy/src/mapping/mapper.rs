//! Maps a document to its row: its fields, then its references, its rule, and the defaults.

use super::field::{Absent, Kind};
use super::id_index::IdIndex;
use super::model::{Destination, Draft, Mapper};
use super::rejection::Rejection;
use super::value::{self, Converted};
use bson::oid::ObjectId;
use bson::{RawBsonRef, RawDocument};
use meeshy_store::Value;

/// The longest text that can be an id, in bytes.
pub const MAX_ID_LENGTH: usize = 200;

impl Mapper {
    /// Maps a document.
    ///
    /// # Errors
    /// The reason why it is rejected.
    pub fn map(&self, raw: &RawDocument, ids: &IdIndex) -> Result<(Draft<'_>, Destination), Rejection> {
        let mut draft = self.blank();
        draft.take_fields(raw)?;
        if draft.id.is_empty() {
            return Err(Rejection::missing("_id"));
        }
        draft.check_references(ids)?;
        let destination = (self.mapping.rule)(&mut draft, raw, ids)?;
        draft.fill_in()?;
        Ok((draft, destination))
    }

    /// Maps an embedded document that has no id; `set` are columns given by its context.
    ///
    /// # Errors
    /// The reason why it is rejected.
    pub fn map_part(&self, raw: &RawDocument, set: &[(&str, Value)]) -> Result<Draft<'_>, Rejection> {
        let mut draft = self.blank();
        draft.take_fields(raw)?;
        for (column, value) in set {
            draft.set(column, value.clone());
        }
        draft.fill_in()?;
        Ok(draft)
    }

    /// The values of a row, in the order of the columns.
    #[must_use]
    pub fn row(&self, mut values: Vec<Value>) -> Draft<'_> {
        for (field, &column) in self.mapping.fields.iter().zip(&self.column_of) {
            // SQLite has no booleans.
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
}

impl Draft<'_> {
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
                    self.keep_original(key, value);
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
                    return Err(Rejection::wrong("_id", "it is too long or contains U+0000"));
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
        match value::convert(field.kind, value) {
            Ok(Converted { value: taken, is_exact }) => {
                if !is_exact {
                    self.keep_original(field.name, value);
                }
                if taken != Value::Null {
                    self.values[self.mapper.column_of[index]] = taken;
                }
                Ok(())
            }
            Err(reason) if field.absent == Absent::Required => Err(Rejection::wrong(field.name, reason)),
            Err(reason) => {
                self.keep_original(field.name, value);
                self.notice(field.name, "invalid, treated as absent", reason);
                Ok(())
            }
        }
    }

    fn check_references(&mut self, ids: &IdIndex) -> Result<(), Rejection> {
        for (index, field) in self.mapper.mapping.fields.iter().enumerate() {
            let Some(reference) = field.reference else { continue };
            let column = self.mapper.column_of[index];
            let Value::Text(id) = &self.values[column] else { continue };
            if ids.has(reference.to, id) {
                continue;
            }
            if !reference.is_nullable {
                return Err(Rejection::dangling(field.name, reference.to, id.clone()));
            }
            let id = std::mem::replace(&mut self.values[column], Value::Null);
            if let Value::Text(id) = id {
                self.keep_reference(field.name, &id);
                self.notice(field.name, "refers to a missing document, omitted", id);
            }
        }
        Ok(())
    }

    fn keep_reference(&mut self, name: &str, id: &str) {
        match ObjectId::parse_str(id) {
            Ok(id) => self.keep_original(name, RawBsonRef::ObjectId(id)),
            Err(_) => self.keep_original(name, RawBsonRef::String(id)),
        }
    }

    fn fill_in(&mut self) -> Result<(), Rejection> {
        let fields = self.mapper.mapping.fields.iter().zip(&self.mapper.column_of);
        // Constant defaults first, then those copied from another column.
        let (copied, own): (Vec<_>, Vec<_>) =
            fields.partition(|(field, _)| matches!(field.absent, Absent::Column(_)));
        for (field, &column) in own.into_iter().chain(copied) {
            if self.values[column] != Value::Null {
                continue;
            }
            self.values[column] = self.default_for(field);
            let is_needed = matches!(field.absent, Absent::Required | Absent::IdTime);
            if is_needed && self.values[column] == Value::Null {
                return Err(Rejection::missing(field.name));
            }
        }
        Ok(())
    }
}
