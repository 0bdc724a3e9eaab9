//! One gateway of several on the same PostgreSQL: it sends heartbeats and shares its connected users.
//!
//! Each gateway writes its changes of connected users as rows, in numbered batches, and notifies the others
//! of each. A gateway that missed one notices the gap in the next notification or heartbeat and reads the
//! rows. SQLite has only one gateway, which writes nothing.

use crate::context::Context;
use crate::presence::Presence;
use meeshy_domain::UserId;
use meeshy_store::gateways::{self, Gateway};
use meeshy_store::{Channel, StoreError, Tx};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

/// How often a gateway sends a heartbeat and checks for others.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(2);
/// Changes within this time are written together.
const COALESCE_WINDOW: Duration = Duration::from_millis(10);
/// The delay after a failure.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// The most users in a batch, so that it fits into one notification.
const MAX_BATCH: usize = 256;

/// The version that a gateway ends with. It follows none, so the others read the rows, and find no gateway.
const GONE: i64 = i64::MAX;

/// Why this process cannot join the gateways of a database.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// It would reject the tokens issued by the others.
    #[error(
        "another gateway on this database signs tokens with another key. Give all of them the same key, or none, so that they use \
         the one in the database; or stop the others first (one that was killed counts for {} more seconds)",
        gateways::GATEWAY_TIMEOUT.as_secs()
    )]
    AnotherKey,
    /// Its sockets would not receive events from here, nor the other way round.
    #[error(
        "a gateway of an earlier version, which does not support others, is running on this database; stop it first"
    )]
    EarlierVersion,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// This process as one of the gateways on its database. Cheap to clone.
#[derive(Clone)]
pub struct Gateways {
    context: Arc<Context>,
    presence: Arc<Presence>,
    /// Identifies the signing key without revealing it.
    key_fingerprint: Arc<str>,
    membership: Arc<Membership>,
}

#[derive(Default)]
struct Membership {
    /// Whether it has joined.
    has_joined: AtomicBool,
    /// The number of batches written.
    version: AtomicI64,
}

impl Gateways {
    pub(crate) fn new(context: Arc<Context>, presence: Arc<Presence>, key_fingerprint: &str) -> Self {
        Self { context, presence, key_fingerprint: key_fingerprint.into(), membership: Arc::default() }
    }

    /// Joins the gateways on this database, and reads their connected users. Returns whether this is the only
    /// one.
    ///
    /// # Errors
    /// When another gateway signs with another key.
    pub async fn join(&self) -> Result<bool, GatewayError> {
        if self.context.store.is_exclusive() {
            return Ok(true);
        }
        if self.context.store.has_earlier_gateway().await? {
            return Err(GatewayError::EarlierVersion);
        }
        let others = self.add_gateway().await?;
        self.compare(&others).await;
        self.presence.assume_known();
        Ok(others.is_empty())
    }

    /// Sends heartbeats, shares the users connected here, and follows those of other gateways, until `stop`
    /// is ready. Then its users count as disconnected.
    ///
    /// # Errors
    /// When this gateway was removed as dead and another one with another key has joined since.
    pub async fn run(&self, stop: impl Future<Output = ()>) -> Result<(), GatewayError> {
        if self.context.store.is_exclusive() {
            stop.await;
            return Ok(());
        }
        tokio::select! {
            () = stop => {}
            failed = self.keep_registered() => return failed,
        }
        let process = self.context.process.clone();
        let gone = payload(&process, GONE, &[], &[]);
        let removed = self.context.store.write(move |tx| gateways::remove(tx, &process)).await;
        let told = match removed {
            Ok(()) => self.context.store.notify(Channel::Presence, gone).await,
            failed => failed,
        };
        if let Err(error) = told {
            tracing::debug!(%error, "Failed to say that this gateway stops; the others find out by themselves");
        }
        Ok(())
    }

