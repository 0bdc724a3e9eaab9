//! The preferences of a user, by category.
//!
//! Each category is one declaration, from which its fields, defaults, bounds, validation and JSON Schema follow. The types of
//! the fields carry their bounds.

mod categories;
mod values;

pub use categories::{
    Application, Audio, Document, FontSize, Message, Notification, Privacy, Theme, Video, Weekday,
};
pub use values::{Line, Link, List, Speed, TimeOfDay, Whole};

use crate::named::named;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Maximum length of the description of a problem, in characters.
const MAX_PROBLEM_CHARS: usize = 200;

/// Preferences as JSON, by the names of the fields.
pub type Values = Map<String, Value>;

/// A category of preferences.
pub trait Category:
    Serialize
    + DeserializeOwned
    + JsonSchema
    + Default
    + Clone
    + std::fmt::Debug
    + PartialEq
    + Send
    + Sync
    + 'static
{
    /// Its name in paths, and of the column with its documents.
    const NAME: &'static str;
    /// Its fields, as they are named in Rust.
    const FIELDS: &'static [&'static str];

    /// What the user hides from others; `None` if this is a matter of another category.
    fn hides(&self) -> Option<Hides> {
        None
    }

    /// The features that need consent: the field, whether it is on, and what it needs.
    fn features(&self) -> Vec<(&'static str, bool, &'static [Consent])> {
        Vec::new()
    }
}

named!(
    /// A recorded consent of a user, by the name of its field.
    Consent, "consent" {
        /// To the processing of voice recordings.
        VoiceData = "voiceDataConsentAt",
        /// To a voice profile.
        VoiceProfile = "voiceProfileConsentAt",
    }
);

/// What a user hides from others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hides {
    /// Whether they are connected.
    pub online_status: bool,
    /// When they were last active.
    pub last_seen: bool,
    /// How far they have read.
    pub read_receipts: bool,
    /// That they are typing.
    pub typing: bool,
    /// Their profile, from the search of users.
    pub profile: bool,
}

/// A value that is not possible for its field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidPreference {
    /// The field as the wire names it.
    pub field: String,
    /// What is wrong.
    pub problem: String,
}

/// Reads values; what is missing has its default, and unknown keys are ignored.
///
/// # Errors
/// When a value is not possible.
pub fn parse<C: Category>(values: Values) -> Result<C, InvalidPreference> {
    serde_path_to_error::deserialize(Value::Object(values)).map_err(|error| {
        let field = match error.path().iter().next() {
            Some(serde_path_to_error::Segment::Map { key }) => key.clone(),
            _ => String::new(),
        };
        // It can repeat what was sent.
        let problem = error.into_inner().to_string().chars().take(MAX_PROBLEM_CHARS).collect();
        InvalidPreference { field, problem }
    })
}

/// Reads a stored document. A value that is not possible (any more) counts as missing, and so does a document that is
/// none.
pub fn read<C: Category>(document: Option<&str>) -> C {
    let mut values = values(document);
    loop {
        match parse(values.clone()) {
            Ok(read) => return read,
            // Each round removes one.
            Err(InvalidPreference { field, .. }) if values.remove(&field).is_some() => {}
            Err(_) => return C::default(),
        }
    }
}

/// Who may call, if these values say it: everybody (`true`), or only friends.
pub fn calls_from_strangers<C: Category>(values: &Values) -> Option<bool> {
    let named = values.get(&wire_name("allow_calls_from_non_contacts"));
    named.filter(|_| C::NAME == Privacy::NAME)?.as_bool()
}

/// Stored values with `changes`, to be [parsed](parse). Values that are stored and not possible are left out.
pub fn merged<C: Category>(document: Option<&str>, changes: Values) -> Values {
    let mut values = values_of(&read::<C>(document));
    values.extend(changes);
    values
}

/// The document to store in place of `before`. It keeps what that has and this program does not know: the old system stored
/// other things there, too.
pub fn document<C: Category>(before: Option<&str>, preferences: &C) -> String {
    let mut values = values(before);
    for field in C::FIELDS {
        values.remove(&wire_name(field));
    }
    values.extend(values_of(preferences));
    Value::Object(values).to_string()
}

/// The preferences that turn a feature on without the consent that it needs: the field, and what is missing.
pub fn unconsented<C: Category>(
    before: &C,
    after: &C,
    given: &[Consent],
) -> Vec<(&'static str, Vec<Consent>)> {
    let before = before.features();
    let is_turned_on = |field: &str, is_on: bool| {
        is_on && before.iter().any(|(known, was_on, _)| *known == field && !was_on)
    };
    let turned_on = after.features().into_iter().filter(|(field, is_on, _)| is_turned_on(field, *is_on));
    let missing = turned_on.map(|(field, _, needed)| {
        (field, needed.iter().copied().filter(|consent| !given.contains(consent)).collect::<Vec<_>>())
    });
    missing.filter(|(_, missing)| !missing.is_empty()).collect()
}

fn values(document: Option<&str>) -> Values {
    document.and_then(|document| serde_json::from_str(document).ok()).unwrap_or_default()
}

fn values_of<C: Category>(preferences: &C) -> Values {
    match serde_json::to_value(preferences) {
        Ok(Value::Object(values)) => values,
        _ => Values::new(),
    }
}

/// `show_last_seen` as `showLastSeen`.
fn wire_name(field: &str) -> String {
    let mut name = String::with_capacity(field.len());
    for (index, word) in field.split('_').enumerate() {
        match word.chars().next().filter(|_| index > 0) {
            Some(first) => name.extend(first.to_uppercase().chain(word.chars().skip(1))),
            None => name += word,
        }
    }
    name
}

#[cfg(test)]
mod tests;
