//! Times on the wire: ISO 8601 in UTC with milliseconds.

use meeshy_domain::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in the form `2026-01-15T12:34:56.789Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Iso(pub Timestamp);

impl From<Timestamp> for Iso {
    fn from(time: Timestamp) -> Self {
        Self(time)
    }
}

impl std::fmt::Display for Iso {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let time = jiff::Timestamp::from_millisecond(self.0.millis()).unwrap_or_default();
        write!(f, "{}", time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

impl Serialize for Iso {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Any time with an offset, as RFC 3339 has it.
impl<'de> Deserialize<'de> for Iso {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let time: jiff::Timestamp =
            String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(Timestamp::from_millis(time.as_millisecond())))
    }
}

impl JsonSchema for Iso {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "An instant, in UTC with milliseconds.",
            "examples": ["2026-01-15T12:34:56.789Z"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_always_included() {
        for (millis, text) in [
            (1_768_480_496_789, "2026-01-15T12:34:56.789Z"),
            (1_768_480_496_000, "2026-01-15T12:34:56.000Z"),
            (0, "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(Iso(Timestamp::from_millis(millis)).to_string(), text);
        }
    }
}
