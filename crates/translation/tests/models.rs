//! Downloading models from an index served by the tests.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use meeshy_translation::models::{KeptIndex, ModelError, ModelStore};
use meeshy_translation::{Outcome, Pair, TranslationConfig, Translator};
use std::sync::Mutex;
use support::mirror::{Mirror, pack};
use support::synthetic::saying;
use support::{language, translate_one};
use tempfile::TempDir;

struct Site {
    models: TempDir,
    store: ModelStore,
    config: TranslationConfig,
}

async fn site(mirror: &Mirror) -> Site {
    let models = tempfile::tempdir().unwrap();
    let config = TranslationConfig {
        models_dir: models.path().join("models"),
        index_urls: vec![mirror.start().await.into()],
        apertium_modes_dir: "/nonexistent".into(),
        ..TranslationConfig::default()
    };
    Site { models, store: ModelStore::new(&config), config }
}

fn pair() -> Pair {
    Pair { from: language("en"), to: language("es") }
}

impl Site {
    async fn pull(&self) -> Result<meeshy_translation::models::Installed, ModelError> {
        let index = self.store.index().await?;
        self.store.pull(index.get(pair()).unwrap(), &|_, _| {}).await
    }
}

#[tokio::test]
async fn a_downloaded_model_is_verified_listed_and_used() {
    for packed in [true, false] {
        let mirror = Mirror::default();
        mirror.serve(&saying("hola"), packed);
        let site = site(&mirror).await;
        let translator = Translator::new(&site.config, None).unwrap();
        assert!(translator.route(language("en"), language("es")).is_none());
        let steps = Mutex::new(Vec::new());
        let index = site.store.index().await.unwrap();
        let progress = |done, all| steps.lock().unwrap().push((done, all));
        let installed = site.store.pull(index.get(pair()).unwrap(), &progress).await.unwrap();
        installed.verify().unwrap();
        assert_eq!(site.store.list().len(), 1);
        let steps = steps.into_inner().unwrap();
        assert!(steps.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{steps:?}");
        assert!(steps.iter().all(|(done, all)| done <= all), "{steps:?}");
        translator.rescan();
        let outcome = translate_one(&translator, "en", "es", "hi").await;
        assert!(matches!(&outcome, Outcome::Done { text, .. } if text.starts_with("hola")), "{outcome:?}");
    }
}

#[tokio::test]
async fn an_interrupted_download_is_resumed() {
    for ignores_ranges in [false, true] {
        let mirror = Mirror { ignores_ranges, ..Mirror::default() };
        mirror.serve(&saying("hola"), true);
        *mirror.interruptions.lock().unwrap() = 2;
        let site = site(&mirror).await;
        site.pull().await.unwrap().verify().unwrap();
        assert!(!mirror.ranges.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn files_downloaded_before_a_failure_are_not_downloaded_again() {
    let mirror = Mirror::default();
    mirror.serve(&saying("hola"), true);
    *mirror.interruptions.lock().unwrap() = 100;
    let site = site(&mirror).await;
    let error = site.pull().await.unwrap_err();
    assert!(matches!(error, ModelError::Unreachable { .. }), "{error}");
    assert!(matches!(site.store.installed(pair()), Err(ModelError::NotInstalled(_))));
    *mirror.interruptions.lock().unwrap() = 0;
    mirror.ranges.lock().unwrap().clear();
    site.pull().await.unwrap().verify().unwrap();
    assert_eq!(mirror.ranges.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_with_another_checksum_never_becomes_a_model() {
    let mirror = Mirror::default();
    mirror.serve(&saying("hola"), true);
    let site = site(&mirror).await;
    site.pull().await.unwrap();
    mirror.serve(&saying("buenas"), true);
    for bad in
        [pack(b"something else"), b"not packed".to_vec(), pack(&vec![0; 1 << 20]), pack(b"x")[..12].to_vec()]
    {
        mirror.files.lock().unwrap().insert("model.bin.gz".to_owned(), bad);
        let error = site.pull().await.unwrap_err();
        assert!(matches!(&error, ModelError::Unlike { name, .. } if name == "model.bin"), "{error}");
    }
    // What was installed before still is.
    site.store.installed(pair()).unwrap().verify().unwrap();
    let text = translate_one(&Translator::new(&site.config, None).unwrap(), "en", "es", "hi").await;
    assert!(matches!(&text, Outcome::Done { text, .. } if text.starts_with("hola")), "{text:?}");
}

#[tokio::test]
async fn a_newer_model_replaces_an_older_one() {
    let mirror = Mirror::default();
    mirror.serve(&saying("hola"), true);
    let site = site(&mirror).await;
    let old = site.pull().await.unwrap();
    mirror.serve(&saying("buenas"), true);
    let new = site.pull().await.unwrap();
    assert_ne!(old.version(), new.version());
    new.verify().unwrap();
    // The previous one stays, to switch back to; older ones are removed.
    let versions = || site.store.versions(pair()).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(versions().len(), 2);
    assert_eq!(site.store.activate(pair(), &old.version()).unwrap(), old);
    assert_eq!(site.store.installed(pair()).unwrap(), old);
    mirror.serve(&saying("saludos"), true);
    let newest = site.pull().await.unwrap();
    let mut expected = [old.version(), newest.version()];
    expected.sort();
    assert_eq!(versions(), expected);
    let left = std::fs::read_dir(site.models.path().join("models/.partial")).unwrap().count();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn errors_contain_advice() {
    let mirror = Mirror::default();
    let empty = site(&mirror).await;
    let missing = empty.store.index().await.unwrap_err().to_string();
    assert!(
        missing.contains("404") && missing.contains("set `translation.index_url` to a mirror"),
        "{missing}"
    );
    mirror.files.lock().unwrap().insert("models.json".to_owned(), b"<html>".to_vec());
    let error = empty.store.index().await.unwrap_err();
    assert!(matches!(error, ModelError::NoIndex { .. }), "{error}");
    let closed =
        TranslationConfig { index_urls: vec!["http://127.0.0.1:9/models.json".into()], ..empty.config };
    let error = ModelStore::new(&closed).index().await.unwrap_err().to_string();
    assert!(error.contains("refused") && error.contains("http://127.0.0.1:9/models.json"), "{error}");
}

#[tokio::test]
async fn a_failing_mirror_is_skipped() {
    let (gone, good) = (Mirror::default(), Mirror::default());
    gone.serve(&saying("hola"), true);
    good.serve(&saying("hola"), false);
    let mut site = site(&gone).await;
    site.config.index_urls.insert(0, "http://127.0.0.1:9/models.json".into());
    site.config.index_urls.push(good.start().await.into());
    site.store = ModelStore::new(&site.config);
    // The first has no index, the second has an index but no files.
    gone.files.lock().unwrap().retain(|name, _| name == "models.json");
    let installed = site.pull().await.unwrap();
    installed.verify().unwrap();
    assert_eq!(installed.manifest.source, site.config.index_urls[2].expose());
    // Another model is not acceptable.
    good.serve(&saying("buenas"), false);
    let error = site.pull().await.unwrap_err();
    assert!(matches!(error, ModelError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn models_can_be_imported_from_a_folder() {
    let mirror = Mirror::default();
    mirror.serve(&saying("hola"), true);
    let first = site(&mirror).await;
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in mirror.files.lock().unwrap().iter() {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    // A copied mirror.
    let imported = first.store.import(folder.path(), &[]).unwrap();
    assert_eq!(imported, [first.store.installed(pair()).unwrap()]);
    assert_eq!(imported[0].manifest.licence, "MPL-2.0");
    // Another Meeshy's models.
    let second = site(&Mirror::default()).await;
    let theirs = second.store.import(&first.config.models_dir, &[pair()]).unwrap();
    assert_eq!(theirs[0].version(), imported[0].version());
    let text = translate_one(&Translator::new(&second.config, None).unwrap(), "en", "es", "hi").await;
    assert!(matches!(&text, Outcome::Done { text, .. } if text.starts_with("hola")), "{text:?}");
    // Nothing, a missing pair, a missing or damaged file.
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(second.store.import(empty.path(), &[]), Err(ModelError::NothingToImport(_))));
    let other = Pair { from: language("fr"), to: language("en") };
    assert!(matches!(second.store.import(folder.path(), &[other]), Err(ModelError::NotInIndex(_))));
    std::fs::write(folder.path().join("vocab.spm.gz"), b"something else").unwrap();
    assert!(matches!(second.store.import(folder.path(), &[]), Err(ModelError::Unlike { .. })));
    std::fs::remove_file(folder.path().join("vocab.spm.gz")).unwrap();
    let error = second.store.import(folder.path(), &[]).unwrap_err().to_string();
    assert!(error.contains("vocab.spm.gz"), "{error}");
    second.store.installed(pair()).unwrap().verify().unwrap();
}

#[tokio::test]
async fn models_are_removed_by_version_or_as_a_whole() {
    let mirror = Mirror::default();
    mirror.serve(&saying("hola"), true);
    let site = site(&mirror).await;
    let old = site.pull().await.unwrap();
    mirror.serve(&saying("buenas"), true);
    let new = site.pull().await.unwrap();
    let error = site.store.remove(pair(), Some("nothing")).unwrap_err();
    assert!(matches!(error, ModelError::NoSuchVersion { .. }), "{error}");
    site.store.remove(pair(), Some(&new.version())).unwrap();
    assert_eq!(site.store.installed(pair()).unwrap(), old);
    site.store.remove(pair(), None).unwrap();
    assert!(matches!(site.store.installed(pair()), Err(ModelError::NotInstalled(_))));
    assert!(matches!(site.store.remove(pair(), None), Err(ModelError::NotInstalled(_))));
}

#[test]
fn one_of_several_versions_must_be_selected() {
    let models = tempfile::tempdir().unwrap();
    let one = support::synthetic::install(models.path(), "en-es", &saying("hola"));
    support::synthetic::install(models.path(), "en-es", &saying("buenas"));
    let config = TranslationConfig { models_dir: models.path().to_owned(), ..TranslationConfig::default() };
    let store = ModelStore::new(&config);
    for active in ["", "../..", "nothing"] {
        std::fs::write(models.path().join("en-es/active"), active).unwrap();
        assert!(store.installed(pair()).is_err(), "{active}");
    }
    std::fs::remove_file(models.path().join("en-es/active")).unwrap();
    let error = store.installed(pair()).unwrap_err().to_string();
    let version = one.file_name().unwrap().to_str().unwrap();
    assert!(error.contains("meeshy models use en-es") && error.contains(version), "{error}");
    store.activate(pair(), version).unwrap();
    assert_eq!(store.installed(pair()).unwrap().folder, one);
}

#[tokio::test]
async fn the_index_is_refreshed_and_kept_while_unavailable() {
    let mirror = Mirror::default();
    mirror.serve(&saying("hola"), false);
    *mirror.etag.lock().unwrap() = "\"one\"".to_owned();
    let url = mirror.start().await;
    let config = TranslationConfig { index_urls: vec![url.into()], ..TranslationConfig::default() };
    let mut kept = KeptIndex::new(ModelStore::new(&config));
    assert!(kept.index().is_none() && kept.due() <= tokio::time::Instant::now());
    assert!(kept.refresh().await.unwrap(), "the first one counts as a change");
    assert!(!kept.refresh().await.unwrap() && *mirror.unchanged.lock().unwrap() == 1);
    let next = kept.due() - tokio::time::Instant::now();

    // The server disappears, and comes back with another index.
    let index = mirror.files.lock().unwrap().remove("models.json").unwrap();
    assert!(matches!(kept.refresh().await, Err(ModelError::Unreachable { .. })));
    assert_eq!(kept.index().unwrap().models.len(), 1, "the known index stays");
    let (first, soon) = (kept.due(), kept.due() - tokio::time::Instant::now());
    assert!(soon < next, "a failure is retried earlier");
    kept.refresh().await.unwrap_err();
    assert!(
        kept.due() - tokio::time::Instant::now() > soon && kept.due() > first,
        "and then less frequently"
    );
    let other = String::from_utf8(index).unwrap().replace("en-es", "en-fr");
    mirror.files.lock().unwrap().insert("models.json".to_owned(), other.into_bytes());
    *mirror.etag.lock().unwrap() = "\"two\"".to_owned();
    assert!(kept.refresh().await.unwrap());
    assert_eq!(kept.index().unwrap().models[0].pair.to_string(), "en-fr");
}
