//! What each part of the program is given of the configuration.

use super::{Config, NO_SERVERS, ProxyHeader, Retention};
use meeshy_chat::{
    CallSettings, HashingCost, IceSettings, MailSettings, PushSettings, TurnServer, UploadSettings, retention,
};
use meeshy_listen::{BodyPace, Forwarding, Header};
use meeshy_mail::sms::{Provider, ProviderError, SmsSender};
use meeshy_mail::{Mailer, SetupError};
use meeshy_media::Depot;
use meeshy_store::Location;
use meeshy_translation::TranslationConfig;
use meeshy_translation::models::Packages;
use std::time::Duration;

/// File descriptors reserved for the database, the engines and files.
const RESERVED_DESCRIPTORS: usize = 256;

impl Config {
    /// The location of the database.
    pub fn location(&self) -> Location {
        match &self.database.url {
            Some(url) => {
                Location::Postgres { url: url.expose().to_owned(), connections: self.database.connections }
            }
            None => Location::Folder(self.data.dir.clone()),
        }
    }

    /// The retention limits.
    pub fn retention_bounds(&self) -> retention::Bounds {
        const DAY: u64 = 86_400;
        let Retention {
            cached_translation_days,
            cached_translations,
            event_days,
            events_per_conversation,
            ..
        } = self.retention;
        retention::Bounds {
            notifications: self.retention(),
            cache: retention::CacheBound {
                age: Duration::from_secs(cached_translation_days * DAY),
                rows: cached_translations,
            },
            events: retention::EventBound {
                age: Duration::from_secs(u64::from(event_days) * DAY),
                rows: events_per_conversation.into(),
            },
        }
    }

    /// The cost of password hashing.
    pub fn hashing(&self) -> HashingCost {
        HashingCost {
            memory_kib: self.auth.hashing_memory_kib,
            passes: self.auth.hashing_passes,
            at_once: self.auth.hashing_at_once,
        }
    }

    /// How users are written to.
    ///
    /// # Errors
    /// If the sender or the mail server is not valid.
    pub fn mail(&self) -> Result<MailSettings, SetupError> {
        let from = &self.mail.from;
        let mailer = match &self.mail.smtp_url {
            Some(url) => Mailer::smtp(from, url.expose())?,
            None => {
                let folder = self.mail.folder.clone().unwrap_or_else(|| self.data.dir.join("mail"));
                Mailer::folder(from, folder)?
            }
        };
        let site = self.server.public_url.trim_end_matches('/').into();
        Ok(MailSettings { mailer: Some(mailer), site })
    }

    /// How codes are sent to telephones.
    ///
    /// # Errors
    /// If the provider cannot be called like this.
    pub fn sms(&self) -> Result<SmsSender, ProviderError> {
        let Some(url) = self.sms.url.clone() else {
            let folder = self.sms.folder.clone().unwrap_or_else(|| self.data.dir.join("sms"));
            return Ok(SmsSender::folder(folder));
        };
        let (from, body) = (self.sms.from.clone(), self.sms.body.clone());
        SmsSender::provider(Provider { url, from, body, authorization: self.sms.authorization.clone() })
    }

    /// How browsers are notified.
    pub fn push(&self) -> PushSettings {
        let services = self.push.web_services.iter().filter(|host| *host != NO_SERVERS).cloned().collect();
        let from = &self.mail.from;
        let address = from.rsplit_once('<').map_or(from.as_str(), |(_, rest)| rest.trim_end_matches('>'));
        let contact = self.push.contact.clone().unwrap_or_else(|| format!("mailto:{}", address.trim()));
        PushSettings { services, contact }
    }

    /// How users call each other.
    pub fn calls(&self) -> CallSettings {
        let calls = &self.calls;
        let secret = calls.turn_secret.as_ref().filter(|_| !calls.turn_urls.is_empty());
        let turn = secret.map(|secret| TurnServer {
            urls: calls.turn_urls.clone(),
            secret: secret.clone(),
            lifetime: Duration::from_secs(calls.turn_lifetime_seconds.into()),
        });
        let stun_urls = calls.stun_urls.iter().filter(|url| *url != NO_SERVERS).cloned().collect();
        CallSettings {
            ring_time: Duration::from_secs(calls.ring_seconds.into()),
            ice: IceSettings { stun_urls, turn },
        }
    }

    /// Where uploaded files are kept, and how large they may be.
    pub fn uploads(&self) -> UploadSettings {
        const MIB: u64 = 1024 * 1024;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        UploadSettings {
            depot: Depot::new(self.data.dir.join("uploads")),
            file_bytes: self.files.max_mib.saturating_mul(MIB),
            quota_bytes: self.files.quota_mib.saturating_mul(MIB),
            processors: cores,
        }
    }

    /// How the client's address is determined.
    pub fn forwarding(&self) -> Forwarding {
        let header = match self.server.proxy_header {
            ProxyHeader::XForwardedFor => Header::XForwardedFor,
            ProxyHeader::Forwarded => Header::Forwarded,
        };
        Forwarding { trusted_hops: self.server.trust_proxy, header }
    }

    /// The limits of connections, given the maximum number of open files.
    pub fn connections(&self, descriptors: u64) -> meeshy_listen::Limits {
        let limits = &self.limits;
        let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
        let available = descriptors.saturating_sub(RESERVED_DESCRIPTORS).max(descriptors / 2).max(1);
        let is_limited = limits.connections_per_address > 0 && self.server.trust_proxy == 0;
        meeshy_listen::Limits {
            connections: limits.connections.min(available),
            connections_per_address: is_limited.then_some(limits.connections_per_address),
            header_timeout: Duration::from_secs(limits.header_seconds),
            idle_timeout: Duration::from_secs(limits.idle_seconds),
            body: Some(BodyPace { grace: Duration::from_secs(limits.body_seconds), ..BodyPace::default() }),
        }
    }

    /// When notifications are archived.
    pub fn retention(&self) -> retention::Retention {
        retention::Retention {
            age: Duration::from_secs(self.retention.notification_days * 86_400),
            unread_kept: self.retention.old_unread_notifications,
        }
    }

    /// The configuration of the engines.
    pub fn translation(&self) -> TranslationConfig {
        let settings = &self.translation;
        TranslationConfig {
            models_dir: settings.models_dir.clone().unwrap_or_else(|| self.data.dir.join("models")),
            index_urls: settings.index_url.clone(),
            packages: settings.packages.then(|| Packages::known(settings.package_index.clone())),
            apertium_modes_dir: settings.apertium_modes_dir.clone(),
            apertium_idle_seconds: settings.apertium_idle_seconds,
            apertium_timeout_seconds: settings.apertium_timeout_seconds,
            model_idle_seconds: settings.model_idle_seconds,
            model_memory_bytes: settings.model_memory_mib * 1024 * 1024,
            threads: settings.threads,
            remote: settings.remote.clone(),
            accept_non_commercial: settings.accept_non_commercial,
            quality_file: self.data.dir.join("quality.csv"),
            cache_bytes: settings.cache_mib * 1024 * 1024,
        }
    }
}
