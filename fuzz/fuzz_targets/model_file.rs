//! An invalid file of an installed model whose manifest is valid: there is a result, and the process stays
//! within its memory.
//!
//! The first byte of the input selects the file: `m`odel, `v`ocabulary, `s`hortlist or mani`f`est. Of the
//! rest, every three bytes are a position and the byte to put there; after a capital letter the rest is the
//! whole file.

#![no_main]

#[allow(dead_code, reason = "benchmarks use the rest of it")]
#[path = "../../crates/testkit/src/firefox.rs"]
mod synthetic;

use libfuzzer_sys::fuzz_target;
use meeshy_domain::Language;
use meeshy_translation::{Outcome, TranslationConfig, Translator};
use std::path::Path;
use std::sync::LazyLock;
use synthetic::Synthetic;
use tempfile::TempDir;

static MODELS: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
static SOUND: LazyLock<Synthetic> = LazyLock::new(|| synthetic::saying("hola"));

// The engine panics on unexpected files, and its caller catches that; a fuzzer would stop at once. A panic
// that nobody catches still ends the run.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |input: &[u8]| {
    let Some((&which, bytes)) = input.split_first() else { return };
    install(MODELS.path(), which, bytes);
    let config = TranslationConfig {
        models_dir: MODELS.path().to_owned(),
        apertium_modes_dir: "/nonexistent".into(),
        threads: 1,
        ..TranslationConfig::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let outcome = runtime.block_on(async {
        let translator = Translator::new(&config, None).expect("a folder that can be read");
        let language = |code| Language::parse(code).expect("a known language");
        let texts = ["hi there".to_owned()];
        let outcome = translator.translate(language("en"), language("es"), &texts).await.remove(0);
        translator.shutdown().await;
        outcome
    });
    match outcome {
        Ok(Outcome::Done { text, .. }) => assert!(!text.trim().is_empty()),
        Ok(Outcome::Identical { .. } | Outcome::Unavailable { .. }) => {}
        Err(failure) => panic!("the thread of the model ended: {failure}"),
    }
});

fn install(models: &Path, which: u8, bytes: &[u8]) {
    let file = |letter: u8, sound: &[u8]| match which {
        _ if which == letter => changed(sound, bytes),
        _ if which == letter.to_ascii_uppercase() => bytes.to_vec(),
        _ => sound.to_vec(),
    };
    let model = Synthetic {
        model: file(b'm', &SOUND.model),
        vocabulary: file(b'v', &SOUND.vocabulary),
        shortlist: file(b's', &SOUND.shortlist),
    };
    synthetic::install(models, "en-es", &model);
    let manifest = models.join("en-es/manifest.json");
    let sound = std::fs::read(&manifest).expect("a manifest");
    std::fs::write(&manifest, file(b'f', &sound)).expect("a manifest");
}

fn changed(sound: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut file = sound.to_vec();
    for change in changes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % file.len();
        file[at] = change[2];
    }
    file
}
