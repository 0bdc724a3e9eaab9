//! Telling the other processes on the same database that something has happened, without their having to look.
//!
//! A note is a hint and may be lost with a connection: whoever hears of that ([`Ring::Missed`]) has to look for itself.
//! SQLite belongs to one process, which needs no bell.

use crate::pg::Listener;
use crate::{Engine, Store, StoreError};
use tokio::sync::mpsc;

/// What can be rung for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bell {
    /// There are new translation jobs, or new texts.
    Jobs,
    /// Translations have come to an end.
    Translated,
    /// Texts that are no messages were translated.
    Texts,
}

impl Bell {
    pub(crate) const ALL: [Self; 3] = [Self::Jobs, Self::Translated, Self::Texts];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Jobs => "meeshy_translation_jobs",
            Self::Translated => "meeshy_translated",
            Self::Texts => "meeshy_texts",
        }
    }
}

/// What is heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ring {
    /// Somebody rang, perhaps this process itself.
    Rang(Bell, String),
    /// For a while nothing could be heard.
    Missed,
}

/// The longest note, in bytes (PostgreSQL takes less than 8,000).
pub const NOTE_BYTES: usize = 7_900;

impl Store {
    /// Rings a bell for every process that listens.
    ///
    /// # Errors
    /// As the database says.
    pub async fn ring(&self, bell: Bell, note: String) -> Result<(), StoreError> {
        if self.is_exclusive() {
            return Ok(());
        }
        self.write(move |tx| {
            tx.execute("SELECT pg_notify($1, $2)", &[bell.name().into(), note.into()])?;
            Ok(())
        })
        .await
    }

    /// What other processes ring for from now on; `None` where there can be none. Ends when the receiver is dropped.
    pub fn listen(&self) -> Option<mpsc::Receiver<Ring>> {
        match &*self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(postgres) => Some(Listener::start(postgres.address().clone(), &self.threads)),
        }
    }
}
