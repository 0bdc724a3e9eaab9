//! What operators do with accounts: add and list them, change roles and passwords, deactivate and unlock
//! them.
//!
//! Permissions are not checked: whoever can run the program on the data may do all of it.

use super::budget::forget_names;
use super::fair_queue::Lane;
use super::passwords::Passwords;
use super::registration::{Registration, chosen_password, new_user, refuse_taken};
use super::sessions::Sessions;
use crate::context::Context;
use crate::conversations::Conversations;
use crate::{ChatError, calls};
use meeshy_domain::{Role, Secret, Timestamp, UserId};
use meeshy_store::attempts;
use meeshy_store::second_factor;
use meeshy_store::sessions;
use meeshy_store::users::{self, User};
use meeshy_store::{StoreError, Tx};
use std::sync::Arc;

/// An account, as an operator sees it.
#[derive(Debug, Clone)]
pub struct Account {
    /// The user.
    pub user: User,
    /// Until when nobody, or no unknown device, can sign in.
    pub locked_until: Option<Timestamp>,
}

/// What operators do with accounts. Cheap to clone.
#[derive(Clone)]
pub struct Administration {
    context: Arc<Context>,
    conversations: Conversations,
    sessions: Sessions,
    passwords: Passwords,
}

impl Administration {
    pub(crate) fn new(
        context: Arc<Context>,
        conversations: Conversations,
        sessions: Sessions,
        passwords: Passwords,
    ) -> Self {
        Self { context, conversations, sessions, passwords }
    }

    /// Adds an account with a role. Reserved names are allowed.
    ///
    /// # Errors
    /// When a field is invalid, or the name or the address is taken.
    pub async fn add(&self, new: Registration, role: Role) -> Result<User, ChatError> {
        let mut user = User { role, ..new_user(&self.context, &new)? };
        let password = chosen_password(&new.password, &user)?;
        user.password_hash = self.passwords.hash(password, Lane::default()).await?;
        let (conversations, stored) = (self.conversations.clone(), user.clone());
        let write = move |tx: &mut Tx<'_>| {
            refuse_taken(tx, &stored)?;
            users::insert(tx, &stored)?;
            conversations.join_global_room(tx, &stored)
        };
        self.context.write_unless_there(write).await?;
        Ok(user)
    }

    /// Up to `limit` accounts by id, after `after`.
    pub async fn list(&self, after: Option<UserId>, limit: i64) -> Result<Vec<Account>, ChatError> {
        let now = self.context.now();
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
        Ok(self.context.store.read(read).await?)
    }

    /// Changes the role of the account `login`.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when there is no such account.
    pub async fn set_role(&self, login: &str, role: Role) -> Result<User, ChatError> {
        let now = self.context.now();
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
        let hash = self.passwords.hash(password, Lane::default()).await?;
        let now = self.context.now();
        self.change_account(login, move |service, tx, user| {
            // The name may have become another account's meanwhile.
            if user.id != asked.id {
                return Err(ChatError::NotFound { what: "user" });
            }
            unlock(tx, user)?;
            users::change_password(tx, user.id, &hash, now)?;
            service.end_sessions(tx, user.id)
        })
        .await
    }

    /// Activates or deactivates the account `login`; deactivating it signs out all its devices.
    ///
    /// # Errors
    /// [`ChatError::NotFound`] when there is no such account.
    pub async fn set_active(&self, login: &str, is_active: bool) -> Result<User, ChatError> {
        let now = self.context.now();
        self.change_account(login, move |service, tx, user| {
            users::set_active(tx, user.id, is_active, now)?;
            user.is_active = is_active;
            if is_active {
                return Ok(());
            }
            calls::leave_all(tx, &service.context, user.id)?;
            service.end_sessions(tx, user.id)
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
        let (service, login) = (self.clone(), login.trim().to_owned());
        let write = move |tx: &mut Tx<'_>| {
            let mut user = users::find_by_login(tx, &login)?.ok_or(ChatError::NotFound { what: "user" })?;
            change(&service, tx, &mut user)?;
            Ok(user)
        };
        self.context.store.write(write).await
    }

    fn end_sessions(&self, tx: &mut Tx<'_>, user: UserId) -> Result<(), ChatError> {
        second_factor::delete_challenges(tx, user)?;
        for session in sessions::revoke_all(tx, user, self.context.now())? {
            self.sessions.announce_end(tx, session, user);
        }
        Ok(())
    }
}

fn unlock(tx: &mut Tx<'_>, user: &User) -> Result<(), ChatError> {
    // Sign-ins lock the name before the account, so this has to as well.
    forget_names(tx, user)?;
    Ok(attempts::unlock(tx, user.id)?)
}
