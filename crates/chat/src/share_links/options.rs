//! What a new link can be limited to.

use crate::ChatError;
use meeshy_domain::share_link::{ip_range, is_country};
use meeshy_domain::{Language, Timestamp, limits, text};
use serde::Serialize;

/// A new link.
#[derive(Debug, Clone, Default)]
pub struct NewShareLink {
    /// Its name.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// How many people can join by it.
    pub max_uses: Option<i64>,
    /// How many guests can be there at the same time.
    pub max_concurrent_users: Option<i64>,
    /// How many sessions of guests there can be.
    pub max_unique_sessions: Option<i64>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// What it says of guests.
    pub guests: GuestRules,
}

/// What a link says of guests.
#[derive(Debug, Clone)]
pub struct GuestRules {
    /// Whether they may write.
    pub allow_messages: bool,
    /// Whether they may send files.
    pub allow_files: bool,
    /// Whether they may send images.
    pub allow_images: bool,
    /// Whether they see what was written before.
    pub allow_view_history: bool,
    /// Whether there are none: it is for registered users only.
    pub require_account: bool,
    /// Whether they have to choose a name.
    pub require_nickname: bool,
    /// Whether they have to give an e-mail address.
    pub require_email: bool,
    /// Whether they have to give a date of birth.
    pub require_birthday: bool,
    /// From which countries they may come; from all if empty.
    pub countries: Vec<String>,
    /// Which languages they may have; all if empty.
    pub languages: Vec<String>,
    /// From which IP addresses they may come; from all if empty.
    pub ip_ranges: Vec<String>,
}

impl Default for GuestRules {
    fn default() -> Self {
        Self {
            allow_messages: true,
            allow_files: false,
            allow_images: true,
            allow_view_history: true,
            require_account: false,
            require_nickname: true,
            require_email: false,
            require_birthday: false,
            countries: Vec::new(),
            languages: Vec::new(),
            ip_ranges: Vec::new(),
        }
    }
}

/// The lists of a link as they are stored.
pub(super) struct StoredOrigins {
    pub countries: String,
    pub languages: String,
    pub ip_ranges: String,
}

impl NewShareLink {
    /// The name and the description, if there are some.
    pub(super) fn texts(&self) -> Result<(Option<String>, Option<String>), ChatError> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let name = given(&self.name)
            .map(|name| text::line("name", &name, limits::SHARE_LINK_NAME_CHARS))
            .transpose()?;
        let description = given(&self.description)
            .map(|about| text::paragraph("description", &about, limits::DESCRIPTION_CHARS).map(str::to_owned))
            .transpose()?;
        Ok((name, description.filter(|about| !about.is_empty())))
    }

    /// Fails if a number is not possible, or the link has expired before it exists.
    pub(super) fn check_limits(&self, now: Timestamp) -> Result<(), ChatError> {
        let numbers = [
            ("maxUses", self.max_uses),
            ("maxConcurrentUsers", self.max_concurrent_users),
            ("maxUniqueSessions", self.max_unique_sessions),
        ];
        for (field, number) in numbers {
            if number.is_some_and(|number| !(1..=limits::SHARE_LINK_USES).contains(&number)) {
                return Err(ChatError::invalid(field, format!("from 1 to {}", limits::SHARE_LINK_USES)));
            }
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            return Err(ChatError::invalid("expiresAt", "this time is over"));
        }
        Ok(())
    }
}

impl GuestRules {
    /// The lists, as JSON.
    pub(super) fn origins(&self) -> Result<StoredOrigins, ChatError> {
        let country = |text: &str| Some(text.to_ascii_uppercase()).filter(|code| is_country(code));
        let language = |text: &str| Language::parse(text).ok().map(|language| language.code().to_owned());
        let range = |text: &str| ip_range(text).map(|_| text.to_owned());
        Ok(StoredOrigins {
            countries: list("allowedCountries", &self.countries, country)?,
            languages: list("allowedLanguages", &self.languages, language)?,
            ip_ranges: list("allowedIpRanges", &self.ip_ranges, range)?,
        })
    }
}

/// A list of valid items as JSON.
fn list(
    field: &'static str,
    items: &[String],
    valid: impl Fn(&str) -> Option<String>,
) -> Result<String, ChatError> {
    if items.len() > limits::SHARE_LINK_ORIGINS {
        return Err(ChatError::invalid(field, format!("at most {}", limits::SHARE_LINK_ORIGINS)));
    }
    let unknown = || ChatError::invalid(field, "one of them is not known");
    let valid: Result<Vec<String>, ChatError> =
        items.iter().map(|item| valid(item.trim()).ok_or_else(unknown)).collect();
    json(&valid?)
}

fn json(items: &impl Serialize) -> Result<String, ChatError> {
    serde_json::to_string(items).map_err(|error| ChatError::InvalidOperation(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(new: &NewShareLink) -> Option<String> {
        let now = Timestamp::from_millis(100);
        let checked = new.texts().and(new.check_limits(now)).and(new.guests.origins().map(drop));
        checked.err().map(|error| error.to_string())
    }

    #[test]
    fn options_have_bounds() {
        let guests = |change: fn(&mut GuestRules)| {
            let mut guests = GuestRules::default();
            change(&mut guests);
            NewShareLink { guests, ..NewShareLink::default() }
        };
        let valid = [
            NewShareLink::default(),
            NewShareLink { name: Some("  ".into()), max_uses: Some(1), ..NewShareLink::default() },
            NewShareLink { expires_at: Some(Timestamp::from_millis(101)), ..NewShareLink::default() },
            guests(|rules| rules.countries = vec!["fr".into(), " DE".into()]),
            guests(|rules| rules.languages = vec!["pt-BR".into()]),
            guests(|rules| rules.ip_ranges = vec!["10.0.0.0/8".into()]),
        ];
        for new in valid {
            assert_eq!(problem(&new), None, "{new:?}");
        }
        let invalid = [
            ("name", NewShareLink { name: Some("x".repeat(101)), ..NewShareLink::default() }),
            ("description", NewShareLink { description: Some("x".repeat(501)), ..NewShareLink::default() }),
            ("maxUses", NewShareLink { max_uses: Some(0), ..NewShareLink::default() }),
            (
                "maxConcurrentUsers",
                NewShareLink { max_concurrent_users: Some(-1), ..NewShareLink::default() },
            ),
            (
                "maxUniqueSessions",
                NewShareLink { max_unique_sessions: Some(1_000_001), ..NewShareLink::default() },
            ),
            (
                "expiresAt",
                NewShareLink { expires_at: Some(Timestamp::from_millis(100)), ..NewShareLink::default() },
            ),
            ("allowedCountries", guests(|rules| rules.countries = vec!["France".into()])),
            ("allowedCountries", guests(|rules| rules.countries = vec!["FR".into(); 51])),
            ("allowedLanguages", guests(|rules| rules.languages = vec!["xx".into()])),
            ("allowedIpRanges", guests(|rules| rules.ip_ranges = vec!["10.0.0.0/33".into()])),
        ];
        for (field, new) in invalid {
            let problem = problem(&new).unwrap_or_default();
            assert!(problem.starts_with(&format!("{field}: ")), "{field}: {problem}");
        }
    }
}
