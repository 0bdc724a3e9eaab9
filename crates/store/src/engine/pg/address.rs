//! The address of a PostgreSQL database: the parameters that the client understands, and how to encrypt the
//! connection.
//!
//! The client uses `sslmode` only to decide whether to encrypt. Whether to trust the server is decided here,
//! as libpq does: https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION.

use super::ssl_mode::Mode;
use super::tls;
use crate::StoreError;
use crate::engine::causes::explain;
use meeshy_domain::secret::mask_url;
use percent_encoding::percent_decode_str;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// The default statement time-out.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(15);
/// The kernel drops a connection whose server has confirmed nothing for this long.
const UNCONFIRMED: Duration = Duration::from_secs(10);

/// A database and how to reach it.
#[derive(Clone)]
pub(crate) struct Address {
    pub config: Config,
    /// How to encrypt, if at all.
    pub tls: Option<MakeRustlsConnect>,
    /// The statement time-out of the server for interactive statements.
    pub statement_timeout: Duration,
    /// The address for messages, without its password.
    pub shown: String,
}

impl Address {
    /// Reads `postgres://user:password@host/database?sslmode=verify-full&sslrootcert=/path/to/ca.pem`.
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        let shown = without_password(url);
        let failed = |cause: String| StoreError::Open { target: shown.clone(), cause };
        let (rest, own) = take_own(url).map_err(&failed)?;
        let mut config: Config = rest.parse().map_err(|error| failed(explain(&error)))?;
        config
            .connect_timeout(CONNECT_TIMEOUT)
            .application_name("meeshy")
            .keepalives(true)
            .keepalives_idle(UNCONFIRMED)
            .keepalives_interval(UNCONFIRMED / 4)
            .keepalives_retries(4)
            .tcp_user_timeout(UNCONFIRMED);
        let mode = match own.mode {
            Some(mode) => mode,
            None if is_local(&config) => Mode::Disable,
            None => Mode::Prefer,
        };
        config.ssl_mode(match mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
        });
        let tls = match mode {
            Mode::Disable => None,
            _ => Some(tls::connector(mode, own.root.as_deref()).map_err(&failed)?),
        };
        let statement_timeout = own.statement_timeout.unwrap_or(STATEMENT_TIMEOUT);
        Ok(Self { config, tls, statement_timeout, shown })
    }
}

/// Parameters of an address that the client does not read, or reads differently.
#[derive(Default)]
struct Own {
    mode: Option<Mode>,
    root: Option<PathBuf>,
    statement_timeout: Option<Duration>,
}

/// Takes `sslmode`, `sslrootcert` and `statement_timeout` (in milliseconds) out of an address.
fn take_own(url: &str) -> Result<(String, Own), String> {
    let mut own = Own::default();
    let Some((before, query)) = url.split_once('?') else { return Ok((url.to_owned(), own)) };
    let mut others = Vec::new();
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_decode_str(value).decode_utf8().map_err(|_| format!("{key}: not UTF-8"))?;
        match key {
            "sslmode" => own.mode = Some(value.parse()?),
            "sslrootcert" => own.root = Some(PathBuf::from(value.into_owned())),
            "statement_timeout" => {
                let millis = value.parse().ok().filter(|millis| *millis > 0);
                let millis =
                    millis.ok_or_else(|| format!("{key}: expected milliseconds, found `{value}`"))?;
                own.statement_timeout = Some(Duration::from_millis(millis));
            }
            _ => others.push(pair),
        }
    }
    let query = if others.is_empty() { String::new() } else { format!("?{}", others.join("&")) };
    Ok((format!("{before}{query}"), own))
}

/// Whether the data sent stays on this machine.
fn is_local(config: &Config) -> bool {
    let is_loopback =
        |name: &str| name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    config.get_hostaddrs().iter().all(IpAddr::is_loopback)
        && config.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => is_loopback(name),
            #[cfg(unix)]
            Host::Unix(_) => true,
        })
}

/// The address without its password, for messages and logs.
pub(crate) fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => {
            let user = url[scheme + 3..at].split(':').next().unwrap_or_default();
            mask_url(&format!("{}{user}{}", &url[..scheme + 3], &url[at..]))
        }
        (Some(_), _) => mask_url(url),
        _ => {
            url.split_whitespace().filter(|part| !part.starts_with("password")).collect::<Vec<_>>().join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_left_out_of_messages() {
        assert_eq!(without_password("postgres://me:se@cret@db:5432/x"), "postgres://me@db:5432/x");
        assert_eq!(without_password("postgres://db/x"), "postgres://db/x");
        assert_eq!(without_password("host=db password=secret user=me"), "host=db user=me");
    }

    #[test]
    fn sslmode_is_read_as_libpq_reads_it() {
        let read = |url: &str| {
            let (rest, own) = take_own(url)?;
            Ok::<_, String>((rest, own.mode, own.root))
        };
        assert_eq!(read("postgres://h/d"), Ok(("postgres://h/d".into(), None, None)));
        assert_eq!(
            read(
                "postgres://h/d?sslmode=verify-full&connect_timeout=3&sslrootcert=%2Fetc%2Fca%20of%20us.pem"
            ),
            Ok((
                "postgres://h/d?connect_timeout=3".into(),
                Some(Mode::VerifyFull),
                Some(PathBuf::from("/etc/ca of us.pem"))
            ))
        );
        assert!(read("postgres://h/d?sslmode=verify").unwrap_err().contains("found `verify`"));
    }

    #[test]
    fn only_what_stays_on_this_machine_goes_unencrypted_by_default() {
        let mode = |url: &str| {
            let address = Address::parse(url).unwrap();
            (address.config.get_ssl_mode(), address.tls.is_some())
        };
        for local in ["postgres://localhost/d", "postgres://127.0.0.1/d", "postgres://[::1]/d"] {
            assert_eq!(mode(local), (SslMode::Disable, false), "{local}");
        }
        assert_eq!(mode("postgres://db.example.org/d"), (SslMode::Prefer, true));
        assert_eq!(mode("postgres://db.example.org/d?sslmode=disable"), (SslMode::Disable, false));
        assert_eq!(mode("postgres://localhost/d?sslmode=require"), (SslMode::Require, true));
    }
}
