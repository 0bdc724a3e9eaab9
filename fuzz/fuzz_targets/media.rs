//! Any uploaded file: it is rejected, or has a result; a copy without metadata has the size of the picture.

#![no_main]

use libfuzzer_sys::fuzz_target;
use meeshy_media::{PictureLimits, RecordingLimits, picture, recording, sniff, strip_metadata};
use std::path::PathBuf;
use std::sync::LazyLock;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
static FILE: LazyLock<PathBuf> = LazyLock::new(|| FOLDER.path().join("file"));
static COPY: LazyLock<PathBuf> = LazyLock::new(|| FOLDER.path().join("copy"));

// Decoders panic on unexpected files, and their caller catches that; a fuzzer would stop at once. A panic
// that nobody catches still ends the run.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |bytes: &[u8]| {
    std::fs::write(&*FILE, bytes).expect("a file");
    assert!(!sniff(bytes, None, "file").as_str().is_empty());
    // The sanitizer makes decoders slow, and large pictures are not different.
    let limits = PictureLimits { max_pixels: 4_000_000, ..PictureLimits::default() };
    let found = picture(&FILE, &limits);
    if let (Ok(found), Ok(stripped)) = (&found, strip_metadata(&FILE, &COPY, &limits)) {
        assert!(stripped.bytes <= bytes.len() as u64 + 64);
        let copied = picture(&COPY, &limits).expect("a copy of what can be read");
        assert_eq!((copied.width, copied.height), (found.width, found.height));
    }
    recording(&FILE, &RecordingLimits::default()).expect("a file");
});
