//! The key that signs tokens, and keys for other purposes derived from it.

use crate::ChatError;
use hkdf::Hkdf;
use jsonwebtoken::{DecodingKey, EncodingKey};
use sha2::Sha256;
use std::fmt;

/// An HS256 secret with fewer bytes could be guessed.
pub const SECRET_BYTES: usize = 32;

/// The key that signs tokens.
#[derive(Clone)]
pub enum SigningKey {
    /// HS256, from a secret of at least [`SECRET_BYTES`].
    Secret(String),
    /// EdDSA, from an Ed25519 private key in PKCS#8 PEM and its public key.
    Ed25519 {
        /// PKCS#8 PEM.
        private_pem: String,
        /// SubjectPublicKeyInfo PEM.
        public_pem: String,
    },
    /// RS256, from an RSA private key in PEM and its public key.
    Rsa {
        /// PKCS#1 or PKCS#8 PEM.
        private_pem: String,
        /// SubjectPublicKeyInfo PEM.
        public_pem: String,
    },
}

impl SigningKey {
    /// A key pair in two PEM texts, of either kind.
    ///
    /// # Errors
    /// When they are not Ed25519 or RSA keys, or not of the same kind.
    pub fn from_pem(private_pem: String, public_pem: String) -> Result<Self, ChatError> {
        let (private, public) = (private_pem.as_bytes(), public_pem.as_bytes());
        let is_ed25519 =
            (EncodingKey::from_ed_pem(private).is_ok(), DecodingKey::from_ed_pem(public).is_ok());
        let is_rsa = (EncodingKey::from_rsa_pem(private).is_ok(), DecodingKey::from_rsa_pem(public).is_ok());
        match (is_ed25519, is_rsa) {
            ((true, true), _) => Ok(Self::Ed25519 { private_pem, public_pem }),
            (_, (true, true)) => Ok(Self::Rsa { private_pem, public_pem }),
            ((false, _), (false, _)) => {
                Err(ChatError::invalid("JWT_PRIVATE_KEY", "expected an Ed25519 or RSA private key in PEM"))
            }
            _ => {
                let expected = "expected the public key that goes with JWT_PRIVATE_KEY, in PEM";
                Err(ChatError::invalid("JWT_PUBLIC_KEY", expected))
            }
        }
    }

    /// Derives a key for another purpose (RFC 5869 3.2) and this data set. It does not reveal the signing
    /// key.
    pub(crate) fn derive<const BYTES: usize>(
        &self,
        data_set: &str,
        purpose: &[u8],
    ) -> Result<[u8; BYTES], ChatError> {
        let secret = match self {
            Self::Secret(secret) => secret,
            Self::Ed25519 { private_pem, .. } | Self::Rsa { private_pem, .. } => private_pem,
        };
        let mut key = [0; BYTES];
        Hkdf::<Sha256>::new(Some(data_set.as_bytes()), secret.as_bytes())
            .expand(purpose, &mut key)
            .map_err(|error| ChatError::invalid("signing key", error))?;
        Ok(key)
    }

    /// Identifies this key without revealing it.
    pub(crate) fn fingerprint(&self, data_set: &str) -> Result<String, ChatError> {
        self.derive::<16>(data_set, b"meeshy key fingerprint 1").map(hex::encode)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "SigningKey::Secret",
            Self::Ed25519 { .. } => "SigningKey::Ed25519",
            Self::Rsa { .. } => "SigningKey::Rsa",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_tells_keys_and_sets_of_data_apart() {
        let fingerprint =
            |secret: &str, data_set| SigningKey::Secret(secret.into()).fingerprint(data_set).unwrap();
        assert_eq!(fingerprint("one", "data"), fingerprint("one", "data"));
        assert_ne!(fingerprint("one", "data"), fingerprint("two", "data"));
        assert_ne!(fingerprint("one", "data"), fingerprint("one", "other data"));
    }
}
