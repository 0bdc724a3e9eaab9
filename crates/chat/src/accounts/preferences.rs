//! The preferences of users.

use crate::ChatError;
use crate::context::Context;
use crate::event_bus::Event;
use meeshy_domain::preferences::{self, Audio, Category, Consent, InvalidPreference, Privacy, Values};
use meeshy_domain::{Timestamp, UserId, limits, text};
use meeshy_store::attempts;
use meeshy_store::preferences::{self as stored, Documents};
use meeshy_store::user_settings::{self, Setting};
use meeshy_store::{StoreError, Tx, privacy};
use std::sync::Arc;

/// The preferences of users. Cheap to clone.
#[derive(Clone)]
pub struct Preferences {
    context: Arc<Context>,
}

impl From<InvalidPreference> for ChatError {
    fn from(InvalidPreference { field, problem }: InvalidPreference) -> Self {
        Self::Invalid { field, problem }
    }
}

impl Preferences {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// The caller's preferences of all categories.
    pub async fn all(&self, caller: UserId) -> Result<Documents, ChatError> {
        Ok(self.context.store.read(move |tx| stored::all(tx, caller)).await?)
    }

    /// The caller's preferences of one category.
    pub async fn get<C: Category>(&self, caller: UserId) -> Result<C, ChatError> {
        Ok(self.all(caller).await?.read())
    }

    /// Replaces the preferences of a category; what is missing gets its default.
    ///
    /// # Errors
    /// When a value is not possible, or turns on what needs a consent that is not recorded.
    pub async fn replace<C: Category>(&self, caller: UserId, values: Values) -> Result<C, ChatError> {
        self.change(caller, values, true).await
    }

    /// Changes some preferences of a category.
    ///
    /// # Errors
    /// As [`replace`](Self::replace).
    pub async fn merge<C: Category>(&self, caller: UserId, values: Values) -> Result<C, ChatError> {
        self.change(caller, values, false).await
    }

