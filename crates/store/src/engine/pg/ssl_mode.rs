//! How far connections are encrypted, and whom to believe.

use std::str::FromStr;

/// The meaning of `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// No encryption.
    Disable,
    /// Encryption if the server offers it; any server is trusted.
    Prefer,
    /// Encryption; any server is trusted unless `sslrootcert` says which authorities may vouch for it.
    Require,
    /// Encryption, and a certificate signed by a trusted authority.
    VerifyCa,
    /// The same, and the certificate must be for the host in the address.
    VerifyFull,
}

impl FromStr for Mode {
    type Err = String;

    /// Reads it as libpq names it.
    fn from_str(name: &str) -> Result<Self, String> {
        Ok(match name {
            "disable" => Self::Disable,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            other => {
                return Err(format!(
                    "sslmode: expected disable, prefer, require, verify-ca or verify-full, found `{other}`"
                ));
            }
        })
    }
}
