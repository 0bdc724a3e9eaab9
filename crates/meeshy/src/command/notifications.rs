//! `meeshy notifications`: what people were told, and its archive.

use crate::command::serve::system_clock;
use crate::config::Config;
use anyhow::Context;
use clap::Subcommand;
use meeshy_chat::retention::archive_notifications;
use meeshy_domain::UserId;
use meeshy_store::{Store, notifications, users};
use serde_json::json;
use std::io::{self, Write};

/// What to do with notifications.
#[derive(Subcommand)]
pub enum NotificationsCommand {
    /// Move what is old to the archive now; `serve` does so every hour.
    Archive {
        /// As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Show a person's archived notifications, the oldest first, one JSON object a line.
    Archived {
        /// The person's name or e-mail address.
        user: String,
    },
    /// Take a person's notifications out of the archive again.
    Restore {
        /// The person's name or e-mail address.
        user: String,
    },
}

/// Does it.
///
/// # Errors
/// When the database is in use or fails, or there is nobody of that name.
pub async fn run(command: NotificationsCommand, config: &Config) -> anyhow::Result<()> {
    let store = Store::open(&config.location()).await?;
    let mut out = io::stdout().lock();
    match command {
        NotificationsCommand::Archive { json } => {
            let run = archive_notifications(&store, config.retention(), system_clock().now()).await?;
            if json {
                writeln!(out, "{}", json!(run))?;
            } else {
                writeln!(
                    out,
                    "archived {} notifications of {} people; {} are active, {} archived",
                    run.moved, run.people, run.active, run.archived
                )?;
            }
        }
        NotificationsCommand::Archived { user } => {
            let user = person(&store, &user).await?;
            for notification in store.read(move |tx| notifications::archived(tx, user)).await? {
                writeln!(out, "{}", json!(notification))?;
            }
        }
        NotificationsCommand::Restore { user } => {
            let user = person(&store, &user).await?;
            let restored = store.write(move |tx| notifications::restore(tx, user)).await?;
            writeln!(out, "restored {restored} notifications")?;
        }
    }
    Ok(())
}

async fn person(store: &Store, name: &str) -> anyhow::Result<UserId> {
    let wanted = name.to_owned();
    let found = store.read(move |tx| users::find_by_login(tx, &wanted)).await?;
    Ok(found.with_context(|| format!("there is nobody called `{name}`"))?.id)
}
