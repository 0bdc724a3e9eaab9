//! Finds quantities and reads their values.

use crate::text::scripts::needs_no_spaces;
use regex::{Captures, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// The zeros of the scripts with decimal digits of their own, each followed by 1 to 9.
const ZEROS: [char; 19] =
    ['0', '٠', '۰', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '๐', '໐', '༠', '၀', '០', '᠐', '０'];

/// How many words after a number may be its unit.
const MAX_UNIT_WORDS: usize = 4;

static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?x)
          (?<date> \d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})
        | (?<hour> \d{1,2}) (?:
              \ ?[:h]\ ?(?<minute>\d{2}) (?: :(?<second>\d{2}) )? (?-u:\b) (?: \ ?(?<half> [ap]) (?: \.m\. | \.?m (?-u:\b) ) )?
            | \ ?(?<half_hour> [ap]) (?: \.m\. | \.?m (?-u:\b) ) )
        | (?<sign> \p{Lu}{0,2}\p{Sc}) \ ? (?<amount> NUMBER)
        | (?<number> NUMBER) (?: [\ \u{A0}\u{202F}]? (?<unit>
              [%‰٪] | \p{Lu}{0,2}\p{Sc} | °\ ?[CFK]? | [kcm]?m[²³] | (?:
              km\ ?/\ ?h|mph|m/s|[kcm]?m2?|nm|µm|mi|ft|[kmµ]?g|lbs?|oz|[cmd]?l|[kMGT]i?B|[kMG]?bit/s|k?Wh?|mA?h|
              [kMG]?Hz|px|min|m?s|h|EUR|USD|GBP|CHF|CAD|JPY|CNY|XAF|XOF)(?-u:\b)) )?
        ";
    let number = r"(?: \d{1,3}(?:[\ \u{A0}\u{202F}]\d{3})+(?:[.,]\d+)? | \d+(?:[.,'’٫٬\u{A0}\u{202F}]\d+)* )";
    #[expect(clippy::expect_used, reason = "a constant pattern is valid")]
    Regex::new(&pattern.replace("NUMBER", number)).expect("a constant pattern is valid")
});

/// A quantity in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) range: Range<usize>,
    pub(super) value: Value,
    /// An integer without a unit.
    pub(super) is_plain: bool,
    /// Part of a word: `21st`, `1990s`. Words are left to the engine.
    pub(super) is_in_word: bool,
    /// The words that follow, in lower case; the unit may be among them.
    pub(super) next_words: Vec<String>,
}

/// What a quantity says, in any notation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Its parts in the order of the text.
    Date([u32; 3]),
    Time(Time),
    Number {
        readings: Vec<Number>,
        unit: Option<String>,
    },
}

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time {
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) second: u32,
    /// Whether it is marked as one after noon, if it is marked.
    pub(super) is_pm: Option<bool>,
}

impl Time {
    /// The hour from 0 to 23.
    pub(super) fn hour_of_day(self) -> u32 {
        match self.is_pm {
            Some(true) => self.hour % 12 + 12,
            Some(false) => self.hour % 12,
            None => self.hour,
        }
    }
}

/// The digits of a number before and after the decimal separator, the latter without zeros at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) whole: String,
    pub(super) fraction: String,
}

/// The quantities of a text, in order.
pub(super) fn find(text: &str) -> Vec<Found> {
    if !text.chars().any(char::is_numeric) {
        return Vec::new();
    }
    PATTERN.captures_iter(text).filter_map(|captures| read(text, &captures)).collect()
}

fn read(text: &str, captures: &Captures<'_>) -> Option<Found> {
    let mut range = captures.get(0)?.range();
    if !stands_alone(text, range.start) {
        return None;
    }
    let part = |name: &str| captures.name(name).map(|part| part.as_str());
    let mut unit = part("sign").or(part("unit"));
    // `5 mètres` is no `5 m`, and `1990s` no time.
    let is_word =
        unit.is_some_and(|unit| unit.ends_with(char::is_alphabetic)) && continues_word(text, range.end);
    if let Some(number) = captures.name("number")
        && (is_word || unit == Some("s") && number.end() + 1 == range.end)
    {
        unit = None;
        range.end = number.end();
    }
    let value = if let Some(date) = part("date") {
        let mut parts = date.split(['-', '/', '.']).map(number);
        Value::Date([parts.next()??, parts.next()??, parts.next()??])
    } else if let Some(hour) = part("hour") {
        let part_of_hour = |name| part(name).map_or(Some(0), number);
        let is_pm = part("half").or(part("half_hour")).map(|half| half == "p");
        Value::Time(Time {
            hour: number(hour)?,
            minute: part_of_hour("minute")?,
            second: part_of_hour("second")?,
            is_pm,
        })
    } else {
        let digits = part("amount").or(part("number"))?;
        Value::Number { readings: readings(digits), unit: unit.map(standard) }
    };
    let is_plain = text[range.clone()].chars().all(char::is_numeric);
    let is_in_word = is_plain && continues_word(text, range.end);
    let next_words = next_words(&text[range.end..]);
    Some(Found { range, value, is_plain, is_in_word, next_words })
}

