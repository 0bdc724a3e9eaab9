//! `meeshy user`: manages user accounts.

use crate::command::serve::{settings, system_clock};
use crate::config::Config;
use crate::engines::Delegated;
use crate::signing_key;
use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use console::Term;
use meeshy_chat::{Account, Chat, ChatError, Registration, Secrets};
use meeshy_domain::{Role, Secret, Timestamp};
use meeshy_store::{Store, StoreError};
use serde_json::json;
use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// Manage accounts. A user is given by username or e-mail address.
#[derive(Subcommand)]
pub enum UserCommand {
    /// Add an account
    Add(AddArgs),
    /// List all accounts
    List {
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Change a user's role
    Role {
        /// The username or e-mail address
        user: String,
        /// USER, MODERATOR, ADMIN, BIGBOSS (the owner), AUDIT or ANALYST
        role: Role,
    },
    /// Set a user's password; signs out every device
    Password {
        /// The username or e-mail address
        user: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Disable an account; signs out every device
    Disable {
        /// The username or e-mail address
        user: String,
    },
    /// Enable an account
    Enable {
        /// The username or e-mail address
        user: String,
    },
    /// Unlock a user after too many wrong passwords, or after a lock of the old system
    Unlock {
        /// The username or e-mail address
        user: String,
    },
}

/// The account to add.
#[derive(Args)]
pub struct AddArgs {
    /// The username, which must be unique
    username: String,
    /// The e-mail address, which must be unique
    #[arg(long)]
    email: String,
    /// The given name [default: the username]
    #[arg(long)]
    first_name: Option<String>,
    /// The family name [default: the username]
    #[arg(long)]
    last_name: Option<String>,
    /// The language that the user reads
    #[arg(long, default_value = "en")]
    language: String,
    /// USER, MODERATOR, ADMIN, BIGBOSS (the owner), AUDIT or ANALYST
    #[arg(long, default_value = "USER")]
    role: Role,
    #[command(flatten)]
    password: PasswordArgs,
}

/// Where the password comes from. It is never an argument, because other users of the machine could read
/// those.
#[derive(Args)]
pub struct PasswordArgs {
    /// Read the password from the first line of this file, or from standard input if `-` [default: ask on the
    /// terminal]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// How many accounts are read at a time.
const PAGE_SIZE: i64 = 500;
/// The maximum size of a password file, in bytes.
const MAX_PASSWORD_FILE: u64 = 64 * 1024;

/// Runs the command.
pub async fn run(command: UserCommand, config: &Config) -> anyhow::Result<()> {
    let chat = open(config).await?;
    let done = match command {
        UserCommand::Add(args) => add(&chat, args).await?,
        UserCommand::List { json } => return list(&chat, json).await,
        UserCommand::Role { user, role } => {
            let changed =
                chat.administration().set_role(&user, role).await.map_err(|error| named(error, &user))?;
            format!("{} now has the role {role}", changed.username)
        }
        UserCommand::Password { user, password } => {
            let password = password.read()?;
            let changed = chat
                .administration()
                .set_password(&user, password)
                .await
                .map_err(|error| named(error, &user))?;
            format!("{} has a new password; every device was signed out", changed.username)
        }
        UserCommand::Disable { user } => {
            let changed =
                chat.administration().set_active(&user, false).await.map_err(|error| named(error, &user))?;
            format!("the account of {} is disabled; every device was signed out", changed.username)
        }
        UserCommand::Enable { user } => {
            let changed =
                chat.administration().set_active(&user, true).await.map_err(|error| named(error, &user))?;
            format!("the account of {} is enabled", changed.username)
        }
        UserCommand::Unlock { user } => {
            let changed = chat.administration().unlock(&user).await.map_err(|error| named(error, &user))?;
            format!("{} can sign in again", changed.username)
        }
    };
    writeln!(io::stdout(), "{done}")?;
    Ok(())
}

async fn open(config: &Config) -> anyhow::Result<Chat> {
    let store = match Store::open(&config.location()).await {
        Err(error @ StoreError::InUse(_)) => {
            return Err(error).context(
                "stop the server first: it locks the SQLite database while it runs (with PostgreSQL it can keep running)",
            );
        }
        outcome => outcome?,
    };
    let engines = Arc::new(Delegated);
    let settings = settings(config, signing_key::of_nobody());
    Ok(Chat::open(store, engines, settings, system_clock(), Secrets::system()).await?)
}

fn named(error: ChatError, user: &str) -> anyhow::Error {
    match error {
        ChatError::NotFound { .. } => anyhow::anyhow!("no user is called `{user}`"),
        other => other.into(),
    }
}

async fn add(chat: &Chat, args: AddArgs) -> anyhow::Result<String> {
    let password = args.password.read()?;
    let new = Registration {
        first_name: args.first_name.unwrap_or_else(|| args.username.clone()),
        last_name: args.last_name.unwrap_or_else(|| args.username.clone()),
        username: args.username,
        email: args.email,
        password,
        system_language: Some(args.language),
        regional_language: None,
        ..Registration::default()
    };
    let user = chat.administration().add(new, args.role).await?;
    Ok(format!("added {} with the role {}", user.username, user.role))
}

async fn list(chat: &Chat, as_json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let mut after = None;
    if !as_json {
        writeln!(out, "{:16} {:10} {:9} {:20} E-MAIL", "NAME", "ROLE", "STATE", "LAST SEEN")?;
    }
    loop {
        let accounts = chat.administration().list(after, PAGE_SIZE).await?;
        let Some(last) = accounts.last() else { return Ok(()) };
        after = Some(last.user.id);
        for account in &accounts {
            if as_json {
                writeln!(out, "{}", as_object(account))?;
            } else {
                let Account { user, locked_until } = account;
                let state = match (user.is_active, locked_until) {
                    (false, _) => "off",
                    (true, Some(_)) => "locked",
                    (true, None) => "active",
                };
                let role = user.role.name();
                let seen = readable(user.last_active_at);
                writeln!(out, "{:16} {role:10} {state:9} {seen:20} {}", user.username, user.email)?;
            }
        }
    }
}

fn as_object(Account { user, locked_until }: &Account) -> serde_json::Value {
    json!({
        "id": user.id,
        "username": user.username,
        "email": user.email,
        "displayName": user.display_name,
        "role": user.role,
        "isActive": user.is_active,
        "lockedUntil": locked_until.map(readable),
        "createdAt": readable(user.created_at),
        "lastActiveAt": readable(user.last_active_at),
    })
}

/// As `2026-01-15T12:34:56Z`.
fn readable(time: Timestamp) -> String {
    jiff::Timestamp::from_second(time.millis().div_euclid(1_000)).unwrap_or_default().to_string()
}

impl PasswordArgs {
    fn read(&self) -> anyhow::Result<Secret> {
        let text = match &self.password_file {
            Some(path) if path.as_os_str() == "-" => first_line(io::stdin().lock())?,
            Some(path) => {
                let reading = || format!("failed to read the password from `{}`", path.display());
                first_line(io::BufReader::new(fs::File::open(path).with_context(reading)?))
                    .with_context(reading)?
            }
            None if io::stdin().is_terminal() => return ask(),
            None => first_line(io::stdin().lock())?,
        };
        ensure!(!text.is_empty(), "the password is empty");
        Ok(text.into())
    }
}

fn first_line(input: impl BufRead) -> anyhow::Result<String> {
    let mut line = String::new();
    input.take(MAX_PASSWORD_FILE).read_line(&mut line).context("failed to read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks twice, without echo.
fn ask() -> anyhow::Result<Secret> {
    let terminal = Term::stderr();
    ensure!(terminal.is_term(), "there is no terminal to ask on; use `--password-file`");
    let typed = |question: &str| -> anyhow::Result<String> {
        terminal.write_str(question)?;
        Ok(terminal.read_secure_line()?)
    };
    let (first, second) = (typed("Password: ")?, typed("Repeat the password: ")?);
    if first != second {
        bail!("the passwords do not match");
    }
    Ok(first.into())
}