    async fn change<C: Category>(
        &self,
        caller: UserId,
        named: Values,
        is_whole: bool,
    ) -> Result<C, ChatError> {
        let context = Arc::clone(&self.context);
        let write = move |tx: &mut Tx<'_>| {
            let documents = locked(tx, caller)?;
            let merged = |changes| preferences::merged::<C>(documents.of::<C>(), changes);
            let values = if is_whole { named.clone() } else { merged(named.clone()) };
            let after: C = preferences::parse(values)?;
            let chosen = preferences::calls_from_strangers::<C>(&named);
            // Who sends all values repeats those that they have not chosen.
            let is_repeated =
                is_whole && chosen == preferences::calls_from_strangers::<C>(&merged(Values::new()));
            if let Some(allowed) = chosen.filter(|_| !is_repeated) {
                privacy::refuse_calls(tx, caller, !allowed)?;
            }
            let given = names(&tx.fetch(stored::consents(caller))?);
            let missing = preferences::unconsented(&documents.read::<C>(), &after, &given);
            if !missing.is_empty() {
                return Err(ChatError::ConsentRequired(missing));
            }
            put(&context, tx, caller, &documents, &after)?;
            Ok(after)
        };
        self.context.store.write(write).await
    }

    /// Sets the preferences of a category back to their defaults.
    pub async fn reset<C: Category>(&self, caller: UserId) -> Result<(), ChatError> {
        let context = Arc::clone(&self.context);
        let write = move |tx: &mut Tx<'_>| {
            let documents = locked(tx, caller)?;
            if C::NAME == Privacy::NAME {
                privacy::refuse_calls(tx, caller, false)?;
            }
            Ok(put(&context, tx, caller, &documents, &C::default())?)
        };
        self.context.store.write(write).await
    }

    /// Sets all preferences back to their defaults.
    pub async fn reset_all(&self, caller: UserId) -> Result<(), ChatError> {
        let context = Arc::clone(&self.context);
        let write = move |tx: &mut Tx<'_>| {
            let documents = locked(tx, caller)?;
            privacy::refuse_calls(tx, caller, false)?;
            put(&context, tx, caller, &documents, &Privacy::default())?;
            put(&context, tx, caller, &documents, &preferences::Audio::default())?;
            put(&context, tx, caller, &documents, &preferences::Message::default())?;
            put(&context, tx, caller, &documents, &preferences::Notification::default())?;
            put(&context, tx, caller, &documents, &preferences::Video::default())?;
            put(&context, tx, caller, &documents, &preferences::Document::default())?;
            Ok(put(&context, tx, caller, &documents, &preferences::Application::default())?)
        };
        self.context.store.write(write).await
    }

    /// Gives (`true`) or withdraws consents, which turns off what needs them. Returns those that are given, and since
    /// when.
    pub async fn change_consents(
        &self,
        caller: UserId,
        changes: Vec<(Consent, bool)>,
    ) -> Result<Vec<(Consent, Timestamp)>, ChatError> {
        let context = Arc::clone(&self.context);
        let write = move |tx: &mut Tx<'_>| {
            let (documents, now) = (locked(tx, caller)?, context.now());
            let mut given = tx.fetch(stored::consents(caller))?;
            for (consent, is_given) in &changes {
                match (given.iter().position(|(known, _)| known == consent), is_given) {
                    (None, true) => given.push((*consent, now)),
                    (Some(at), false) => drop(given.remove(at)),
                    _ => {}
                }
            }
            stored::set_consents(tx, caller, &given, now)?;
            if changes.iter().any(|(_, is_given)| !is_given) {
                let audio: Audio = documents.read();
                put(&context, tx, caller, &documents, &audio.with_consents(&names(&given)))?;
            }
            Ok(given)
        };
        self.context.store.write::<_, StoreError>(write).await.map_err(ChatError::from)
    }

    /// All preferences of the caller under names that clients have chosen, in order of their names.
    pub async fn settings(&self, caller: UserId) -> Result<Vec<Setting>, ChatError> {
        Ok(self.context.store.read(move |tx| tx.fetch(user_settings::all(caller))).await?)
    }

    /// The caller's preference under a name that a client has chosen.
    ///
    /// # Errors
    /// When there is none.
    pub async fn setting(&self, caller: UserId, key: &str) -> Result<Setting, ChatError> {
        let missing = ChatError::NotFound { what: "preference" };
        if key.contains('\0') {
            return Err(missing);
        }
        let key = key.to_owned();
        let read = move |tx: &mut Tx<'_>| tx.fetch(user_settings::find(caller, &key));
        self.context.store.read::<_, StoreError>(read).await?.ok_or(missing)
    }

    /// Stores such a preference.
    ///
    /// # Errors
    /// When the name or the value is too long, or the caller has too many of them.
    pub async fn set(&self, caller: UserId, key: &str, value: &str) -> Result<Setting, ChatError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if key.is_empty() || key.len() > limits::SETTING_KEY_CHARS || !key.chars().all(allowed) {
            let problem = format!("use 1 to {} letters, digits, `-`, `_` or `.`", limits::SETTING_KEY_CHARS);
            return Err(ChatError::invalid("key", problem));
        }
        let value = text::paragraph("value", value, limits::SETTING_CHARS)?.to_owned();
        let (context, key) = (Arc::clone(&self.context), key.to_owned());
        let write = move |tx: &mut Tx<'_>| {
            attempts::lock(tx, caller)?;
            let (known, count) =
                tx.fetch((user_settings::find(caller, &key), user_settings::count(caller)))?;
            if known.is_none() && count >= limits::SETTINGS {
                let problem = format!("at most {} preferences", limits::SETTINGS);
                return Err(ChatError::invalid("key", problem));
            }
            Ok(user_settings::put(tx, context.new_id(), caller, &key, &value, context.now())?)
        };
        self.context.store.write(write).await
    }
}

fn names(given: &[(Consent, Timestamp)]) -> Vec<Consent> {
    given.iter().map(|(consent, _)| *consent).collect()
}

/// The documents of a user, who cannot change them elsewhere until this transaction ends.
fn locked(tx: &mut Tx<'_>, user: UserId) -> Result<Documents, StoreError> {
    attempts::lock(tx, user)?;
    stored::all(tx, user)
}

/// Stores the preferences of a category.
fn put<C: Category>(
    context: &Context,
    tx: &mut Tx<'_>,
    user: UserId,
    before: &Documents,
    after: &C,
) -> Result<(), StoreError> {
    let document = preferences::document(before.of::<C>(), after);
    stored::set::<C>(tx, context.new_id(), user, &document, context.now())?;
    let Some(hides) = after.hides() else { return Ok(()) };
    if tx.fetch(privacy::of(user))? != Some(hides) {
        privacy::hide(tx, user, hides)?;
        context.deliver(tx, None, Event::PrivacyChanged { user });
    }
    Ok(())
}
