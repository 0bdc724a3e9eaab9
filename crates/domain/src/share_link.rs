//! Links by which people join a conversation: until when they work, and what they may say of guests.

use crate::Timestamp;
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

/// Whether a text is an IP address, or a range of them such as `192.0.2.0/24`.
pub fn is_ip_range(text: &str) -> bool {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= longest))
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
            assert!(is_ip_range(range), "{range}");
        }
        for text in ["", "192.0.2", "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/", "192.0.2.0/-1", "a/8"] {
            assert!(!is_ip_range(text), "{text}");
        }
        assert!(is_country("FR") && !is_country("fr") && !is_country("FRA") && !is_country("é"));
    }
}
