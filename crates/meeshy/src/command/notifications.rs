//! `meeshy notifications`: archives notifications and restores them.

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
    /// Archive old notifications now; `serve` does so every hour
    Archive {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print a user's archived notifications, oldest first, one JSON object per line
    Archived {
        /// The username or e-mail address
        user: String,
    },
    /// Restore a user's notifications from the archive
    Restore {
        /// The username or e-mail address
        user: String,
    },
}

/// Runs the command.
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
                    "archived {} notifications of {} users; {} are active, {} archived",
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
    Ok(found.with_context(|| format!("no user is called `{name}`"))?.id)
}
