//! The devices and networks from which an account has signed in.

use super::caller::{Device, cookie_hash};
use meeshy_domain::{Secret, Timestamp, UserId};
use meeshy_store::{StoreError, Tx, attempts};

/// Known devices and networks per account.
const KNOWN_DEVICES: i64 = 40;

/// Makes a device that has signed in known to the account.
pub(super) fn remember_device(
    tx: &mut Tx<'_>,
    user: UserId,
    session_hash: &Secret,
    device: &Device,
    now: Timestamp,
) -> Result<(), StoreError> {
    // The session's secret is one of the proofs that the device can present next time.
    let mut hashes = vec![session_hash.expose().to_owned()];
    hashes.extend(device.cookie.as_ref().map(cookie_hash));
    hashes.extend(device.network_hash());
    attempts::remember_devices(tx, user, &hashes, now, KNOWN_DEVICES)
}
