//! The source of randomness, and what is stored in place of the secrets that clients hold.

use sha2::{Digest, Sha256};
use std::sync::Arc;

/// SHA-256 in hexadecimal, stored in place of a secret that a client holds.
pub(crate) fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// The source of secrets: the system in the program, a counter in tests.
#[derive(Clone)]
pub struct Secrets(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Secrets {
    /// Secrets from `fill`, which must be unpredictable in the program.
    pub fn new(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// Secrets from the operating system.
    pub fn system() -> Self {
        Self::new(|bytes| rand::fill(bytes))
    }

    /// `bytes` random bytes in hexadecimal.
    pub fn hex(&self, bytes: usize) -> String {
        let mut buffer = vec![0; bytes];
        (self.0)(&mut buffer);
        hex::encode(buffer)
    }

    /// Eight random bytes as a number.
    pub fn number(&self) -> u64 {
        let mut buffer = [0; 8];
        (self.0)(&mut buffer);
        u64::from_be_bytes(buffer)
    }
}