    /// Adds this gateway to the table, and returns the others that are alive.
    async fn add_gateway(&self) -> Result<Vec<Gateway>, GatewayError> {
        let own = Gateway {
            id: self.context.process.clone(),
            key_fingerprint: self.key_fingerprint.to_string(),
            presence_version: self.membership.version.load(Ordering::SeqCst),
        };
        let write = move |tx: &mut Tx<'_>| {
            // Of two that start at the same time, one sees the other.
            tx.lock_setup()?;
            gateways::remove_dead(tx)?;
            let others = gateways::alive(tx)?;
            if others.iter().any(|other| other.key_fingerprint != own.key_fingerprint) {
                return Err(GatewayError::AnotherKey);
            }
            gateways::insert(tx, &own)?;
            Ok(others)
        };
        let others = self.context.store.write(write).await?;
        self.membership.has_joined.store(true, Ordering::SeqCst);
        Ok(others)
    }

    async fn keep_registered(&self) -> Result<(), GatewayError> {
        let mut heartbeats = tokio::time::interval(HEARTBEAT_INTERVAL);
        heartbeats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let is_heartbeat = tokio::select! {
                _ = heartbeats.tick() => true,
                () = self.presence.unwritten() => {
                    tokio::time::sleep(COALESCE_WINDOW).await;
                    false
                }
            };
            match self.renew(is_heartbeat).await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::warn!("The other gateways took this one for dead; joining them again");
                    self.join_again().await?;
                }
                Err(error) => {
                    tracing::warn!(%error, "Failed to tell the other gateways who is connected; trying again");
                    tokio::time::sleep(RETRY_INTERVAL).await;
                }
            }
        }
    }

    async fn join_again(&self) -> Result<(), GatewayError> {
        match self.add_gateway().await {
            Ok(_) => self.presence.write_all(),
            // The next renewal notices that the row is missing.
            Err(GatewayError::Store(error)) => {
                tracing::warn!(%error, "Failed to join the other gateways; trying again");
                tokio::time::sleep(RETRY_INTERVAL).await;
            }
            Err(refused) => return Err(refused),
        }
        Ok(())
    }

    /// Writes a batch of changes, which is also a heartbeat; returns whether this gateway is still known.
    async fn renew(&self, is_heartbeat: bool) -> Result<bool, StoreError> {
        let presence = &self.presence;
        let (came, left) = presence.take_unwritten(MAX_BATCH);
        let is_changed = !(came.is_empty() && left.is_empty());
        let version = self.membership.version.fetch_add(i64::from(is_changed), Ordering::SeqCst)
            + i64::from(is_changed);
        let process = self.context.process.clone();
        let (now_here, gone) = (came.clone(), left.clone());
        let write = move |tx: &mut Tx<'_>| {
            if !gateways::renew(tx, &process, version)? {
                return Ok(None);
            }
            gateways::connect(tx, &process, &now_here)?;
            gateways::disconnect(tx, &process, &gone)?;
            if !is_heartbeat {
                return Ok(Some(Vec::new()));
            }
            gateways::remove_dead(tx)?;
            let mut others = gateways::alive(tx)?;
            others.retain(|other| other.id != process);
            Ok(Some(others))
        };
        let others = match self.context.store.write(write).await {
            Ok(Some(others)) => others,
            outcome => {
                presence.put_back(came.into_iter().chain(left));
                return outcome.map(|_: Option<Vec<Gateway>>| false);
            }
        };
        if is_changed {
            let payload = payload(&self.context.process, version, &came, &left);
            if let Err(error) = self.context.store.notify(Channel::Presence, payload).await {
                tracing::debug!(%error, "Failed to notify other gateways; they find out at their next heartbeat");
            }
        }
        if is_heartbeat {
            self.compare(&others).await;
        }
        Ok(true)
    }

    /// Removes gateways that are gone, and reads the connected users of those with missed changes.
    async fn compare(&self, others: &[Gateway]) {
        let known = self.presence.remote_versions();
        for gone in known.keys().filter(|known| !others.iter().any(|other| other.id == **known)) {
            self.presence.forget_gateway(gone);
        }
        for other in others.iter().filter(|other| known.get(&other.id) != Some(&other.presence_version)) {
            self.read_connected(&other.id).await;
        }
    }

    async fn read_connected(&self, gateway: &str) {
        let asked = gateway.to_owned();
        match self.context.store.read(move |tx| gateways::connected(tx, &asked)).await {
            Ok(Some((version, users))) => self.presence.replace_gateway(gateway, version, users),
            Ok(None) => self.presence.forget_gateway(gateway),
            // The versions still differ at the next heartbeat.
            Err(error) => tracing::warn!(%error, "Failed to read who is connected to another gateway"),
        }
    }

    /// Whether this process is one of the gateways.
    pub(crate) fn is_gateway(&self) -> bool {
        self.membership.has_joined.load(Ordering::SeqCst)
    }

    /// Applies a change from another gateway.
    pub(crate) async fn presence_changed(&self, payload: &str) {
        if !self.is_gateway() {
            return;
        }
        let Some(change) = Change::parse(payload) else { return };
        let Change { gateway, version, came, left } = change;
        if gateway != self.context.process && !self.presence.change_gateway(gateway, version, &came, &left) {
            self.read_connected(gateway).await;
        }
    }
}

/// The text of a batch in a notification: the gateway and the version, then `+user` or `-user` on each line.
struct Change<'a> {
    gateway: &'a str,
    version: i64,
    came: Vec<UserId>,
    left: Vec<UserId>,
}

fn payload(gateway: &str, version: i64, came: &[UserId], left: &[UserId]) -> String {
    let mut payload = format!("{gateway} {version}");
    for user in came {
        let _ = write!(payload, "\n+{user}");
    }
    for user in left {
        let _ = write!(payload, "\n-{user}");
    }
    payload
}

impl<'a> Change<'a> {
    fn parse(payload: &'a str) -> Option<Self> {
        let mut lines = payload.lines();
        let (gateway, version) = lines.next()?.split_once(' ')?;
        let mut change = Self { gateway, version: version.parse().ok()?, came: Vec::new(), left: Vec::new() };
        for line in lines {
            let user = line.get(1..)?.parse().ok()?;
            match line.as_bytes().first() {
                Some(b'+') => change.came.push(user),
                Some(b'-') => change.left.push(user),
                _ => return None,
            }
        }
        Some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use meeshy_store::MAX_NOTICE_BYTES;

    #[test]
    fn a_full_batch_fits_into_a_notification_and_is_read_again() {
        let users: Vec<UserId> =
            (0..MAX_BATCH).map(|number| format!("{number:024x}").parse().unwrap()).collect();
        let (came, left) = users.split_at(100);
        let payload = payload("0123456789abcdef", i64::MAX, came, left);
        assert!(payload.len() <= MAX_NOTICE_BYTES, "{}", payload.len());
        let read = Change::parse(&payload).unwrap();
        assert_eq!((read.gateway, read.version), ("0123456789abcdef", i64::MAX));
        assert_eq!((read.came.as_slice(), read.left.as_slice()), (came, left));
        for bad in ["", "a", "a b", "a 1\n+", "a 1\n?65a0c0ffee0123456789abcd", "a 1\né"] {
            assert!(Change::parse(bad).is_none(), "{bad}");
        }
    }
}
