//! Users change their username, once in thirty days.

use super::caller::{Caller, Device};
use super::registration::choosable_username;
use super::security::{Confirmed, Security};
use super::validity::take_hash;
use crate::ChatError;
use meeshy_domain::{Timestamp, UserId, limits, text};
use meeshy_store::{Tx, names, users};
use serde_json::{Value, json};

/// The changes that are kept, as in the old system.
const KEPT_CHANGES: usize = 10;

impl Security {
    /// Changes the caller's username, and returns it as it is stored.
    ///
    /// # Errors
    /// When the name is invalid, reserved or taken, or the password wrong; [`ChatError::TooSoon`] within thirty
    /// days of the change before.
    pub async fn change_username(
        &self,
        caller: &Caller,
        new: &str,
        password: String,
        device: Device,
    ) -> Result<String, ChatError> {
        let field = |error| match error {
            ChatError::Invalid { problem, .. } => ChatError::invalid("newUsername", problem),
            error => error,
        };
        let name = choosable_username(new).map_err(field)?.to_owned();
        if name == caller.user.username {
            return Err(ChatError::invalid("newUsername", "this is your username already"));
        }
        let (user, now) = (caller.user.id, self.context.now());
        // Before a password is verified, which is expensive.
        self.context.store.read(move |tx| history(tx, user, now).map(drop)).await?;
        let confirmed = self.confirm_password(user, "currentPassword", password, &device).await?;
        let Confirmed { user, spent } = confirmed;
        let (stored, from) = (name.clone(), device);
        let write = move |tx: &mut Tx<'_>| {
            spent.iter().try_for_each(|spent| spent.clear(tx, now))?;
            take_hash(tx, &user, None, now)?;
            let mut changes = history(tx, user.id, now)?;
            // The owner may change the case of a name.
            let is_same = text::key(&stored) == text::key(&user.username);
            if !is_same && names::username_is_taken(tx, &stored)? {
                return Err(ChatError::Taken { field: "newUsername" });
            }
            changes.push(json!({
                "previousUsername": user.username, "newUsername": stored, "changedAt": iso(now),
                "ipAddress": from.ip_address, "userAgent": from.user_agent,
            }));
            let kept = changes.split_off(changes.len().saturating_sub(KEPT_CHANGES));
            users::set_username(tx, &user, &stored, &Value::Array(kept).to_string(), now)?;
            Ok(())
        };
        self.context.write_unless_there(write).await?;
        Ok(name)
    }
}

/// The earlier changes, if another one is allowed.
fn history(tx: &mut Tx<'_>, user: UserId, now: Timestamp) -> Result<Vec<Value>, ChatError> {
    let stored = users::username_history(tx, user)?;
    // The old system stored only arrays in it.
    let changes: Vec<Value> = serde_json::from_str(&stored).unwrap_or_default();
    let next =
        changes.iter().filter_map(changed_at).max().map(|last| last.plus(limits::USERNAME_CHANGE_INTERVAL));
    match next.filter(|next| *next > now) {
        Some(next) => Err(ChatError::TooSoon { what: "username", next }),
        None => Ok(changes),
    }
}

/// When a change was made. Imported ones have the time as a text, or as BSON writes it.
fn changed_at(change: &Value) -> Option<Timestamp> {
    let at = &change["changedAt"];
    let at = if at["$date"].is_null() { at } else { &at["$date"] };
    let millis = match at {
        Value::String(text) => text.parse::<jiff::Timestamp>().ok()?.as_millisecond(),
        Value::Number(number) => number.as_i64()?,
        other => other["$numberLong"].as_str()?.parse().ok()?,
    };
    Some(Timestamp::from_millis(millis))
}

fn iso(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(time.millis()).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_earlier_changes_are_read_in_every_form() {
        for at in [
            json!("2026-01-15T12:34:56.789Z"),
            json!({ "$date": "2026-01-15T12:34:56.789Z" }),
            json!({ "$date": { "$numberLong": "1768480496789" } }),
            json!(1_768_480_496_789_i64),
        ] {
            let time = changed_at(&json!({ "changedAt": at })).unwrap();
            assert_eq!(iso(time), "2026-01-15T12:34:56.789Z", "{at}");
        }
        assert_eq!(changed_at(&json!({ "newUsername": "lea" })), None);
        assert_eq!(changed_at(&json!("nonsense")), None);
    }
}
