//! Reads values from the defaults, the file and the environment, and reports invalid ones.

use super::Config;
use super::pip;
use super::settings::{Kind, SETTINGS, Setting};
use meeshy_domain::secret::{MASK, mask_url};
use serde::Deserialize;
use std::fmt;
use std::path::PathBuf;
use toml::{Table, Value};

/// The maximum of every integer setting. Adding it to a time, or taking it as MiB, does not overflow.
const MAX_INTEGER: i64 = i32::MAX as i64;

/// The setting that pip's configuration files set, too.
const PACKAGE_INDEX: &str = "translation.package_index";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Default,
    File(PathBuf),
    Variable(String),
    /// A file named by an environment variable.
    VariableFile(String, PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => write!(f, "the variable {name}"),
            Self::VariableFile(name, path) => write!(f, "{}, named by the variable {name}", path.display()),
        }
    }
}

/// An effective value and its source. `Debug` masks secrets, as `meeshy config` does.
#[derive(Clone)]
pub struct Effective {
    pub setting: &'static Setting,
    /// `None` if nothing is set and there is no default.
    pub value: Option<Value>,
    pub source: Source,
}

impl Effective {
    /// The value with secrets masked; `None` if there is none.
    pub fn shown(&self) -> Option<Value> {
        let value = self.value.as_ref()?;
        Some(match self.source {
            _ if self.setting.secret => MASK.into(),
            Source::Default => value.clone(),
            _ => masked(value),
        })
    }
}

impl fmt::Debug for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Effective");
        shown.field("key", &self.setting.key).field("value", &self.shown()).field("source", &self.source);
        shown.finish()
    }
}

/// The value without the API keys in its tables and the passwords in its URLs.
fn masked(value: &Value) -> Value {
    match value {
        Value::String(text) => mask_url(text).into(),
        Value::Array(items) => Value::Array(items.iter().map(masked).collect()),
        Value::Table(table) => {
            let mask = |(key, value): (&String, &Value)| match key.as_str() {
                "api_key" => (key.clone(), MASK.into()),
                _ => (key.clone(), masked(value)),
            };
            Value::Table(table.iter().map(mask).collect())
        }
        other => other.clone(),
    }
}

/// Why the configuration is invalid.
#[derive(Debug)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// Builds the configuration from the text of a file, if there is one, and the environment.
///
/// # Errors
/// If a key is unknown or a value is invalid; the message names its source.
pub fn load(
    file: Option<(PathBuf, String)>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(Config, Vec<Effective>), ConfigError> {
    let file = file.map(|(path, text)| parse_file(&path, &text).map(|table| (path, table))).transpose()?;
    let mut effective = SETTINGS
        .iter()
        .map(|setting| effective(setting, file.as_ref(), &variable))
        .collect::<Result<Vec<_>, ConfigError>>()?;
    let index = effective.iter_mut().find(|entry| entry.setting.key == PACKAGE_INDEX);
    if let Some(entry) = index.filter(|entry| entry.source == Source::Default)
        && let Some((path, url)) = pip::index(&variable, |path| std::fs::read_to_string(path).ok())
    {
        (entry.value, entry.source) = (Some(url.into()), Source::File(path));
    }
    let config =
        Config::deserialize(Value::Table(nested(&effective))).map_err(|error| ConfigError(error.to_string()));
    let config = config.map_err(|error| add_key(error, &effective))?;
    config.check().map_err(ConfigError)?;
    Ok((config, effective))
}

fn parse_file(path: &std::path::Path, text: &str) -> Result<Table, ConfigError> {
    let table = text.parse::<Table>().map_err(|error| {
        // The parser's message quotes the line, which may contain a secret. The line number is enough.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        ConfigError(format!("{}, line {line}: {}", path.display(), error.message()))
    })?;
    for (section, keys) in &table {
        let Value::Table(keys) = keys else { return Err(unknown(section, path)) };
        for key in keys.keys().map(|key| format!("{section}.{key}")) {
            if !SETTINGS.iter().any(|setting| setting.key == key) {
                return Err(unknown(&key, path));
            }
        }
    }
    Ok(table)
}

fn unknown(key: &str, path: &std::path::Path) -> ConfigError {
    let nearest = SETTINGS.iter().map(|setting| (edit_distance(key, setting.key), setting.key)).min();
    let hint = match nearest {
        Some((distance, nearest)) if distance <= 3 => format!("; did you mean `{nearest}`?"),
        _ => "; see docs/configuration.md".into(),
    };
    ConfigError(format!("unknown key `{key}` in {}{hint}", path.display()))
}

/// The edit distance of two words.
fn edit_distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = corner + usize::from(a != *b);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[other.len()]
}

