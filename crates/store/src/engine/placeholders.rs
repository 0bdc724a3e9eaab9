//! Placeholders of statements, and the values for them.

use crate::Value;

/// `$from, $from+1, …` for `count` values of an `IN (…)`.
///
/// The count is rounded up to a power of two so that few different statements have to be prepared; [`padded`]
/// adjusts the values.
pub(crate) fn placeholders(from: usize, count: usize) -> String {
    placeholders_exactly(from, count.next_power_of_two())
}

/// `$from, $from+1, …` for exactly `count` values.
pub(crate) fn placeholders_exactly(from: usize, count: usize) -> String {
    (from..from + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

/// A condition that excludes some values of a column, and its parameters from `$from` on.
pub(crate) fn not_in(column: &str, from: usize, values: Vec<Value>) -> (String, Vec<Value>) {
    if values.is_empty() {
        return (String::new(), values);
    }
    (format!("AND {column} NOT IN ({})", placeholders(from, values.len())), padded(values))
}

/// The values of an `IN (…)`, with the last one repeated to fill the [`placeholders`].
pub(crate) fn padded(values: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut values: Vec<Value> = values.into_iter().collect();
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}
