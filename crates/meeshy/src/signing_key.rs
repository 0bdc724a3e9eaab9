//! The signing key of a gateway: the configured one, or a generated one that is stored in the database.

use crate::config::Config;
use anyhow::Context;
use meeshy_chat::{Secrets, SigningKey};
use meeshy_domain::Secret;
use meeshy_store::{Store, signing_key};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The file in the data folder where earlier versions stored the generated key.
const FILE: &str = "jwt.secret";
/// The size of a generated key, in bytes.
const BYTES: usize = 32;

/// The key of a gateway. A key from an earlier version is moved from the data folder to the database, so that
/// nobody is signed out.
///
/// # Errors
/// If the configured key is invalid, the file cannot be read, or the database fails.
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
            return Err(error).with_context(|| format!("failed to read the key in `{}`", file.display()));
        }
    };
    let fresh = Secret::from(in_file.clone().unwrap_or_else(|| Secrets::system().hex(BYTES)));
    let kept = store.write(move |tx| signing_key::find_or_keep(tx, &fresh)).await?;
    match in_file {
        Some(text) if text == kept.expose() => {
            tracing::info!(file = %file.display(), "Moved the signing key to the database and removed its file");
            fs::remove_file(file)
                .with_context(|| format!("failed to remove the key in `{}`", file.display()))?;
        }
        Some(_) => {
            tracing::warn!(file = %file.display(), "Ignoring the key in this file because the database has another one; remove the file");
        }
        None => {}
    }
    Ok(kept.expose().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use meeshy_testkit::{Database, both_databases};

    #[both_databases]
    async fn gateways_that_start_at_the_same_moment_get_the_same_key(database: Database) {
        let (store, folder) = (database.open().await.unwrap(), tempfile::tempdir().unwrap());
        let file = folder.path().join(FILE);
        let (one, two, three) = tokio::join!(kept(&store, &file), kept(&store, &file), kept(&store, &file));
        let keys = [one.unwrap(), two.unwrap(), three.unwrap()];
        assert_eq!(keys[0].len(), 2 * BYTES);
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert!(!file.exists());
    }

    #[both_databases]
    async fn a_key_in_the_data_folder_moves_to_the_database_unless_that_has_one(database: Database) {
        let (store, folder) = (database.open().await.unwrap(), tempfile::tempdir().unwrap());
        let file = folder.path().join(FILE);
        let old = "a key of an earlier version, made once";
        fs::write(&file, format!("{old}\n")).unwrap();
        assert_eq!(kept(&store, &file).await.unwrap(), old);
        assert!(!file.exists(), "it is in one place");
        assert_eq!(kept(&store, &file).await.unwrap(), old);

        fs::write(&file, "that of another data folder, which is too late").unwrap();
        assert_eq!(kept(&store, &file).await.unwrap(), old);
        assert!(file.exists(), "it is nowhere else");
    }
}
