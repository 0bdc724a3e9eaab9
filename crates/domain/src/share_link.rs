//! Links by which people join a conversation: until when they work, and what they may say of guests.

use crate::{Language, Timestamp};
use ipnet::IpNet;
use std::net::IpAddr;

/// Why nobody joins by a link any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkClosed {
    /// It was turned off.
    TurnedOff,
    /// It has expired.
    Expired,
    /// As many people have used it as may.
    UsedUp,
}

impl LinkClosed {
    /// A sentence for whoever has followed the link.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::TurnedOff => "this link was turned off",
            Self::Expired => "this link has expired",
            Self::UsedUp => "this link has been used as often as possible",
        }
    }
}

/// What decides whether people join by a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkState {
    /// Whether it is turned on.
    pub is_active: bool,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// How many people can use it.
    pub max_uses: Option<i64>,
    /// How many have.
    pub current_uses: i64,
}

impl LinkState {
    /// Fails if somebody who has used the link before, or has not, cannot join by it. Nobody uses it up twice.
    ///
    /// # Errors
    /// Why it is closed.
    pub fn check(self, has_used: bool, now: Timestamp) -> Result<(), LinkClosed> {
        if !self.is_active {
            return Err(LinkClosed::TurnedOff);
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            return Err(LinkClosed::Expired);
        }
        if !has_used && self.max_uses.is_some_and(|most| self.current_uses >= most) {
            return Err(LinkClosed::UsedUp);
        }
        Ok(())
    }
}

/// A range of IP addresses, such as `192.0.2.0/24` or a single one.
pub fn ip_range(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// From where guests may come, and which languages they may have. An empty list allows all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    /// Codes of countries: two capital letters.
    pub countries: Vec<String>,
    /// Codes of languages.
    pub languages: Vec<String>,
    /// IP addresses and ranges of them.
    pub ip_ranges: Vec<String>,
}

/// Why somebody may not join as a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutsideOrigins {
    /// They come from another country, or it is not known from which.
    Country,
    /// They have another language.
    Language,
    /// They have another address.
    Address,
}

impl OutsideOrigins {
    /// A sentence for whoever has followed the link.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Country => "this link cannot be used from your country",
            Self::Language => "this link cannot be used in your language",
            Self::Address => "this link cannot be used from your network",
        }
    }
}

impl Origins {
    /// Whether everybody may come.
    pub fn is_open(&self) -> bool {
        self.countries.is_empty() && self.languages.is_empty() && self.ip_ranges.is_empty()
    }

    /// Fails if a guest may not come from there. Where a list allows only some, what is not known is not allowed.
    ///
    /// # Errors
    /// Which list does not allow it.
    pub fn check(
        &self,
        country: Option<&str>,
        language: Language,
        address: Option<IpAddr>,
    ) -> Result<(), OutsideOrigins> {
        let is_same = |known: &String, given: &str| known.eq_ignore_ascii_case(given);
        let from_there = |country: &str| self.countries.iter().any(|known| is_same(known, country));
        if !self.countries.is_empty() && !country.is_some_and(from_there) {
            return Err(OutsideOrigins::Country);
        }
        let is_language = |known: &String| is_same(known, language.code());
        if !self.languages.is_empty() && !self.languages.iter().any(is_language) {
            return Err(OutsideOrigins::Language);
        }
        let is_in = |address: IpAddr| {
            let address = address.to_canonical();
            self.ip_ranges.iter().filter_map(|range| ip_range(range)).any(|range| range.contains(&address))
        };
        if !self.ip_ranges.is_empty() && !address.is_some_and(is_in) {
            return Err(OutsideOrigins::Address);
        }
        Ok(())
    }
}

/// Whether a text is the code of a country: two capital letters (ISO 3166-1).
pub fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: LinkState = LinkState { is_active: true, expires_at: None, max_uses: None, current_uses: 7 };

    #[test]
    fn links_close() {
        let at = Timestamp::from_millis;
        let cases = [
            ("open", OPEN, false, Ok(())),
            ("off", LinkState { is_active: false, ..OPEN }, true, Err(LinkClosed::TurnedOff)),
            ("before it expires", LinkState { expires_at: Some(at(101)), ..OPEN }, false, Ok(())),
            ("expired", LinkState { expires_at: Some(at(100)), ..OPEN }, true, Err(LinkClosed::Expired)),
            ("with room", LinkState { max_uses: Some(8), ..OPEN }, false, Ok(())),
            ("used up", LinkState { max_uses: Some(7), ..OPEN }, false, Err(LinkClosed::UsedUp)),
            ("by this person as well", LinkState { max_uses: Some(7), ..OPEN }, true, Ok(())),
        ];
        for (what, link, has_used, expected) in cases {
            assert_eq!(link.check(has_used, at(100)), expected, "{what}");
        }
    }

    #[test]
    fn ranges_and_countries() {
        for range in ["192.0.2.7", "192.0.2.0/24", "2001:db8::/32", "::1"] {
            assert!(ip_range(range).is_some(), "{range}");
        }
        for text in ["", "192.0.2", "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/", "192.0.2.0/-1", "a/8"] {
            assert_eq!(ip_range(text), None, "{text}");
        }
        assert!(is_country("FR") && !is_country("fr") && !is_country("FRA") && !is_country("é"));
    }

    #[test]
    fn guests_come_from_where_the_link_allows() {
        use OutsideOrigins::{Address, Country, Language as Tongue};
        let french: Language = "fr".parse().unwrap();
        let list = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
        let countries = Origins { countries: list(&["FR", "BE"]), ..Origins::default() };
        let languages = Origins { languages: list(&["es", "fr"]), ..Origins::default() };
        let spanish = Origins { languages: list(&["es"]), ..Origins::default() };
        let network = Origins { ip_ranges: list(&["192.0.2.0/24", "2001:db8::1"]), ..Origins::default() };
        let at = |text: &str| Some(text.parse().unwrap());
        let cases = [
            ("everybody", Origins::default(), None, None, Ok(())),
            ("the country", countries.clone(), Some("be"), None, Ok(())),
            ("another country", countries.clone(), Some("DE"), None, Err(Country)),
            ("an unknown country", countries, None, None, Err(Country)),
            ("the language", languages, None, None, Ok(())),
            ("another language", spanish, None, None, Err(Tongue)),
            ("the network", network.clone(), None, at("192.0.2.9"), Ok(())),
            ("the network, mapped", network.clone(), None, at("::ffff:192.0.2.9"), Ok(())),
            ("the address", network.clone(), None, at("2001:db8::1"), Ok(())),
            ("another network", network.clone(), None, at("192.0.3.1"), Err(Address)),
            ("an unknown address", network, None, None, Err(Address)),
        ];
        for (what, origins, country, address, expected) in cases {
            assert_eq!(origins.check(country, french, address), expected, "{what}");
        }
    }
}
