//! The ids that documents may refer to: those of the documents accepted before them.

use super::field::Parent;
use bson::oid::ObjectId;
use meeshy_domain::Timestamp;
use std::collections::{HashMap, HashSet};

/// The twelve bytes of an ObjectId.
pub type Id = [u8; 12];

/// The accepted documents that others may refer to: 12 bytes each, 24 for a message.
#[derive(Debug)]
pub struct IdIndex {
    /// The start of the import.
    pub now: Timestamp,
    ids: HashMap<Parent, HashSet<Id>>,
    /// The conversation of each message.
    messages: HashMap<Id, Id>,
    /// Keys of the server have names instead of ids.
    keys: HashSet<String>,
    /// The addresses of files and thumbnails before all addresses were rewritten.
    addresses: HashMap<Id, Addresses>,
    /// When each user was last active, according to their statistics.
    last_active: HashMap<Id, i64>,
}

/// The addresses of a file in `MessageAttachment_backup_urls`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Of the file.
    pub file: Option<String>,
    /// Of its thumbnail.
    pub thumbnail: Option<String>,
}

impl IdIndex {
    /// An empty index, at a time.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            now,
            ids: HashMap::new(),
            messages: HashMap::new(),
            keys: HashSet::new(),
            addresses: HashMap::new(),
            last_active: HashMap::new(),
        }
    }

    /// Whether a document exists.
    #[must_use]
    pub fn has(&self, parent: Parent, id: &str) -> bool {
        if parent == Parent::EncryptionKey {
            return self.keys.contains(id);
        }
        let Ok(id) = ObjectId::parse_str(id).map(|id| id.bytes()) else { return false };
        match parent {
            Parent::Message => self.messages.contains_key(&id),
            other => self.ids.get(&other).is_some_and(|ids| ids.contains(&id)),
        }
    }

    /// The conversation of a message.
    #[must_use]
    pub fn conversation_of(&self, message: &str) -> Option<String> {
        let id = ObjectId::parse_str(message).ok()?;
        self.messages.get(&id.bytes()).map(|id| ObjectId::from_bytes(*id).to_hex())
    }

    /// Adds an accepted document; a message needs its conversation, too.
    pub fn insert<'c>(&mut self, parent: Parent, id: &str, conversation: impl FnOnce() -> Option<&'c str>) {
        match (parent, ObjectId::parse_str(id)) {
            (Parent::Message, Ok(id)) => self.add_message(id, conversation().unwrap_or_default()),
            (Parent::EncryptionKey, _) => self.add_key(id),
            (parent, Ok(id)) => self.add(parent, id),
            _ => {}
        }
    }

    /// Adds an accepted document.
    pub fn add(&mut self, parent: Parent, id: ObjectId) {
        self.ids.entry(parent).or_default().insert(id.bytes());
    }

    /// Adds an accepted message.
    pub fn add_message(&mut self, id: ObjectId, conversation: &str) {
        if let Ok(conversation) = ObjectId::parse_str(conversation) {
            self.messages.insert(id.bytes(), conversation.bytes());
        }
    }

    /// Adds an accepted key of the server.
    pub fn add_key(&mut self, id: &str) {
        self.keys.insert(id.to_owned());
    }

    /// When a user was last active, in milliseconds, according to their statistics.
    #[must_use]
    pub fn last_active(&self, user: ObjectId) -> Option<i64> {
        self.last_active.get(&user.bytes()).copied()
    }

    /// Records when a user was active.
    pub fn add_active(&mut self, user: ObjectId, at: i64) {
        let latest = self.last_active.entry(user.bytes()).or_insert(at);
        *latest = at.max(*latest);
    }

    /// The previous addresses of a file.
    #[must_use]
    pub fn addresses_of(&self, attachment: ObjectId) -> Option<&Addresses> {
        self.addresses.get(&attachment.bytes())
    }

    /// Records the previous addresses of a file.
    pub fn add_addresses(&mut self, attachment: ObjectId, addresses: Addresses) {
        self.addresses.entry(attachment.bytes()).or_insert(addresses);
    }
}
