//! Reserved names, weak passwords, and delays after failed sign-ins.

use crate::Timestamp;
use crate::text::InvalidText;
use std::time::Duration;

/// The 11,611 most common passwords of at least eight characters, sorted, in lower case, from zxcvbn 4.4.2
/// (MIT).
const COMMON_PASSWORDS: &str = include_str!("common_passwords.txt");

/// Names that suggest that their owner speaks for the messenger.
const RESERVED_NAMES: [&str; 41] = [
    "abuse",
    "admin",
    "administrator",
    "anonymous",
    "api",
    "bigboss",
    "billing",
    "contact",
    "everyone",
    "help",
    "helpdesk",
    "hostmaster",
    "info",
    "legal",
    "meeshy",
    "meeshyadmin",
    "meeshyhelp",
    "meeshysupport",
    "meeshyteam",
    "moderation",
    "moderator",
    "noreply",
    "notifications",
    "null",
    "official",
    "operator",
    "owner",
    "postmaster",
    "privacy",
    "root",
    "security",
    "service",
    "staff",
    "superuser",
    "support",
    "sysadmin",
    "system",
    "team",
    "translator",
    "undefined",
    "webmaster",
];

/// The minimum number of different characters in a password.
const MIN_DIFFERENT_CHARS: usize = 4;

/// Whether users must not choose this name. Hyphens and underscores are ignored.
pub fn is_reserved_name(username: &str) -> bool {
    let plain: String =
        username.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect();
    RESERVED_NAMES.binary_search(&plain.as_str()).is_ok()
}

/// Whether a username could be a phone number: it contains no letter.
pub fn is_number_like(username: &str) -> bool {
    !username.chars().any(char::is_alphabetic)
}

/// Rejects a weak password: a common one, one of few different characters, or a name of the account.
///
/// # Errors
/// If the password is weak.
pub fn guessable_password(password: &str, username: &str, email: &str) -> Result<(), InvalidText> {
    let refused = |problem: &str| Err(InvalidText { field: "password", problem: problem.to_owned() });
    let folded = password.trim().to_lowercase();
    let names = [username, email, email.split('@').next().unwrap_or_default()];
    if names.iter().any(|name| !name.is_empty() && folded == name.trim().to_lowercase()) {
        return refused("do not use your name or e-mail address");
    }
    let mut different: Vec<char> = folded.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < MIN_DIFFERENT_CHARS || is_common(&folded) {
        return refused("this password is too common; choose another one");
    }
    Ok(())
}

fn is_common(folded: &str) -> bool {
    // Binary search for the line.
    let (mut from, mut to) = (0, COMMON_PASSWORDS.len());
    while from < to {
        let middle = from + (to - from) / 2;
        let start = COMMON_PASSWORDS.as_bytes()[..middle].iter().rposition(|byte| *byte == b'\n');
        let start = start.map_or(0, |newline| newline + 1);
        let line = COMMON_PASSWORDS[start..].split('\n').next().unwrap_or_default();
        match line.cmp(folded) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => from = start + line.len() + 1,
            std::cmp::Ordering::Greater => to = start,
        }
    }
    false
}

/// The number of failed attempts without a delay.
pub const FREE_ATTEMPTS: i64 = 10;
/// The delay after the first attempt beyond those; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(60);
/// The maximum delay.
const MAX_WAIT: Duration = Duration::from_secs(3_600);
/// Failed attempts are forgotten after this long without another one.
pub const FORGET_AFTER: Duration = Duration::from_secs(86_400);

/// The failed sign-ins of an account: those from unknown devices together, or those of one known device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Wrong passwords and codes since the last sign-in.
    pub failed: i64,
    /// When the last of them happened.
    pub last_failed_at: Option<Timestamp>,
    /// Until when further attempts are rejected without checking them.
    pub locked_until: Option<Timestamp>,
}

