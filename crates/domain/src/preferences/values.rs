//! The types of preferences, with their bounds.

use crate::WebAddress;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Whole<const MIN: i64, const MAX: i64>(pub(super) i64);

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        if (MIN..=MAX).contains(&number) {
            return Ok(Self(number));
        }
        Err(D::Error::custom(format!("expected a number from {MIN} to {MAX}")))
    }
}

/// How fast or high a voice is, from half of normal to double.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Speed(pub(super) f64);

impl Speed {
    const MIN: f64 = 0.5;
    const MAX: f64 = 2.0;
}

impl<'de> Deserialize<'de> for Speed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let speed = f64::deserialize(deserializer)?;
        if (Self::MIN..=Self::MAX).contains(&speed) {
            return Ok(Self(speed));
        }
        Err(D::Error::custom(format!("expected a number from {} to {}", Self::MIN, Self::MAX)))
    }
}

/// A text of at most `MAX` characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line<const MAX: usize>(pub(super) Cow<'static, str>);

impl<const MAX: usize> Line<MAX> {
    pub(super) const fn of(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Line<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.chars().nth(MAX).is_some() || text.chars().any(char::is_control) {
            return Err(D::Error::custom(format!("expected at most {MAX} printable characters")));
        }
        Ok(Self(text.into()))
    }
}

/// A list of at most `MAX` items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct List<T, const MAX: usize>(pub(super) Vec<T>);

impl<T, const MAX: usize> List<T, MAX> {
    /// Its items.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Vec::deserialize(deserializer)?;
        if items.len() > MAX {
            return Err(D::Error::custom(format!("expected at most {MAX} items")));
        }
        Ok(Self(items))
    }
}

/// A time of day, as `22:00`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimeOfDay(pub(super) Cow<'static, str>);

impl TimeOfDay {
    /// The minute of the day, from 0 to 1439.
    #[must_use]
    pub fn minute(&self) -> u16 {
        let (hour, minute) = self.0.split_once(':').unwrap_or_default();
        let number = |text: &str| text.parse::<u16>().unwrap_or(0);
        number(hour) * 60 + number(minute)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_time = match text.as_bytes() {
            [hour @ .., b':', minute_tens @ b'0'..=b'5', minute] => {
                let is_hour = matches!(hour, [b'0' | b'1', b'0'..=b'9'] | [b'2', b'0'..=b'3']);
                is_hour && minute.is_ascii_digit() && minute_tens.is_ascii_digit()
            }
            _ => false,
        };
        if is_time { Ok(Self(text.into())) } else { Err(D::Error::custom("expected a time such as `22:00`")) }
    }
}

/// An address that a browser can load without running code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link(WebAddress);

impl Link {
    const MAX: usize = 2_000;
}

impl<'de> Deserialize<'de> for Link {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let address = Some(text).filter(|text| text.len() <= Self::MAX);
        let address = address.and_then(|text| WebAddress::parse(&text));
        address.map(Self).ok_or_else(|| D::Error::custom("expected an http or https address"))
    }
}

/// Describes a type in place.
macro_rules! schema {
    ($kind:ty, [$($generic:tt)*], $name:literal, |$generator:ident| $schema:expr) => {
        impl<$($generic)*> JsonSchema for $kind {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

schema!(Whole<MIN, MAX>, [const MIN: i64, const MAX: i64], "Whole", |_generator| {
    json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
});
schema!(Speed, [], "Speed", |_generator| {
    json_schema!({ "type": "number", "minimum": Self::MIN, "maximum": Self::MAX })
});
schema!(Line<MAX>, [const MAX: usize], "Line", |_generator| {
    // Without the control characters of Unicode.
    json_schema!({ "type": "string", "maxLength": MAX, "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$" })
});
schema!(List<T, MAX>, [T: JsonSchema, const MAX: usize], "List", |generator| {
    json_schema!({ "type": "array", "maxItems": MAX, "items": generator.subschema_for::<T>() })
});
schema!(TimeOfDay, [], "TimeOfDay", |_generator| {
    json_schema!({ "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$" })
});
schema!(Link, [], "Link", |_generator| {
    json_schema!({ "type": "string", "maxLength": Self::MAX, "pattern": "^(https?://[A-Za-z0-9]|/[A-Za-z0-9])[^\\s\\\\]*$" })
});
