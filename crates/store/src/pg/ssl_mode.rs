//! How far connections are encrypted, and whom to believe.

use std::str::FromStr;

/// What `sslmode` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing is encrypted.
    Disable,
    /// Encrypted where the server offers it; whoever answers is believed.
    Prefer,
    /// Encrypted; whoever answers is believed, unless `sslrootcert` says who may vouch for the server.
    Require,
    /// Encrypted, with a certificate that somebody trusted has signed.
    VerifyCa,
    /// The same, and the certificate is for the host in the address.
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
