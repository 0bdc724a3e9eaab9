//! Joining a conversation as a guest.

use super::Guests;
use super::sessions::GuestCaller;
use crate::ChatError;
use crate::event_bus::Event;
use crate::guest_refusal::GuestRefusal;
use crate::secrets::{Secrets, digest};
use crate::share_links::find::{conversation_of, find_shared, missing};
use meeshy_domain::{ConversationId, GuestId, Language, LinkClosed, Timestamp, limits, text};
use meeshy_store::Tx;
use meeshy_store::events::{self, Change};
use meeshy_store::guests::{self as table, Guest};
use meeshy_store::share_links::{self, ShareLink};
use std::net::IpAddr;

/// Random bytes in the secret of a guest.
const SECRET_BYTES: usize = 16;
/// What is kept of a description of a device, in characters.
const FINGERPRINT_CHARS: usize = 512;
/// How often a free name is looked for.
const NAME_ATTEMPTS: usize = 10;

/// Who wants to join.
#[derive(Debug, Clone, Default)]
pub struct NewGuest {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The name by which others know the guest; made from the others if absent.
    pub username: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The date of birth.
    pub birthday: Option<Timestamp>,
    /// The language; French if absent, as old clients expect.
    pub language: Option<String>,
    /// What the client says of the device.
    pub device_fingerprint: Option<String>,
    /// The IP address.
    pub ip_address: Option<IpAddr>,
    /// The country, if the proxy knows it: two letters.
    pub country: Option<String>,
}

/// A guest who has joined.
#[derive(Debug, Clone)]
pub struct JoinedGuest {
    /// The guest.
    pub caller: GuestCaller,
    /// The secret by which the guest is known from now on, sent only once.
    pub secret: String,
    /// The link.
    pub link: ShareLink,
}

/// What was typed, checked.
#[derive(Clone)]
struct Entry {
    first_name: String,
    last_name: String,
    username: Option<String>,
    email: Option<String>,
    birthday: Option<Timestamp>,
    language: Language,
    device_fingerprint: Option<String>,
    ip_address: Option<IpAddr>,
    country: Option<String>,
}

impl Guests {
    /// Joins a conversation by a link, as a guest.
    ///
    /// # Errors
    /// When there is no such link, it is closed ([`ChatError::LinkClosed`]), not for this guest ([`ChatError::Guest`]), or
    /// something that it requires is missing or invalid.
    pub async fn join(&self, link: &str, new: NewGuest) -> Result<JoinedGuest, ChatError> {
        let entry = Entry::of(new)?;
        let (service, reference) = (self.clone(), link.to_owned());
        self.context.store.write(move |tx| service.join_in(tx, &reference, &entry)).await
    }

