//! What every chat of the tests has in common.

use meeshy_chat::{HashingCost, Secrets, Settings, SigningKey};
use std::sync::atomic::{AtomicU64, Ordering};

/// The signing key of all processes that belong together.
pub const SIGNING_SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Settings with this signing key and cheap hashes of passwords.
pub(crate) fn settings(secret: &str) -> Settings {
    let mut settings = Settings::new(SigningKey::Secret(secret.into()));
    settings.hashing = HashingCost { memory_kib: 64, passes: 1, at_once: 2 };
    // Where nothing listens unless a story starts a service.
    settings.push.services = vec!["127.0.0.1".into()];
    settings
}

/// Ids and secrets that are counted from `seed`, so that they can be in snapshots.
pub(crate) fn counted_secrets(seed: u64) -> Secrets {
    let counter = AtomicU64::new(seed);
    Secrets::new(move |bytes| {
        for chunk in bytes.chunks_mut(8) {
            let number = counter.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&number.to_be_bytes()[..chunk.len()]);
        }
    })
}
