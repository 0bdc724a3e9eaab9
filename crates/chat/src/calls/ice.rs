//! The servers that help participants to connect to each other (ICE): STUN tells them their public addresses, TURN
//! relays what cannot go directly.
//!
//! A TURN server accepts credentials that it can check without asking (`use-auth-secret` of coturn): the name ends the
//! lifetime and names the user, the password is its HMAC under a secret that both servers know.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use meeshy_domain::{Secret, Timestamp, UserId};
use sha1::Sha1;
use std::time::Duration;

/// Which servers clients are told.
#[derive(Debug, Clone, Default)]
pub struct IceSettings {
    /// URLs of STUN servers.
    pub stun_urls: Vec<String>,
    /// The TURN server.
    pub turn: Option<TurnServer>,
}

/// A TURN server that shares a secret with this one.
#[derive(Debug, Clone)]
pub struct TurnServer {
    /// Its URLs.
    pub urls: Vec<String>,
    /// The secret.
    pub secret: Secret,
    /// How long credentials are valid.
    pub lifetime: Duration,
}

/// A server as clients are told. `Debug` shows no credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct IceServer {
    /// Its URLs.
    pub urls: Vec<String>,
    /// The name and the password, if it needs them.
    pub credentials: Option<(String, String)>,
}

impl std::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

impl IceSettings {
    /// The servers for a user, with credentials that are valid from `now`.
    pub fn servers(&self, user: UserId, now: Timestamp) -> Vec<IceServer> {
        let stun = self.stun_urls.iter().map(|url| IceServer { urls: vec![url.clone()], credentials: None });
        let turn = self.turn.iter().map(|turn| IceServer {
            urls: turn.urls.clone(),
            credentials: Some(turn.credentials(user, now)),
        });
        stun.chain(turn).collect()
    }
}

impl TurnServer {
    fn credentials(&self, user: UserId, now: Timestamp) -> (String, String) {
        let username = format!("{}:{user}", now.plus(self.lifetime).millis() / 1_000);
        let mut mac = Hmac::<Sha1>::new_from_slice(self.secret.expose().as_bytes())
            .unwrap_or_else(|_| unreachable!("HMAC accepts keys of any length"));
        mac.update(username.as_bytes());
        let password = STANDARD.encode(mac.finalize().into_bytes());
        (username, password)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_those_that_coturn_computes() {
        let turn = TurnServer {
            urls: vec!["turn:turn.example.org:3478".into()],
            secret: "north".to_owned().into(),
            lifetime: Duration::from_secs(3_600),
        };
        let settings = IceSettings { stun_urls: vec!["stun:stun.example.org".into()], turn: Some(turn) };
        let user: UserId = "65a0c0ffee0123456789abcd".parse().unwrap();
        let servers = settings.servers(user, Timestamp::from_millis(1_400_000_000_123));
        // printf 1400003600:65a0c0ffee0123456789abcd | openssl dgst -sha1 -hmac north -binary | base64
        let expected = [
            IceServer { urls: vec!["stun:stun.example.org".into()], credentials: None },
            IceServer {
                urls: vec!["turn:turn.example.org:3478".into()],
                credentials: Some((
                    "1400003600:65a0c0ffee0123456789abcd".into(),
                    "3TYgmlKcHPaZC+BugdyTHqtOnLI=".into(),
                )),
            },
        ];
        assert_eq!(servers, expected);
        assert!(!format!("{servers:?}").contains("1400003600"));
        assert_eq!(IceSettings::default().servers(user, Timestamp::from_millis(0)), []);
    }
}