impl Attempts {
    /// How long to wait before the next attempt; `None` if it may be made now.
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        let until = self.locked_until.filter(|until| *until > now)?;
        Some(Duration::from_millis(u64::try_from(until.millis() - now.millis()).unwrap_or_default()))
    }

    /// The state after one more failure.
    #[must_use]
    pub fn failed_at(self, now: Timestamp) -> Self {
        let is_remembered = self.last_failed_at.is_none_or(|at| at.plus(FORGET_AFTER) > now);
        let failed = if is_remembered { self.failed.max(0).saturating_add(1) } else { 1 };
        // Nine wrong attempts are free; after the tenth the next one waits.
        let wait = (failed >= FREE_ATTEMPTS).then(|| {
            let doublings = u32::try_from(failed - FREE_ATTEMPTS).unwrap_or(u32::MAX);
            FIRST_WAIT.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(MAX_WAIT)
        });
        Self { failed, last_failed_at: Some(now), locked_until: wait.map(|wait| now.plus(wait)) }
    }

    /// The state after taking back a failure that was counted at `at` on top of `before`. Failures that
    /// others have added since then still count.
    #[must_use]
    pub fn without(self, before: Self, at: Timestamp) -> Self {
        if self == before.failed_at(at) {
            return before;
        }
        let failed = self.failed.saturating_sub(1).max(0);
        let locked_until = self.locked_until.filter(|_| failed >= FREE_ATTEMPTS);
        Self { failed, locked_until, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(RESERVED_NAMES.is_sorted());
        assert!(COMMON_PASSWORDS.lines().is_sorted());
        assert!(COMMON_PASSWORDS.lines().all(is_common));
    }

    #[test]
    fn official_sounding_names_are_reserved() {
        for name in ["admin", "Admin", "ADMIN", "ad-min", "_support_", "Meeshy", "no-reply", "Meeshy-Team"] {
            assert!(is_reserved_name(name), "{name}");
        }
        for name in ["adam", "admina", "lea", "supporter", "meeshyfan", "", "-"] {
            assert!(!is_reserved_name(name), "{name}");
        }
    }

    #[test]
    fn a_name_without_letters_could_be_a_phone_number() {
        for name in ["0612345678", "06-12_34", "42", "--"] {
            assert!(is_number_like(name), "{name}");
        }
        assert!(!is_number_like("a0612345678"));
    }

    #[test]
    fn weak_passwords_are_rejected() {
        for password in [
            "password",
            "PassWord",
            " password ",
            "12345678",
            "qwertyuiop",
            "iloveyou",
            "aaaaaaaa",
            "abababab",
            "lea.test",
            "LEA.TEST",
            "lea@example.org",
        ] {
            assert!(guessable_password(password, "lea.test", "lea@example.org").is_err(), "{password}");
        }
        for password in ["correct horse", "Correct-horse-9x", "mot de passé n° é7", "我的密码很长很长"]
        {
            assert_eq!(guessable_password(password, "lea", ""), Ok(()), "{password}");
        }
        assert!(guessable_password("somebody", "lea", "somebody@example.org").is_err());
    }

    #[test]
    fn taking_back_an_attempt_keeps_the_others() {
        let now = Timestamp::from_millis(0);
        let after =
            |count: usize| (0..count).fold(Attempts::default(), |attempts, _| attempts.failed_at(now));
        assert_eq!(after(10).without(after(9), now), after(9), "nobody else was counted");
        assert_eq!(after(12).without(after(3), now).failed, 11);
        assert!(after(12).without(after(3), now).wait(now).is_some());
        assert_eq!(after(10).without(after(3), now), Attempts { locked_until: None, ..after(9) });
        assert_eq!(
            Attempts::default().without(after(3), now),
            Attempts::default(),
            "somebody signed in meanwhile"
        );
    }

    #[test]
    fn delays_grow_up_to_a_maximum() {
        let mut now = Timestamp::from_millis(0);
        let mut attempts = Attempts::default();
        let mut waits = Vec::new();
        for _ in 0..20 {
            attempts = attempts.failed_at(now);
            let wait = attempts.wait(now).unwrap_or_default();
            waits.push(wait.as_secs() / 60);
            now = now.plus(wait);
            assert_eq!(attempts.wait(now), None);
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]);
        now = now.plus(FORGET_AFTER);
        attempts = attempts.failed_at(now);
        assert_eq!((attempts.failed, attempts.wait(now)), (1, None), "a day later");
        let endless = Attempts { failed: i64::MAX, last_failed_at: Some(now), locked_until: None };
        assert_eq!(endless.failed_at(now).wait(now), Some(MAX_WAIT));
    }
}
