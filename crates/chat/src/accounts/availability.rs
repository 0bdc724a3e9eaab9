//! Which names and addresses can be registered.

use super::registration::Accounts;
use super::setup;
use crate::ChatError;
use meeshy_domain::{UserId, account, phone, text};
use meeshy_store::users::User;
use meeshy_store::{Tx, names, phones};

/// Whether a username and a telephone number are available, and an address is valid; `None` for what was not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Availability {
    /// Whether the username is available.
    pub username: Option<bool>,
    /// Up to three available usernames, if it is not.
    pub suggestions: Vec<String>,
    /// Whether the address is valid. Whether it is taken is only told on registration with it.
    pub email: Option<bool>,
    /// Whether the telephone number is valid, and no other account has confirmed it. A registration says the same.
    pub phone_number: Option<bool>,
}

/// What is asked for; `None` for what is not.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// A username.
    pub username: Option<String>,
    /// An address.
    pub email: Option<String>,
    /// A telephone number.
    pub phone_number: Option<String>,
    /// The country (two letters) of a number without a calling code; France if absent.
    pub country: Option<String>,
    /// Whoever asks, if signed in: their own number is available to them.
    pub caller: Option<UserId>,
}

impl Accounts {
    /// Whether a username and a number are available, and whether an address is valid. Whether this has an account
    /// is not told to strangers.
    pub async fn availability(&self, wanted: Wanted) -> Result<Availability, ChatError> {
        let Wanted { username, email, phone_number, country, caller } = wanted;
        let (number, now) = (self.context.secrets.number(), self.context.now());
        self.context
            .store
            .read(move |tx| {
                let mut answer = Availability::default();
                if let Some(name) = username.filter(|name| !name.contains('\0')) {
                    // The first account of a server may have a reserved name, with the setup code.
                    let reserved = !can_be_chosen(name.trim()) && setup::has_accounts(tx)?;
                    let free = !reserved && !names::username_is_taken(tx, name.trim())?;
                    answer.username = Some(free && text::username(&name).is_ok());
                    if !free {
                        answer.suggestions = suggestions(tx, name.trim(), number)?;
                    }
                }
                answer.email = email.map(|address| text::email(&address).is_ok());
                if let Some(typed) = phone_number {
                    let owner = match phone::international(&typed, country.as_deref()) {
                        Some(number) => Some(phones::owner(tx, &number, now)?),
                        None => None,
                    };
                    let is_free = |owner: Option<User>| owner.is_none_or(|owner| Some(owner.id) == caller);
                    answer.phone_number = Some(owner.is_some_and(is_free));
                }
                Ok(answer)
            })
            .await
    }
}

/// Whether this name can be registered without a setup code.
fn can_be_chosen(username: &str) -> bool {
    !account::is_reserved_name(username) && !account::is_number_like(username)
}

fn suggestions(tx: &mut Tx<'_>, name: &str, number: u64) -> Result<Vec<String>, ChatError> {
    let stem: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).take(12).collect();
    let mut free = Vec::new();
    for step in 0..20 {
        let candidate = format!("{stem}{}", number.wrapping_add(step * 37) % 1000);
        let is_allowed = text::username(&candidate).is_ok() && can_be_chosen(&candidate);
        if free.len() < 3 && is_allowed && !names::username_is_taken(tx, &candidate)? {
            free.push(candidate);
        }
    }
    Ok(free)
}