    fn join_in(&self, tx: &mut Tx<'_>, reference: &str, entry: &Entry) -> Result<JoinedGuest, ChatError> {
        let now = self.context.now();
        let link = find_shared(tx, reference)?;
        let conversation = conversation_of(tx, &link)?;
        link.state().check(false, now).map_err(ChatError::LinkClosed)?;
        if link.require_account {
            return Err(GuestRefusal::AccountRequired.into());
        }
        (link.origins().check(entry.country.as_deref(), entry.language, entry.ip_address))
            .map_err(GuestRefusal::Outside)?;
        entry.check_required(&link)?;
        // It locks the conversation: no two guests of it choose the same name, and no message comes in between.
        let number = events::append(tx, conversation.id, &[Change::Updated], now)?;
        let conversation = conversation_of(tx, &link)?;
        if !share_links::count_guest(tx, link.id, now)? {
            let current = tx.fetch(share_links::by_id(link.id))?.ok_or_else(missing)?;
            current.state().check(false, now).map_err(ChatError::LinkClosed)?;
            return Err(if current.is_used_up() {
                ChatError::LinkClosed(LinkClosed::UsedUp)
            } else {
                GuestRefusal::Full.into()
            });
        }
        let username = free_name(tx, &self.context.secrets, conversation.id, entry)?;
        let id: GuestId = self.context.new_id();
        let secret = format!("anon_{}_{}_", now.millis(), self.context.secrets.hex(SECRET_BYTES));
        let guest = Guest {
            id,
            username,
            first_name: entry.first_name.clone(),
            last_name: entry.last_name.clone(),
            language: entry.language,
        };
        let new = table::NewGuest {
            guest,
            conversation_id: conversation.id,
            share_link_id: link.id,
            email: entry.email.clone(),
            birthday: entry.birthday,
            token_hash: digest(&secret),
            ip_address: entry.ip_address.map(|address| address.to_string()),
            country: entry.country.clone(),
            device_fingerprint: entry.device_fingerprint.clone(),
            can_send_messages: link.allow_anonymous_messages,
            can_send_files: link.allow_anonymous_files,
            can_send_images: link.allow_anonymous_images,
            sees_after: if link.allow_view_history { 0 } else { conversation.last_sequence },
            joined_at: now,
        };
        table::insert(tx, &new)?;
        let event = Event::ConversationUpdated { conversation_id: conversation.id };
        self.context.deliver(tx, Some(number), event);
        let seat = tx.fetch(table::seat(id))?.ok_or(ChatError::NotFound { what: "guest" })?;
        Ok(JoinedGuest { caller: GuestCaller { seat, conversation }, secret, link })
    }
}

impl Entry {
    fn of(new: NewGuest) -> Result<Self, ChatError> {
        let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let name = |field, text: &str| text::line(field, text, limits::NAME_CHARS);
        let language = given(new.language).unwrap_or_else(|| "fr".to_owned());
        let fingerprint = given(new.device_fingerprint);
        Ok(Self {
            first_name: name("firstName", &new.first_name)?,
            last_name: name("lastName", &new.last_name)?,
            username: given(new.username)
                .map(|name| text::line("username", &name, limits::GUEST_NAME_CHARS))
                .transpose()?,
            email: given(new.email).map(|email| text::email(&email)).transpose()?,
            birthday: new.birthday,
            language: Language::parse(&language).map_err(|error| ChatError::invalid("language", error))?,
            device_fingerprint: fingerprint.map(|text| text.chars().take(FINGERPRINT_CHARS).collect()),
            ip_address: new.ip_address,
            country: new.country,
        })
    }

    /// Fails if something is missing that the link requires.
    fn check_required(&self, link: &ShareLink) -> Result<(), ChatError> {
        let required = [
            ("username", link.require_nickname && self.username.is_none()),
            ("email", link.require_email && self.email.is_none()),
            ("birthday", link.require_birthday && self.birthday.is_none()),
        ];
        match required.iter().find(|(_, is_missing)| *is_missing) {
            Some((field, _)) => Err(ChatError::invalid(field, "this link requires it")),
            None => Ok(()),
        }
    }

    /// A name made from the names: `anna_li042`.
    fn generated(&self, secrets: &Secrets) -> String {
        let plain = |text: &str, most: usize| -> String {
            text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).take(most).collect()
        };
        let first = plain(&self.first_name, limits::NAME_CHARS - 8);
        format!("{first}_{}{:03}", plain(&self.last_name, 2), secrets.number() % 1_000)
    }
}

/// The chosen name, or a generated one that nobody has.
fn free_name(
    tx: &mut Tx<'_>,
    secrets: &Secrets,
    conversation: ConversationId,
    entry: &Entry,
) -> Result<String, ChatError> {
    if let Some(chosen) = &entry.username
        && !tx.fetch(table::is_name_taken(conversation, chosen))?
    {
        return Ok(chosen.clone());
    }
    for _ in 0..NAME_ATTEMPTS {
        let name = entry.generated(secrets);
        if !tx.fetch(table::is_name_taken(conversation, &name))? {
            return match entry.username {
                None => Ok(name),
                Some(_) => Err(GuestRefusal::NameTaken { suggestion: name }.into()),
            };
        }
    }
    Err(ChatError::Busy("no free name was found; choose another one".into()))
}
