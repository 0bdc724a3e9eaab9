//! `meeshy user`: people's accounts, for the operator.

use crate::command::serve::{settings, system_clock};
use crate::config::Config;
use crate::engines::Elsewhere;
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

/// What to do with accounts. A person is named by username or e-mail address.
#[derive(Subcommand)]
pub enum UserCommand {
    /// Add an account.
    Add(AddArgs),
    /// List all accounts.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Give a person another role.
    Role {
        /// Who.
        user: String,
        /// USER, MODERATOR, ADMIN, BIGBOSS (the owner), AUDIT or ANALYST.
        role: Role,
    },
    /// Give a person another password; every device is signed out.
    Password {
        /// Who.
        user: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Switch an account off; every device is signed out.
    Disable {
        /// Who.
        user: String,
    },
    /// Switch an account on again.
    Enable {
        /// Who.
        user: String,
    },
    /// Let a person sign in again after too many wrong passwords, or after a lock of the old system.
    Unlock {
        /// Who.
        user: String,
    },
}

/// The account to add.
#[derive(Args)]
pub struct AddArgs {
    /// The unique name.
    username: String,
    /// The unique e-mail address.
    #[arg(long)]
    email: String,
    /// The given name; the username when not given.
    #[arg(long)]
    first_name: Option<String>,
    /// The family name; the username when not given.
    #[arg(long)]
    last_name: Option<String>,
    /// The language that this person reads.
    #[arg(long, default_value = "en")]
    language: String,
    /// USER, MODERATOR, ADMIN, BIGBOSS (the owner), AUDIT or ANALYST.
    #[arg(long, default_value = "USER")]
    role: Role,
    #[command(flatten)]
    password: PasswordArgs,
}

/// Where the password comes from. It is never an argument, which other people on the machine could read.
#[derive(Args)]
pub struct PasswordArgs {
    /// A file whose first line is the password, `-` for standard input; without it, the terminal asks.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Accounts that are read at a time.
const PAGE: i64 = 500;
/// Bytes of a password's file, at most.
const MAX_PASSWORD_FILE: u64 = 64 * 1024;

/// Does it.
///
/// # Errors
/// When the database is in use or fails, there is nobody of that name, or what is given cannot be taken.
pub async fn run(command: UserCommand, config: &Config) -> anyhow::Result<()> {
    let chat = open(config).await?;
    let done = match command {
        UserCommand::Add(args) => add(&chat, args).await?,
        UserCommand::List { json } => return list(&chat, json).await,
        UserCommand::Role { user, role } => {
            let changed = chat.set_role(&user, role).await.map_err(|error| named(error, &user))?;
            format!("{} has the role {role} now", changed.username)
        }
        UserCommand::Password { user, password } => {
            let password = password.read()?;
            let changed = chat.set_password(&user, password).await.map_err(|error| named(error, &user))?;
            format!("{} has a new password; every device was signed out", changed.username)
        }
        UserCommand::Disable { user } => {
            let changed = chat.set_active(&user, false).await.map_err(|error| named(error, &user))?;
            format!("the account of {} is switched off; every device was signed out", changed.username)
        }
        UserCommand::Enable { user } => {
            let changed = chat.set_active(&user, true).await.map_err(|error| named(error, &user))?;
            format!("the account of {} is switched on", changed.username)
        }
        UserCommand::Unlock { user } => {
            let changed = chat.unlock(&user).await.map_err(|error| named(error, &user))?;
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
                "stop the server for a moment: SQLite is its own while it runs (with PostgreSQL it may go on)",
            );
        }
        outcome => outcome?,
    };
    let engines = Arc::new(Elsewhere);
    let settings = settings(config, signing_key::of_nobody());
    Ok(Chat::open(store, engines, settings, system_clock(), Secrets::system()).await?)
}

fn named(error: ChatError, user: &str) -> anyhow::Error {
    match error {
        ChatError::NotFound { .. } => anyhow::anyhow!("there is nobody called `{user}`"),
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
        setup_code: None,
    };
    let user = chat.add_account(new, args.role).await?;
    Ok(format!("added {} with the role {}", user.username, user.role))
}

async fn list(chat: &Chat, as_json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let mut after = None;
    if !as_json {
        writeln!(out, "{:16} {:10} {:9} {:20} E-MAIL", "NAME", "ROLE", "STATE", "LAST SEEN")?;
    }
    loop {
        let accounts = chat.accounts(after, PAGE).await?;
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
                let reading = || format!("cannot read the password from `{}`", path.display());
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
    input.take(MAX_PASSWORD_FILE).read_line(&mut line).context("cannot read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks twice, and shows nothing of what is typed.
fn ask() -> anyhow::Result<Secret> {
    let terminal = Term::stderr();
    ensure!(terminal.is_term(), "there is no terminal to ask on; use `--password-file`");
    let typed = |question: &str| -> anyhow::Result<String> {
        terminal.write_str(question)?;
        Ok(terminal.read_secure_line()?)
    };
    let (first, second) = (typed("Password: ")?, typed("The same again: ")?);
    if first != second {
        bail!("the two are not the same");
    }
    Ok(first.into())
}
