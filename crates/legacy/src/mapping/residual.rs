//! What a row does not contain of its document, so that the document can be written again as it was.

use super::Draft;
use super::to_bson::{self, to_bson};
use bson::raw::CStr;
use bson::{RawBson, RawBsonRef, RawDocument, RawDocumentBuf};
use meeshy_store::Value;
use std::collections::HashSet;

/// What a row does not contain of its document.
#[derive(Debug, Clone, PartialEq)]
pub struct Residual {
    /// The fields of the document in order, as a JSON array.
    pub fields: String,
    /// Fields whose values the row does not contain as they were.
    pub rest: Option<RawDocumentBuf>,
    /// The values in the row that stand for those, and for absent fields; with them an export detects later
    /// changes.
    pub instead: Option<RawDocumentBuf>,
}

impl Residual {
    /// Compares a document with the row that it became.
    #[must_use]
    pub fn of(draft: &Draft<'_>, raw: &RawDocument) -> Self {
        let elements: Vec<(&CStr, RawBsonRef<'_>)> = raw.iter().flatten().collect();
        let names: Vec<&str> = elements.iter().map(|(name, _)| name.as_str()).collect();
        let kept: HashSet<&str> = draft
            .rest()
            .into_iter()
            .flat_map(|rest| rest.iter().flatten())
            .map(|(name, _)| name.as_str())
            .collect();
        let (mut rest, mut instead) = (RawDocumentBuf::new(), RawDocumentBuf::new());
        let mut columns = vec![false; draft.values().len()];
        for (at, (name, found)) in elements.iter().enumerate() {
            let field = draft.mapper.field_index(name.as_str(), at.saturating_sub(1));
            if let Some(field) = field {
                columns[draft.mapper.column_index(field)] = true;
            }
            let said = draft.field_value(name.as_str(), field);
            let is_again = names[..at].contains(&name.as_str()) || names[at + 1..].contains(&name.as_str());
            let is_said = said.as_ref().is_some_and(|said| is_same(said.as_raw_bson_ref(), *found));
            if is_said && !is_again && !kept.contains(name.as_str()) {
                continue;
            }
            rest.append(*name, *found);
            append_value(&mut instead, name, said);
        }
        draft.append_unnamed(&columns, &mut instead);
        let fields = serde_json::to_string(&names).unwrap_or_default();
        Self { fields, rest: filled(rest), instead: filled(instead) }
    }
}

impl Draft<'_> {
    /// The value in the row for a field; `None` if it has no column.
    ///
    /// `index` is the position of the field in the mapping, if it is in there.
    pub(crate) fn field_value(&self, name: &str, index: Option<usize>) -> Option<RawBson> {
        if name == "_id" {
            return Some(to_bson::id(&self.id));
        }
        match index {
            Some(index) => {
                let field = &self.mapper.mapping.fields[index];
                to_bson(field.kind, &self.values()[self.mapper.column_index(index)])
            }
            None => {
                let implied = self.mapper.mapping.implied.iter().find(|implied| implied.name == name)?;
                (implied.value)(self)
            }
        }
    }

    /// The values of columns that are not in `told`, except for defaults of absent fields.
    pub(crate) fn append_unnamed(&self, told: &[bool], instead: &mut RawDocumentBuf) {
        for (index, field) in self.mapper.mapping.fields.iter().enumerate() {
            let column = self.mapper.column_index(index);
            let value = &self.values()[column];
            if told[column] || *value == Value::Null || *value == self.default_for(field) {
                continue;
            }
            if let Ok(name) = <&CStr>::try_from(field.name) {
                append_value(instead, name, to_bson(field.kind, value));
            }
        }
    }
}

fn append_value(document: &mut RawDocumentBuf, name: &CStr, value: Option<RawBson>) {
    if let Some(value) = value.filter(|value| *value != RawBson::Null) {
        document.append(name, value);
    }
}

/// Whether two values are identical, byte for byte.
pub(crate) fn is_same(one: RawBsonRef<'_>, other: RawBsonRef<'_>) -> bool {
    match (one, other) {
        (RawBsonRef::Double(one), RawBsonRef::Double(other)) => one.to_bits() == other.to_bits(),
        (RawBsonRef::Document(one), RawBsonRef::Document(other)) => one.as_bytes() == other.as_bytes(),
        (RawBsonRef::Array(one), RawBsonRef::Array(other)) => one.as_bytes() == other.as_bytes(),
        _ => one == other,
    }
}

fn filled(document: RawDocumentBuf) -> Option<RawDocumentBuf> {
    (!document.is_empty()).then_some(document)
}