/// The first words of a text, if it starts with one: `milhões de dólares`.
fn next_words(text: &str) -> Vec<String> {
    let is_space = |c: char| matches!(c, ' ' | '\u{A0}' | '\u{202F}' | '-');
    let phrase = text.split(|c: char| !c.is_alphabetic() && !is_space(c)).next().unwrap_or_default();
    phrase
        .split(is_space)
        .filter(|word| !word.is_empty())
        .take(MAX_UNIT_WORDS)
        .map(str::to_lowercase)
        .collect()
}

/// Whether no word continues at the start of a quantity. Scripts without spaces have no boundaries there.
fn stands_alone(text: &str, start: usize) -> bool {
    let before = text[..start].chars().next_back();
    !before.is_some_and(|c| c == '_' || c.is_alphanumeric() && !needs_no_spaces(c))
}

fn continues_word(text: &str, end: usize) -> bool {
    text[end..].starts_with(|c: char| c == '_' || c.is_alphabetic() && !needs_no_spaces(c))
}

/// The digits of any script in those of ASCII.
fn ascii(digits: &str) -> String {
    let digit = |c: char| {
        ZEROS.iter().find_map(|&zero| {
            u32::from(c).checked_sub(u32::from(zero)).and_then(|digit| char::from_digit(digit, 10))
        })
    };
    digits.chars().map(|c| digit(c).unwrap_or(c)).collect()
}

fn number(digits: &str) -> Option<u32> {
    ascii(digits).parse().ok()
}

/// One name for each unit.
fn standard(unit: &str) -> String {
    match unit {
        "EUR" => "€".to_owned(),
        "USD" | "US$" => "$".to_owned(),
        "GBP" => "£".to_owned(),
        "JPY" | "CNY" => "¥".to_owned(),
        "٪" => "%".to_owned(),
        unit => unit.replace('²', "2").replace('³', "3").replace(' ', ""),
    }
}

/// What a number can mean: `1,234` is either 1234 or 1.234.
fn readings(number: &str) -> Vec<Number> {
    let number = ascii(number);
    let groups: Vec<&str> = number.split(|c: char| !c.is_ascii_digit()).collect();
    let separators: Vec<char> = number.chars().filter(|c| !c.is_ascii_digit()).collect();
    let is_grouping = |c: &char| !matches!(c, '.' | ',' | '٫');
    let are_groups = |groups: &[&str]| {
        groups.first().is_some_and(|first| (1..=3).contains(&first.len()) && *first != "0")
            && groups.last().is_some_and(|last| last.len() == 3)
            && groups[1..].iter().all(|group| matches!(group.len(), 2 | 3))
    };
    let integer = || Number { whole: groups.concat(), fraction: String::new() };
    let decimal = || {
        let (last, rest) = groups.split_last().unwrap_or((&"", &[]));
        Number { whole: rest.concat(), fraction: last.trim_end_matches('0').to_owned() }
    };
    match separators.as_slice() {
        [] => vec![integer()],
        all if all.iter().all(is_grouping) => vec![integer()],
        // With all digits: 1,200 is not 1.2.
        [_] if are_groups(&groups) => {
            vec![integer(), Number { whole: groups[0].to_owned(), fraction: groups[1].to_owned() }]
        }
        [_] => vec![decimal()],
        [first, rest @ ..] if rest.iter().all(|c| c == first) && are_groups(&groups) => vec![integer()],
        [rest @ .., last] if rest.iter().all(|c| c != last) => vec![decimal()],
        // A version, such as 1.2.3.4.
        _ => vec![Number { whole: groups.join("."), fraction: String::new() }],
    }
}
