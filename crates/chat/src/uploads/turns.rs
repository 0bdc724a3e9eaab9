//! How many requests with files a user sends at once: what they bring counts for the quota only when they end.

use crate::ChatError;
use meeshy_domain::{Actor, limits};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The running requests of each user who has any, in this process. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<Actor, usize>>>);

impl Turns {
    /// Begins a request.
    ///
    /// # Errors
    /// [`ChatError::Busy`] when the user has [`limits::UPLOADS_AT_ONCE`] of them.
    pub fn take(&self, user: Actor) -> Result<Turn, ChatError> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = running.entry(user).or_default();
        if *number >= limits::UPLOADS_AT_ONCE {
            return Err(ChatError::Busy("wait until your other uploads have ended".to_owned()));
        }
        *number += 1;
        Ok(Turn { turns: self.clone(), user })
    }
}

/// A running request; it ends when this is dropped.
pub(super) struct Turn {
    turns: Turns,
    user: Actor,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut running = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = running.get_mut(&self.user) {
            *number -= 1;
            if *number == 0 {
                running.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_a_few_turns_and_gets_them_back() {
        let turns = Turns::default();
        let user = |number: usize| format!("{number:024x}").parse::<Actor>().unwrap();
        let taken: Vec<_> = (0..limits::UPLOADS_AT_ONCE).map(|_| turns.take(user(1)).unwrap()).collect();
        assert!(matches!(turns.take(user(1)), Err(ChatError::Busy(_))));
        turns.take(user(2)).unwrap();
        drop(taken);
        assert!(turns.0.lock().unwrap().is_empty());
        turns.take(user(1)).unwrap();
    }
}
