//! Quiet hours, by the clock where the user is.

use jiff::tz::TimeZone;
use meeshy_domain::Timestamp;
use meeshy_domain::notification::is_quiet;
use meeshy_domain::preferences::Weekday;
use meeshy_store::notification_recipients::Recipient;

/// Whether a user wants to be left alone now.
pub(super) fn is_left_alone(recipient: &Recipient, now: Timestamp) -> bool {
    let zone =
        recipient.timezone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
    let Ok(now) = jiff::Timestamp::from_millisecond(now.millis()) else { return false };
    let local = now.to_zoned(zone);
    let number = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or_default();
    let day = Weekday::ALL.get(number).copied().unwrap_or(Weekday::Monday);
    let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or_default();
    is_quiet(&recipient.wanted.preferences, day, minute)
}
