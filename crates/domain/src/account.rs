//! Names and passwords that nobody may choose, and when guessing has to wait.

use crate::Timestamp;
use crate::text::InvalidText;
use std::time::Duration;

/// The 11,611 most common passwords of at least eight characters, in order, in lower case: those of zxcvbn 4.4.2 (MIT).
const COMMON_PASSWORDS: &str = include_str!("common_passwords.txt");

/// Names that would be taken for somebody who speaks for the messenger.
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

/// Characters that have to differ in a password.
const DIFFERENT_CHARS: usize = 4;

/// Whether nobody may choose this name for themselves. Hyphens and underscores do not make another name of it.
pub fn is_reserved_name(username: &str) -> bool {
    let plain: String =
        username.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect();
    RESERVED_NAMES.binary_search(&plain.as_str()).is_ok()
}

/// Whether a username could be somebody's telephone number: it has no letter.
pub fn is_number_like(username: &str) -> bool {
    !username.chars().any(char::is_alphabetic)
}

/// Refuses a password that is among the first to be guessed: a common one, one of few different characters, or a name of
/// the account.
///
/// # Errors
/// When it is one of these.
pub fn guessable_password(password: &str, username: &str, email: &str) -> Result<(), InvalidText> {
    let refused = |problem: &str| Err(InvalidText { field: "password", problem: problem.to_owned() });
    let folded = password.trim().to_lowercase();
    let names = [username, email, email.split('@').next().unwrap_or_default()];
    if names.iter().any(|name| !name.is_empty() && folded == name.trim().to_lowercase()) {
        return refused("use something else than your name or address");
    }
    let mut different: Vec<char> = folded.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < DIFFERENT_CHARS || is_common(&folded) {
        return refused("this password is too common; use another one");
    }
    Ok(())
}

fn is_common(folded: &str) -> bool {
    // The list is in order: the line that could be it is found by halving.
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

/// Wrong passwords and codes that cost no wait.
pub const FREE_ATTEMPTS: i64 = 10;
/// The wait after the first attempt beyond those; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(60);
/// The longest wait.
const MAX_WAIT: Duration = Duration::from_secs(3_600);
/// Attempts are forgotten when there was none for so long.
pub const MEMORY: Duration = Duration::from_secs(86_400);

/// What somebody has guessed at an account: strangers all together, or one device that is known to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Wrong passwords and codes since the last sign-in.
    pub failed: i64,
    /// The last of them.
    pub last_failed_at: Option<Timestamp>,
    /// Until when no attempt is looked at.
    pub locked_until: Option<Timestamp>,
}

impl Attempts {
    /// How long the next attempt has to wait; nothing when it may be made now.
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        let until = self.locked_until.filter(|until| *until > now)?;
        Some(Duration::from_millis(u64::try_from(until.millis() - now.millis()).unwrap_or_default()))
    }

    /// As it is after one more failure.
    #[must_use]
    pub fn failed_at(self, now: Timestamp) -> Self {
        let is_remembered = self.last_failed_at.is_none_or(|at| at.plus(MEMORY) > now);
        let failed = if is_remembered { self.failed.max(0).saturating_add(1) } else { 1 };
        // Nine wrong attempts are free; after the tenth the next one waits.
        let wait = (failed >= FREE_ATTEMPTS).then(|| {
            let doublings = u32::try_from(failed - FREE_ATTEMPTS).unwrap_or(u32::MAX);
            FIRST_WAIT.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(MAX_WAIT)
        });
        Self { failed, last_failed_at: Some(now), locked_until: wait.map(|wait| now.plus(wait)) }
    }

    /// As it is without a failure that was counted at `at` onto `before` and has turned out to be none. What others have
    /// guessed since stays counted.
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
    fn the_lists_are_in_order() {
        assert!(RESERVED_NAMES.is_sorted());
        assert!(COMMON_PASSWORDS.lines().is_sorted());
        assert!(COMMON_PASSWORDS.lines().all(is_common));
    }

    #[test]
    fn names_that_speak_for_the_messenger_are_reserved() {
        for name in ["admin", "Admin", "ADMIN", "ad-min", "_support_", "Meeshy", "no-reply", "Meeshy-Team"] {
            assert!(is_reserved_name(name), "{name}");
        }
        for name in ["adam", "admina", "lea", "supporter", "meeshyfan", "", "-"] {
            assert!(!is_reserved_name(name), "{name}");
        }
    }

    #[test]
    fn what_has_no_letter_could_be_a_telephone_number() {
        for name in ["0612345678", "06-12_34", "42", "--"] {
            assert!(is_number_like(name), "{name}");
        }
        assert!(!is_number_like("a0612345678"));
    }

    #[test]
    fn passwords_that_are_guessed_first_are_refused() {
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
    fn what_is_given_back_takes_no_other_attempt_along() {
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
    fn guessing_waits_longer_each_time_but_not_for_ever() {
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
        now = now.plus(MEMORY);
        attempts = attempts.failed_at(now);
        assert_eq!((attempts.failed, attempts.wait(now)), (1, None), "a day later");
        let endless = Attempts { failed: i64::MAX, last_failed_at: Some(now), locked_until: None };
        assert_eq!(endless.failed_at(now).wait(now), Some(MAX_WAIT));
    }
}
