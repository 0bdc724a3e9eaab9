//! Tokens: JWTs for callers.

use crate::ChatError;
use crate::secrets::digest;
use crate::signing_key::{SECRET_BYTES, SigningKey};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use meeshy_domain::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

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
    fn a_short_secret_is_refused() {
        let error = Tokens::new(&SigningKey::Secret("short".into())).err().unwrap();
        assert_eq!(error.to_string(), "JWT_SECRET: use at least 32 bytes");
    }
}