fn effective(
    setting: &'static Setting,
    file: Option<&(PathBuf, Table)>,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<Effective, ConfigError> {
    let found = |value: Value, source: Source| Ok(Effective { setting, value: Some(value), source });
    for name in setting.variables {
        // An empty variable, as in many compose files, counts as not set.
        if let Some(text) = variable(name).filter(|text| !text.is_empty()) {
            let source = Source::Variable((*name).to_owned());
            return found(parse(setting, &text, &source)?, source);
        }
        let with_file = format!("{name}_FILE");
        if let Some(path) = variable(&with_file).filter(|path| !path.is_empty()).map(PathBuf::from) {
            let text = std::fs::read_to_string(&path).map_err(|error| {
                ConfigError(format!("{}: {} (from the variable {with_file})", path.display(), error))
            })?;
            let source = Source::VariableFile(with_file, path);
            return found(parse(setting, text.trim_end(), &source)?, source);
        }
    }
    if let Some((path, table)) = file
        && let Some(value) = in_table(table, setting.key)
    {
        let source = Source::File(path.clone());
        let value = match (setting.kind, value) {
            (Kind::Integer | Kind::Hops, Value::Integer(number)) => {
                parse(setting, &number.to_string(), &source)?
            }
            (Kind::Hops, Value::Boolean(is_on)) => parse(setting, &is_on.to_string(), &source)?,
            (Kind::List | Kind::Tables, Value::Array(_)) | (Kind::Switch, Value::Boolean(_)) => value.clone(),
            (_, Value::String(text)) => parse(setting, text, &source)?,
            (_, other) => return Err(wrong(setting, &other.to_string(), &source)),
        };
        return found(value, source);
    }
    let default = setting.default.map(|text| parse(setting, text, &Source::Default)).transpose()?;
    Ok(Effective { setting, value: default, source: Source::Default })
}

fn in_table<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    let (section, name) = key.split_once('.')?;
    table.get(section)?.as_table()?.get(name)
}

fn parse(setting: &Setting, text: &str, source: &Source) -> Result<Value, ConfigError> {
    let value = match setting.kind {
        Kind::Text => Some(Value::String(text.to_owned())),
        Kind::Integer => integer(text),
        Kind::Switch => switch(text).map(Value::Boolean),
        Kind::Hops => integer(text).or_else(|| Some(Value::Integer(switch(text)?.into()))),
        Kind::List => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
        }
        Kind::Tables if text.is_empty() => Some(Value::Array(Vec::new())),
        Kind::Tables => {
            let line = format!("tables = {text}").parse::<Table>();
            line.ok().and_then(|mut line| line.remove("tables")).filter(Value::is_array)
        }
    };
    value.ok_or_else(|| wrong(setting, text, source))
}

fn integer(text: &str) -> Option<Value> {
    text.trim().parse().ok().filter(|n| (0..=MAX_INTEGER).contains(n)).map(Value::Integer)
}

fn switch(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "on" | "yes" | "1" => Some(true),
        "false" | "off" | "no" | "0" => Some(false),
        _ => None,
    }
}

fn wrong(setting: &Setting, text: &str, source: &Source) -> ConfigError {
    let expected = match setting.kind {
        Kind::Text => "text",
        Kind::Integer => "an integer up to 2147483647",
        Kind::Switch => "`on` or `off`",
        Kind::Hops => "a number of proxies",
        Kind::List => "a list",
        Kind::Tables => "tables such as `[{key = \"value\"}]`",
    };
    // Tables may contain API keys.
    let shown = if setting.secret || setting.kind == Kind::Tables { "something else" } else { text };
    ConfigError(format!("{}: expected {expected}, found `{shown}` (from {source})", setting.key))
}

fn nested(effective: &[Effective]) -> Table {
    let mut table = Table::new();
    for entry in effective {
        let Some((section, name)) = entry.setting.key.split_once('.') else { continue };
        let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
        if let (Value::Table(section), Some(value)) = (section, &entry.value) {
            section.insert(name.to_owned(), value.clone());
        }
    }
    table
}

/// Adds the key to an error about a number that is out of range for its field: serde reports only the value.
fn add_key(error: ConfigError, effective: &[Effective]) -> ConfigError {
    let mut integers =
        effective.iter().filter_map(|entry| Some((entry, entry.value.as_ref()?.as_integer()?)));
    let guilty = integers.find(|(_, number)| error.0.contains(&format!("`{number}`")));
    match guilty {
        Some((entry, number)) => {
            ConfigError(format!("{}: {number} is out of range (from {})", entry.setting.key, entry.source))
        }
        None => error,
    }
}
