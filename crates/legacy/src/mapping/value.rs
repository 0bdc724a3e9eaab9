//! Converts BSON values to database values, tolerating the types that old programs wrote.

use super::field::Kind;
use bson::RawBsonRef;
use bson::oid::ObjectId;
use jiff::Timestamp;
use meeshy_domain::Language;
use meeshy_store::Value;
use serde_json::{Value as Json, json};

/// The value for a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// The value.
    pub value: Value,
    /// Whether the exact BSON value can be restored from it.
    pub is_exact: bool,
}

impl Converted {
    fn exact(value: impl Into<Value>) -> Self {
        Self { value: value.into(), is_exact: true }
    }

    fn near(value: impl Into<Value>) -> Self {
        Self { value: value.into(), is_exact: false }
    }
}

/// Converts a value to a kind; `null` becomes no value.
///
/// # Errors
/// What was found instead, for people.
pub fn convert(kind: Kind, value: RawBsonRef<'_>) -> Result<Converted, String> {
    if matches!(value, RawBsonRef::Null | RawBsonRef::Undefined) {
        return Ok(Converted { value: Value::Null, is_exact: matches!(value, RawBsonRef::Null) });
    }
    match kind {
        Kind::Id => id(value),
        Kind::Text => text(value),
        Kind::Flag => value.as_bool().map(Converted::exact).ok_or_else(|| instead("a boolean", value)),
        Kind::Int => int(value),
        Kind::Real => real(value),
        Kind::Time => time(value),
        Kind::Json => json_text(value),
        Kind::Texts => list("an array of strings", value, |item| item.as_str().map(|text| json!(text))),
        Kind::Ids => list("an array of ids", value, |item| item.as_object_id().map(|id| json!(id.to_hex()))),
        Kind::Bytes => match value {
            RawBsonRef::Binary(binary) => Ok(Converted::exact(binary.bytes.to_vec())),
            other => Err(instead("binary data", other)),
        },
        Kind::Name(names) => named(names.iter().map(|name| (*name, *name)), value),
        Kind::Renamed(pairs) => named(pairs.iter().copied(), value),
        Kind::Language => language(value),
    }
}

/// Reads an id.
#[must_use]
pub fn as_id(value: RawBsonRef<'_>) -> Option<ObjectId> {
    match value {
        RawBsonRef::ObjectId(id) => Some(id),
        RawBsonRef::String(text) => ObjectId::parse_str(text).ok(),
        _ => None,
    }
}

fn id(value: RawBsonRef<'_>) -> Result<Converted, String> {
    let id = as_id(value).ok_or_else(|| instead("an id", value))?;
    Ok(Converted { value: id.to_hex().into(), is_exact: matches!(value, RawBsonRef::ObjectId(_)) })
}

fn text(value: RawBsonRef<'_>) -> Result<Converted, String> {
    match value {
        // PostgreSQL cannot store U+0000, so neither database does; the original is kept in the ledger.
        RawBsonRef::String(text) if text.contains('\0') => {
            Ok(Converted::near(text.replace('\0', "\u{fffd}")))
        }
        RawBsonRef::String(text) => Ok(Converted::exact(text)),
        RawBsonRef::Symbol(text) => Ok(Converted::near(text)),
        RawBsonRef::ObjectId(id) => Ok(Converted::near(id.to_hex())),
        other => Err(instead("text", other)),
    }
}

fn int(value: RawBsonRef<'_>) -> Result<Converted, String> {
    match value {
        RawBsonRef::Int64(number) => Ok(Converted::exact(number)),
        RawBsonRef::Int32(number) => Ok(Converted::near(i64::from(number))),
        RawBsonRef::Double(number) => {
            whole(number).map(Converted::near).ok_or_else(|| instead("a whole number", value))
        }
        other => Err(instead("a whole number", other)),
    }
}

/// The integer value of a double, if it is exact.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn whole(number: f64) -> Option<i64> {
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= LARGEST).then_some(number as i64)
}

#[expect(clippy::cast_precision_loss, reason = "the old system counts as JavaScript does, in doubles")]
fn real(value: RawBsonRef<'_>) -> Result<Converted, String> {
    match value {
        // SQLite does not store the sign of a zero, so neither database does.
        RawBsonRef::Double(number) if number.to_bits() == (-0.0_f64).to_bits() => Ok(Converted::near(0.0)),
        RawBsonRef::Double(number) if number.is_finite() => Ok(Converted::exact(number)),
        RawBsonRef::Int32(number) => Ok(Converted::near(f64::from(number))),
        RawBsonRef::Int64(number) => Ok(Converted::near(number as f64)),
        other => Err(instead("a number", other)),
    }
}

