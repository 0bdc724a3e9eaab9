//! Digests of documents, collections and databases.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of the bytes of a document, as in the dump.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// The number of documents, their total size, and the sum of their digests.
///
/// The sum (of 256-bit numbers, modulo 2^256) does not depend on the order of the documents, which MongoDB
/// does not define: two dumps of the same documents have the same digest. It detects changes; it is not a
/// cryptographic signature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) documents: u64,
    pub(super) bytes: u64,
    /// From the lowest 64 bits to the highest.
    sum: [u64; 4],
}

impl Tally {
    pub(super) fn count(&mut self, bytes: &[u8], digest: Digest) {
        self.documents += 1;
        self.bytes += bytes.len() as u64;
        let mut carry = false;
        for (sum, part) in self.sum.iter_mut().zip(digest.0.as_chunks().0) {
            let (added, over) = sum.overflowing_add(u64::from_le_bytes(*part));
            let (added, over_too) = added.overflowing_add(carry.into());
            (*sum, carry) = (added, over || over_too);
        }
    }

    pub(super) fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        hash.update(self.documents.to_le_bytes());
        self.sum.iter().for_each(|part| hash.update(part.to_le_bytes()));
        Digest(hash.finalize().into())
    }
}

/// The digest of a whole database: of the names and digests of its non-empty collections, sorted by name.
pub(super) fn of_database<'a>(collections: impl Iterator<Item = (&'a str, Digest)>) -> Digest {
    let mut hash = Sha256::new();
    for (name, digest) in collections {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
        hash.update(digest.0);
    }
    Digest(hash.finalize().into())
}
