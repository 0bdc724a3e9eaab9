//! Sends text messages.

use super::message::{Sms, SmsError};
use super::provider::{Connection, Provider, ProviderError};
use crate::folder;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Sends text messages. Cheap to clone.
#[derive(Clone)]
pub struct SmsSender(Way);

#[derive(Clone)]
enum Way {
    Provider(Arc<Connection>),
    Folder(Arc<PathBuf>),
}

impl fmt::Debug for SmsSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Way::Provider(_) => f.write_str("SmsSender(HTTP)"),
            Way::Folder(folder) => f.debug_tuple("SmsSender").field(folder).finish(),
        }
    }
}

impl SmsSender {
    /// Sends with a provider.
    ///
    /// # Errors
    /// When its settings are not valid.
    pub fn provider(provider: Provider) -> Result<Self, ProviderError> {
        Ok(Self(Way::Provider(Arc::new(provider.connect()?))))
    }

    /// Writes files `<id>.sms` into a folder, which keeps the newest 1,000: the number, an empty line, the text.
    #[must_use]
    pub fn folder(folder: PathBuf) -> Self {
        Self(Way::Folder(Arc::new(folder)))
    }

    /// Sends a message.
    ///
    /// # Errors
    /// [`SmsError::Rejected`] when it is useless to try again.
    pub async fn send(&self, sms: Sms) -> Result<(), SmsError> {
        match &self.0 {
            Way::Provider(connection) => connection.send(&sms).await,
            Way::Folder(folder) => {
                let folder = Arc::clone(folder);
                let content = format!("To: {}\n\n{}\n", sms.to, sms.text);
                let write = move || folder::write(&folder, &sms.id, "sms", content.as_bytes());
                Ok(tokio::task::spawn_blocking(write).await.map_err(std::io::Error::other)??)
            }
        }
    }
}
