//! The push services to which messages may go: a browser names its own, and whoever names one makes this server send requests there.

use crate::SetupError;
use reqwest::Url;

/// Hosts of push services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Services(Vec<String>);

impl Services {
    /// Hosts such as `push.example.org`, or `*.example.org` for all below it.
    ///
    /// # Errors
    /// When one of them is no host.
    pub fn new(hosts: &[String]) -> Result<Self, SetupError> {
        let host = |given: &String| {
            let host = given.trim().to_ascii_lowercase();
            let name = host.strip_prefix("*.").unwrap_or(&host);
            let is_host = !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
                && !name.starts_with('.')
                && (name.contains('.') || name == "localhost");
            if is_host { Ok(host) } else { Err(SetupError::Host(given.clone())) }
        };
        hosts.iter().map(host).collect::<Result<_, _>>().map(Self)
    }

    /// Whether messages may go to this URL. They are encrypted, but who is written to is not: only a service on this machine may do
    /// without TLS.
    #[must_use]
    pub fn allow(&self, url: &Url) -> bool {
        let Some(host) = url.host_str().map(str::to_ascii_lowercase) else { return false };
        let is_safe = match url.scheme() {
            // Another port would be no push service.
            "https" => url.port().is_none(),
            "http" => matches!(host.as_str(), "127.0.0.1" | "localhost"),
            _ => false,
        };
        let has_no_user = url.username().is_empty() && url.password().is_none();
        let is_listed = self.0.iter().any(|listed| match listed.strip_prefix('*') {
            Some(suffix) => host.ends_with(suffix) && host.len() > suffix.len(),
            None => host == *listed,
        });
        is_safe && has_no_user && is_listed
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_hosts_over_tls() {
        let services =
            Services::new(&["push.example.org".into(), "*.Example.COM".into(), "127.0.0.1".into()]).unwrap();
        let allow = |url: &str| services.allow(&url.parse().unwrap());
        for url in [
            "https://push.example.org/x",
            "https://PUSH.example.org",
            "https://a.b.example.com/y",
            "http://127.0.0.1:80/",
        ] {
            assert!(allow(url), "{url}");
        }
        for url in [
            "http://push.example.org/x",
            "https://example.org",
            "https://evilexample.com",
            "https://example.com",
            "https://.example.com",
            "https://push.example.org.evil.net",
            "https://push.example.org@evil.net/",
            "https://u:p@push.example.org/",
            "https://push.example.org:8443/",
            "ftp://push.example.org",
            "https://169.254.169.254/",
            "data:text/plain,x",
        ] {
            assert!(url.parse::<Url>().map_or(true, |url| !services.allow(&url)), "{url}");
        }
        for host in ["", "*", "*.", "https://push.example.org", "org", "a b.c", ".org.x"] {
            assert!(Services::new(&[host.to_owned()]).is_err(), "{host}");
        }
    }
}
