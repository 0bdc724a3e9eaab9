//! Tokens: JWTs for callers, and secrets kept by devices.

use crate::ChatError;
use hkdf::Hkdf;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use meeshy_domain::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;

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
}

impl SigningKey {
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

/// The claims of a token. Clients read `userId`, `username`, `role` and `exp`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Claims {
    pub(crate) user_id: UserId,
    pub(crate) username: String,
    pub(crate) role: String,
    /// Its session; tokens of the old system have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<SessionId>,
    /// The id of the token, by which its session knows whether it was replaced; tokens of earlier versions
    /// have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) jti: Option<String>,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
}

impl Claims {
    pub(crate) fn expires_at(&self) -> Timestamp {
        Timestamp::from_millis(self.exp.saturating_mul(1000))
    }
}

/// Signs and checks tokens.
#[derive(Clone)]
pub(crate) struct Tokens {
    header: Header,
    validation: Validation,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl Tokens {
    pub(crate) fn new(key: &SigningKey) -> Result<Self, ChatError> {
        let bad = |error: jsonwebtoken::errors::Error| ChatError::invalid("signing key", error);
        let (algorithm, encoding, decoding, public) = match key {
            SigningKey::Secret(secret) if secret.len() < SECRET_BYTES => {
                return Err(ChatError::invalid("JWT_SECRET", format!("use at least {SECRET_BYTES} bytes")));
            }
            SigningKey::Secret(secret) => (
                Algorithm::HS256,
                EncodingKey::from_secret(secret.as_bytes()),
                DecodingKey::from_secret(secret.as_bytes()),
                secret,
            ),
            SigningKey::Ed25519 { private_pem, public_pem } => (
                Algorithm::EdDSA,
                EncodingKey::from_ed_pem(private_pem.as_bytes()).map_err(bad)?,
                DecodingKey::from_ed_pem(public_pem.as_bytes()).map_err(bad)?,
                public_pem,
            ),
            SigningKey::Rsa { private_pem, public_pem } => (
                Algorithm::RS256,
                EncodingKey::from_rsa_pem(private_pem.as_bytes()).map_err(bad)?,
                DecodingKey::from_rsa_pem(public_pem.as_bytes()).map_err(bad)?,
                public_pem,
            ),
        };
        let mut header = Header::new(algorithm);
        header.kid = Some(digest(public)[..8].to_owned());
        let mut validation = Validation::new(algorithm);
        // We check the time ourselves, with our clock.
        validation.validate_exp = false;
        validation.required_spec_claims = ["exp".to_owned()].into();
        Ok(Self { header, validation, encoding, decoding })
    }

    pub(crate) fn sign(&self, claims: &Claims) -> Result<String, ChatError> {
        jsonwebtoken::encode(&self.header, claims, &self.encoding)
            .map_err(|error| ChatError::invalid("token", error))
    }

    /// The claims of a token, if we signed it.
    pub(crate) fn read(&self, token: &str) -> Result<Claims, ChatError> {
        let invalid = |_| ChatError::Unauthenticated("Invalid JWT token".into());
        let read = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation);
        Ok(read.map_err(invalid)?.claims)
    }

    /// The claims of a token, if we signed it and it has not expired.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, ChatError> {
        let claims = self.read(token)?;
        if claims.expires_at() <= now { Err(expired()) } else { Ok(claims) }
    }
}

pub(crate) fn expired() -> ChatError {
    ChatError::Unauthenticated("the token has expired; sign in again".into())
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(exp: i64) -> Claims {
        Claims {
            user_id: "65a0c0ffee0123456789abcd".parse().unwrap(),
            username: "lena".into(),
            role: "USER".into(),
            sid: None,
            jti: None,
            iat: 0,
            exp,
        }
    }

    fn tokens(secret: char) -> Tokens {
        Tokens::new(&SigningKey::Secret(secret.to_string().repeat(32))).unwrap()
    }

    #[test]
    fn ours_verify_until_they_expire_and_others_never() {
        let (ours, others) = (tokens('a'), tokens('b'));
        let token = ours.sign(&claims(100)).unwrap();
        assert_eq!(token.split('.').count(), 3);
        assert_eq!(ours.verify(&token, Timestamp::from_millis(99_999)).unwrap().username, "lena");
        assert!(ours.verify(&token, Timestamp::from_millis(100_000)).is_err());
        assert!(others.verify(&token, Timestamp::from_millis(0)).is_err());
        for forged in ["", "a.b.c", &token.replace('e', "f"), &format!("{token}x")] {
            assert!(ours.verify(forged, Timestamp::from_millis(0)).is_err(), "{forged}");
        }
    }

    #[test]
    fn unsigned_and_other_algorithms_are_refused() {
        // {"alg":"none"} with the claims of nobody.
        let unsigned = "eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOiI2NWEwYzBmZmVlMDEyMzQ1Njc4OWFiY2QiLCJ1c2VybmFtZSI6ImxlbmEiLCJyb2xlIjoiVVNFUiIsImlhdCI6MCwiZXhwIjo5OTk5OTk5OTk5fQ.";
        assert!(tokens('a').verify(unsigned, Timestamp::from_millis(0)).is_err());
    }

    #[test]
    fn a_fingerprint_tells_keys_and_sets_of_data_apart() {
        let fingerprint =
            |secret: &str, data_set| SigningKey::Secret(secret.into()).fingerprint(data_set).unwrap();
        assert_eq!(fingerprint("one", "data"), fingerprint("one", "data"));
        assert_ne!(fingerprint("one", "data"), fingerprint("two", "data"));
        assert_ne!(fingerprint("one", "data"), fingerprint("one", "other data"));
    }

    #[test]
    fn a_short_secret_is_refused() {
        let error = Tokens::new(&SigningKey::Secret("short".into())).err().unwrap();
        assert_eq!(error.to_string(), "JWT_SECRET: use at least 32 bytes");
    }
}