/// Dates are milliseconds within a calendar (years -9999 to 9999); JavaScript drivers write other values for
/// `Invalid Date`.
fn time(value: RawBsonRef<'_>) -> Result<Converted, String> {
    let millis = match value {
        RawBsonRef::DateTime(date) => date.timestamp_millis(),
        RawBsonRef::Timestamp(stamp) => i64::from(stamp.time) * 1_000,
        RawBsonRef::String(text) => {
            let read: Result<Timestamp, _> = text.parse();
            read.map_err(|_| instead("a date", value))?.as_millisecond()
        }
        other => return Err(instead("a date", other)),
    };
    Timestamp::from_millisecond(millis)
        .map_err(|_| format!("expected a date, found {millis} ms, which is out of range"))?;
    Ok(Converted { value: millis.into(), is_exact: matches!(value, RawBsonRef::DateTime(_)) })
}

fn named(
    mut names: impl Iterator<Item = (&'static str, &'static str)>,
    value: RawBsonRef<'_>,
) -> Result<Converted, String> {
    let given = value.as_str().ok_or_else(|| instead("text", value))?;
    match names.find(|(known, _)| known.eq_ignore_ascii_case(given)) {
        Some((_, name)) => Ok(Converted { value: name.into(), is_exact: name == given }),
        None => Err(format!("`{}` is not a known name", shortened(given))),
    }
}

fn language(value: RawBsonRef<'_>) -> Result<Converted, String> {
    let given = value.as_str().ok_or_else(|| instead("text", value))?;
    let language = Language::parse(given).map_err(|error| error.to_string())?;
    Ok(Converted { value: language.into(), is_exact: language.code() == given })
}

fn list(
    expected: &str,
    value: RawBsonRef<'_>,
    item: impl Fn(RawBsonRef<'_>) -> Option<Json>,
) -> Result<Converted, String> {
    let array = value.as_array().ok_or_else(|| instead(expected, value))?;
    let items: Option<Vec<Json>> = array.into_iter().map(|found| found.ok().and_then(&item)).collect();
    let items = items.ok_or_else(|| format!("expected {expected}, found an array of something else"))?;
    Ok(Converted::exact(Json::Array(items).to_string()))
}

fn json_text(value: RawBsonRef<'_>) -> Result<Converted, String> {
    if !matches!(value, RawBsonRef::Document(_) | RawBsonRef::Array(_)) {
        return Err(instead("a document or an array", value));
    }
    let mut is_exact = true;
    let json = to_json(value, &mut is_exact).ok_or("it cannot be represented in JSON")?;
    Ok(Converted { value: json.to_string().into(), is_exact })
}

/// A value as JSON; clears `is_exact` where JSON has no such type, as for dates and ids.
pub fn to_json(value: RawBsonRef<'_>, is_exact: &mut bool) -> Option<Json> {
    Some(match value {
        RawBsonRef::Null => Json::Null,
        RawBsonRef::Boolean(on) => json!(on),
        RawBsonRef::String(text) => json!(text),
        RawBsonRef::Int32(number) => json!(number),
        RawBsonRef::Int64(number) => {
            // What fits is an int32.
            *is_exact &= i32::try_from(number).is_err();
            json!(number)
        }
        RawBsonRef::Double(number) => {
            // JSON cannot tell 1.0 from 1.
            *is_exact &= number.fract() != 0.0;
            json!(number)
        }
        RawBsonRef::Array(array) => {
            let items: Option<Vec<Json>> =
                array.into_iter().map(|item| item.ok().and_then(|item| to_json(item, is_exact))).collect();
            Json::Array(items?)
        }
        RawBsonRef::Document(document) => {
            let mut object = serde_json::Map::new();
            for item in document {
                let (key, item) = item.ok()?;
                object.insert(key.as_str().to_owned(), to_json(item, is_exact)?);
            }
            Json::Object(object)
        }
        other => {
            *is_exact = false;
            match other {
                RawBsonRef::DateTime(date) => {
                    json!(Timestamp::from_millisecond(date.timestamp_millis()).ok()?.to_string())
                }
                RawBsonRef::ObjectId(id) => json!(id.to_hex()),
                RawBsonRef::Symbol(text) => json!(text),
                RawBsonRef::Undefined => Json::Null,
                _ => return None,
            }
        }
    })
}

/// `expected a date, found the text "yesterday"`.
fn instead(expected: &str, found: RawBsonRef<'_>) -> String {
    let found = match found {
        RawBsonRef::String(text) => format!("the text {:?}", shortened(text)),
        RawBsonRef::Int32(number) => format!("the number {number}"),
        RawBsonRef::Int64(number) => format!("the number {number}"),
        RawBsonRef::Double(number) => format!("the number {number}"),
        RawBsonRef::Boolean(on) => format!("`{on}`"),
        RawBsonRef::ObjectId(_) => "an id".into(),
        RawBsonRef::DateTime(_) => "a date".into(),
        RawBsonRef::Document(_) => "a document".into(),
        RawBsonRef::Array(_) => "an array".into(),
        RawBsonRef::Binary(_) => "binary data".into(),
        other => format!("a value of type {:?}", other.element_type()),
    };
    format!("expected {expected}, found {found}")
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}
