//! Any model index: nothing panics, and no entry points outside the model folder.

#![no_main]

use libfuzzer_sys::fuzz_target;
use meeshy_translation::models::Index;

const ADDRESS: &str = "https://mirror.example/db/models.json";

fuzz_target!(|text: &[u8]| {
    let Ok(index) = Index::parse(text, ADDRESS) else { return };
    assert!(index.models.windows(2).all(|two| two[0].pair < two[1].pair), "a pair is there twice");
    for model in &index.models {
        assert_eq!(index.get(model.pair), Some(model));
        assert_eq!(index.over_english(model.pair), Some(vec![model]));
        assert!(model.size() <= 5 << 30, "{}", model.size());
        for file in model.files.values() {
            assert!(!file.name.starts_with('.') && !file.name.contains(['/', '\\', '\0']), "{:?}", file.name);
            assert!(file.sha256.len() == 64 && file.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
    }
});
