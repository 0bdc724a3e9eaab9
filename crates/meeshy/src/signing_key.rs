//! The key that a gateway signs tokens with: the configured one, or the one that Meeshy made and keeps in the database.

use crate::config::Config;
use anyhow::Context;
use meeshy_chat::{Secrets, SigningKey};
use meeshy_domain::Secret;
use meeshy_store::{Store, signing_key};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Where earlier versions kept the key that they had made, in the data folder.
const FILE: &str = "jwt.secret";
/// Random bytes of a key that Meeshy makes.
const BYTES: usize = 32;

/// The key of a gateway. One that was made by an earlier version moves from the data folder to the database, so that nobody is
/// signed out.
///
/// # Errors
/// When the configured key is none, the file cannot be read, or the database fails.
pub async fn of_gateway(config: &Config, store: &Store) -> anyhow::Result<SigningKey> {
    let auth = &config.auth;
    match (&auth.jwt_private_key, &auth.jwt_public_key, &auth.jwt_secret) {
        (Some(private_pem), Some(public_pem), _) => {
            Ok(SigningKey::from_pem(private_pem.expose().to_owned(), public_pem.clone())?)
        }
        (_, _, Some(secret)) => Ok(SigningKey::Secret(secret.expose().to_owned())),
        _ => kept(store, &config.data.dir.join(FILE)).await.map(SigningKey::Secret),
    }
}

/// A key for a process that serves no clients: nobody ever sees what it signs.
pub fn of_nobody() -> SigningKey {
    SigningKey::Secret(Secrets::system().hex(BYTES))
}

async fn kept(store: &Store, file: &Path) -> anyhow::Result<String> {
    let in_file = match fs::read_to_string(file) {
        Ok(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read the key in `{}`", file.display()));
        }
    };
    let fresh = Secret::from(in_file.clone().unwrap_or_else(|| Secrets::system().hex(BYTES)));
    let kept = store.write(move |tx| signing_key::find_or_keep(tx, &fresh)).await?;
    match in_file {
        Some(text) if text == kept.expose() => {
            tracing::info!(file = %file.display(), "The signing key is in the database now; its file is removed");
            fs::remove_file(file)
                .with_context(|| format!("cannot remove the key in `{}`", file.display()))?;
        }
        Some(_) => {
            tracing::warn!(file = %file.display(), "The key in this file is not used, since the database has another one; remove it");
        }
        None => {}
    }
    Ok(kept.expose().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use meeshy_testkit::Database;

    #[tokio::test]
    async fn gateways_that_start_at_the_same_moment_get_the_same_key() {
        for (kind, database) in Database::both() {
            let (store, folder) = (database.open().await.unwrap(), tempfile::tempdir().unwrap());
            let file = folder.path().join(FILE);
            let (one, two, three) =
                tokio::join!(kept(&store, &file), kept(&store, &file), kept(&store, &file));
            let keys = [one.unwrap(), two.unwrap(), three.unwrap()];
            assert_eq!(keys[0].len(), 2 * BYTES, "{kind}");
            assert!(keys.iter().all(|key| *key == keys[0]), "{kind}");
            assert!(!file.exists(), "{kind}");
        }
    }

    #[tokio::test]
    async fn a_key_in_the_data_folder_moves_to_the_database_unless_that_has_one() {
        for (kind, database) in Database::both() {
            let (store, folder) = (database.open().await.unwrap(), tempfile::tempdir().unwrap());
            let file = folder.path().join(FILE);
            let old = "a key of an earlier version, made once";
            fs::write(&file, format!("{old}\n")).unwrap();
            assert_eq!(kept(&store, &file).await.unwrap(), old, "{kind}");
            assert!(!file.exists(), "{kind}: it is in one place");
            assert_eq!(kept(&store, &file).await.unwrap(), old, "{kind}");

            fs::write(&file, "that of another data folder, which is too late").unwrap();
            assert_eq!(kept(&store, &file).await.unwrap(), old, "{kind}");
            assert!(file.exists(), "{kind}: it is nowhere else");
        }
    }
}
