//! A digest of the texts of messages and translations, for comparing the dump with the database.

use crate::mapping::Draft;
use sha2::{Digest, Sha256};

/// A digest of all messages and translations, independent of their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TextDigest {
    pub(super) messages: Sum,
    pub(super) translations: Sum,
}

/// The number of texts, and the sum of their digests.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    count: u64,
    digests: u128,
}

impl TextDigest {
    /// Adds a row, if it is a message or a translation.
    pub(super) fn add(&mut self, collection: &str, draft: &Draft<'_>) {
        let sum = match collection {
            "Message" => &mut self.messages,
            "MessageTranslation" => &mut self.translations,
            _ => return,
        };
        sum.add(&draft.id, draft.text("content").unwrap_or_default());
    }
}

impl Sum {
    pub(super) fn add(&mut self, id: &str, content: &str) {
        let digest = Sha256::new().chain_update(id).chain_update([0]).chain_update(content).finalize();
        let half: [u8; 16] = std::array::from_fn(|index| digest[index]);
        self.count += 1;
        self.digests = self.digests.wrapping_add(u128::from_le_bytes(half));
    }
}
