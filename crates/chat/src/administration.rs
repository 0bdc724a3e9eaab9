//! What operators do with accounts: add and list them, change roles and passwords, deactivate and unlock
//! them.
//!
//! Permissions are not checked: whoever can run the program on the data may do all of it.

use crate::accounts::{chosen_password, refuse_taken};
use crate::budget::forget_names;
use crate::fair_queue::Lane;
use crate::{Chat, ChatError, Registration};
use meeshy_domain::{Role, Secret, Timestamp, UserId};
use meeshy_store::attempts;
use meeshy_store::second_factor;
use meeshy_store::sessions;
use meeshy_store::users::{self, User};
use meeshy_store::{StoreError, Tx};

/// An account, as an operator sees it.
#[derive(Debug, Clone)]
pub struct Account {
    /// The user.
    pub user: User,
    /// Until when nobody, or no unknown device, can sign in.
    pub locked_until: Option<Timestamp>,
}

impl Chat {
    /// Adds an account with a role. Reserved names are allowed.
    ///
    /// # Errors
    /// When a field is invalid, or the name or the address is taken.
    pub async fn add_account(&self, new: Registration, role: Role) -> Result<User, ChatError> {
        let mut user = User { role, ..self.new_user(&new)? };
        let password = chosen_password(&new.password, &user)?;
        user.password_hash = self.inner.passwords.hash(password, Lane::default()).await?;
        let (chat, stored) = (self.clone(), user.clone());
        let write = move |tx: &mut Tx<'_>| {
            refuse_taken(tx, &stored)?;
            users::insert(tx, &stored)?;
            chat.join_global_room(tx, &stored)
        };
        self.write_unless_there(write).await?;
        Ok(user)
    }

    /// Up to `limit` accounts by id, after `after`.
    pub async fn accounts(&self, after: Option<UserId>, limit: i64) -> Result<Vec<Account>, ChatError> {
        let now = self.now();
        let read = move |tx: &mut Tx<'_>| {
            let mut accounts = Vec::new();
            for user in users::page(tx, after, limit)? {
                let by_decision = second_factor::protection(tx, user.id)?.locked_until;
                let by_guesses = attempts::of_strangers(tx, user.id)?.locked_until;
                let locked_until = by_decision.max(by_guesses).filter(|until| *until > now);
                accounts.push(Account { user, locked_until });
            }
            Ok::<_, StoreError>(accounts)
        };
        Ok(self.inner.store.read(read).await?)
    }

    /// Changes the role of the account `login`.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when there is no such account.
    pub async fn set_role(&self, login: &str, role: Role) -> Result<User, ChatError> {
        let now = self.now();
        self.change_account(login, move |_, tx, user| {
            users::set_role(tx, user.id, role, now)?;
            user.role = role;
            Ok(())
        })
        .await
    }

    /// Changes the password of the account `login` and signs out all its devices.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when there is no such account; an error when the password is too short or too
    /// common.
    pub async fn set_password(&self, login: &str, password: Secret) -> Result<User, ChatError> {
        let asked = self.change_account(login, |_, _, _| Ok(())).await?;
        let password = chosen_password(&password, &asked)?;
        let hash = self.inner.passwords.hash(password, Lane::default()).await?;
        let now = self.now();
        self.change_account(login, move |chat, tx, user| {
            // The name may have become another account's meanwhile.
            if user.id != asked.id {
                return Err(ChatError::NotFound { what: "user" });
            }
            unlock(tx, user)?;
            users::change_password(tx, user.id, &hash, now)?;
            chat.end_sessions(tx, user.id)
        })
        .await
    }

    /// Activates or deactivates the account `login`; deactivating it signs out all its devices.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when there is no such account.
    pub async fn set_active(&self, login: &str, is_active: bool) -> Result<User, ChatError> {
        let now = self.now();
        self.change_account(login, move |chat, tx, user| {
            users::set_active(tx, user.id, is_active, now)?;
            user.is_active = is_active;
            if is_active { Ok(()) } else { chat.end_sessions(tx, user.id) }
        })
        .await
    }

    /// Unlocks the account `login` and clears its failed attempts.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when there is no such account.
    pub async fn unlock(&self, login: &str) -> Result<User, ChatError> {
        self.change_account(login, |_, tx, user| unlock(tx, user)).await
    }

    async fn change_account(
        &self,
        login: &str,
        mut change: impl FnMut(&Self, &mut Tx<'_>, &mut User) -> Result<(), ChatError> + Send + 'static,
    ) -> Result<User, ChatError> {
        let (chat, login) = (self.clone(), login.trim().to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let mut user = users::find_by_login(tx, &login)?.ok_or(ChatError::NotFound { what: "user" })?;
            change(&chat, tx, &mut user)?;
            Ok(user)
        };
        self.inner.store.write(write).await
    }

    fn end_sessions(&self, tx: &mut Tx<'_>, user: UserId) -> Result<(), ChatError> {
        second_factor::delete_challenges(tx, user)?;
        for session in sessions::revoke_all(tx, user, self.now())? {
            self.announce_end(tx, session, user);
        }
        Ok(())
    }
}

fn unlock(tx: &mut Tx<'_>, user: &User) -> Result<(), ChatError> {
    // Sign-ins lock the name before the account, so this has to as well.
    forget_names(tx, user)?;
    Ok(attempts::unlock(tx, user.id)?)
}
