//! One world of a corpus, with as many users and documents as the old database. Worlds do not refer to each
//! other.

use super::layout::Layout;
use super::name::Name;
use super::random::Random;
use bson::oid::ObjectId;
use bson::{Document, RawDocumentBuf};

/// 2025-09-09, the earliest known date of the old system, in milliseconds since 1970.
pub(super) const START: i64 = 1_757_376_000_000;
/// 2025-12-10, when the last version of the old system was installed, which wrote more fields.
pub(super) const LATER: i64 = 1_765_324_800_000;
/// 2026-01-25 22:34, when the documents were counted.
pub(super) const END: i64 = 1_769_380_440_000;
pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// Its structure, random numbers and collections: documents of one collection contain times and ids of
/// others.
pub(super) struct World<'a> {
    pub(super) seed: u64,
    pub(super) number: usize,
    pub(super) layout: &'a Layout,
    /// The hash of everybody's password, in old accounts and as written by the last version.
    pub(super) hashes: &'a [String; 2],
    /// In the order of [`Name`].
    pub(super) collections: &'static [Collection],
}

/// How the documents of a collection are generated.
pub(super) struct Collection {
    pub(super) of: Name,
    pub(super) name: &'static str,
    /// For one world.
    pub(super) count: usize,
    pub(super) time: fn(&World<'_>, usize) -> i64,
    pub(super) document: fn(&World<'_>, usize) -> RawDocumentBuf,
    /// The fields of its unique index, if any.
    pub(super) unique: &'static [&'static str],
}

impl World<'_> {
    /// The random numbers of one document.
    pub(super) fn random(&self, of: Name, at: usize) -> Random {
        Random::of(&[self.seed, self.number as u64, of as u64, at as u64])
    }

    /// When a document was created.
    pub(super) fn time(&self, of: Name, at: usize) -> i64 {
        (self.collections[of as usize].time)(self, at)
    }

    /// The id of a document: its time of creation in seconds, the world and collection, and its number.
    pub(super) fn id(&self, of: Name, at: usize) -> ObjectId {
        let of_collection = if of == Name::BackupUrls { Name::MessageAttachment } else { of };
        let seconds = u32::try_from(self.time(of_collection, at) / 1000).unwrap_or(u32::MAX);
        let machine = Random::of(&[self.seed, self.number as u64, of_collection as u64]).next();
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&seconds.to_be_bytes());
        bytes[4..9].copy_from_slice(&machine.to_be_bytes()[..5]);
        bytes[9..].copy_from_slice(&(at as u32).to_be_bytes()[1..]);
        ObjectId::from_bytes(bytes)
    }

    pub(super) fn user(&self, at: usize) -> ObjectId {
        self.id(Name::User, at)
    }

    pub(super) fn message(&self, at: usize) -> ObjectId {
        self.id(Name::Message, at)
    }

    pub(super) fn conversation(&self, at: usize) -> ObjectId {
        self.id(Name::Conversation, at)
    }

    /// A document without its anomalies.
    pub(super) fn clean(&self, of: Name, at: usize) -> RawDocumentBuf {
        (self.collections[of as usize].document)(self, at)
    }

    /// The same, parsed.
    pub(super) fn parsed(&self, of: Name, at: usize) -> Document {
        Document::try_from(self.clean(of, at)).expect("the corpus makes sound documents")
    }

    /// A time within `[from, to)` that grows with `at`, out of `count`.
    pub(super) fn spread(&self, of: Name, at: usize, count: usize, from: i64, to: i64) -> i64 {
        let slot = (to - from) / count as i64;
        let within = self.random(of, at).next() % slot.unsigned_abs().max(1);
        from + slot * at as i64 + within.cast_signed()
    }

    /// A name that is unique across worlds.
    pub(super) fn unique(&self, name: &str) -> String {
        match self.number {
            0 => name.to_owned(),
            world => format!("{name}-{world}"),
        }
    }
}
