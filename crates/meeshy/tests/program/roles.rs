//! A gateway and translators as separate processes, and what survives if any of them is killed.

use crate::kills::kills;
use crate::load::{Editor, Round, Sender, assert_nothing_lost_or_duplicated, wait_for_all_translations};
use crate::server::{Server, free_port, spawn};
use meeshy_store::{StoreError, Tx, translation_jobs};
use meeshy_testkit::{Answer, Database, answer, eventually};
use reqwest::Method;
use serde_json::json;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

/// How many processes are killed; `MEESHY_KILLS` overrides it.
const KILLS: usize = 20;

/// A translator process that is killed when dropped, together with its engines.
pub struct Translator {
    child: Child,
    url: String,
    data: tempfile::TempDir,
}

impl Translator {
    pub fn start(url: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        Self { child: Self::spawn(data.path(), url), url: url.to_owned(), data }
    }

    fn spawn(data: &Path, url: &str) -> Child {
        let variables = [("DATABASE_URL", url), ("MEESHY_ROLE", "translator")];
        spawn(data, free_port(), &variables.map(|(name, value)| (name.into(), value.into())), &[])
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn restart(&mut self) {
        self.child = Self::spawn(self.data.path(), &self.url);
    }

    /// Kills one of its engine processes, if any runs.
    fn kill_an_engine(&self) {
        let parent = self.child.id().to_string();
        let found = Command::new("pgrep").args(["-P", &parent]).output().unwrap().stdout;
        if let Some(engine) = String::from_utf8(found).unwrap().lines().next() {
            Command::new("kill").args(["-9", engine]).status().unwrap();
        }
    }
}

impl Drop for Translator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_translation_arrives_whichever_process_is_killed() {
    let database = Database::postgres();
    let meeshy_store::Location::Postgres { url, .. } = database.location() else { unreachable!() };
    let folder = tempfile::tempdir().unwrap();
    let mut gateway =
        Server::start(folder.path(), &[("DATABASE_URL", url), ("MEESHY_ROLE", "gateway")]).await;
    let mut translators = [Translator::start(url), Translator::start(url)];
    let reader = gateway.sign_up("lea", "fr").await;
    let carlos = gateway.sign_up("carlos", "es").await;
    let conversation: Arc<str> = reader.group(&[&carlos]).await.into();
    let mut editor = Editor::new(carlos.clone());
    let mut sender = Sender::new(carlos, 0);

    let store = database.open().await.unwrap();
    for number in 0..kills(KILLS) {
        let round = Arc::new(Round::default());
        let sending = tokio::spawn({
            let (conversation, round) = (Arc::clone(&conversation), Arc::clone(&round));
            async move {
                tokio::join!(
                    sender.send_during(&round, &conversation),
                    editor.edit_during(&round, &conversation)
                );
                (sender, editor)
            }
        });
        match number % 2 {
            0 => round.sent().await,
            _ => round.edited().await,
        }
        tokio::time::sleep(Duration::from_millis(number as u64 * 37 % 160)).await;
        let victim = &mut translators[usize::from(number % 2 == 0)];
        match number % 3 {
            0 => gateway.kill(),
            1 => victim.kill(),
            _ => victim.kill_an_engine(),
        }
        round.stop();
        (sender, editor) = sending.await.unwrap();
        match number % 3 {
            0 => gateway.restart().await,
            1 => victim.restart(),
            _ => {}
        }
    }
    let history = reader.history(&conversation).await;
    assert_nothing_lost_or_duplicated(&[sender], &history);
    editor.assert_nothing_lost(&history);
    wait_for_all_translations(&reader, &conversation).await;
    eventually("edited messages are translated again", async || {
        store.read(translation_jobs::waiting).await.unwrap() == 0
    })
    .await;
    assert_eq!(store.read(stale).await.unwrap(), 0, "translations of previous texts");
}

/// The number of translations that were not made from the current text of their message.
fn stale(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.fetch_one(
        "SELECT count(*) AS total FROM translations t JOIN messages m ON m.id = t.message_id \
         WHERE t.revision <> m.revision OR (m.content LIKE '%grandes' AND t.content NOT LIKE '%grand%')",
        &[],
    )
}

#[tokio::test]
async fn without_a_translator_messages_are_delivered_and_translations_wait() {
    let database = Database::postgres();
    let meeshy_store::Location::Postgres { url, .. } = database.location() else { unreachable!() };
    let folder = tempfile::tempdir().unwrap();
    let token = "a token of the operator";
    let variables = [("DATABASE_URL", url.as_str()), ("MEESHY_ROLE", "gateway"), ("METRICS_TOKEN", token)];
    let gateway = Server::start(folder.path(), &variables).await;
    let (lea, carlos) = (gateway.sign_up("lea", "fr").await, gateway.sign_up("carlos", "es").await);
    let conversation = lea.group(&[&carlos]).await;
    let message = json!({ "content": "Tengo un gato", "originalLanguage": "es" });
    carlos.create(&format!("/conversations/{conversation}/messages"), message).await;
    let health = || async {
        let asked = gateway.request(Method::GET, "/health").bearer_auth(token);
        answer(asked).await.body["services"]["translation"].clone()
    };
    assert_eq!(health().await, json!({ "status": "down", "translators": 0, "jobsWaiting": 1 }));
    let states = lea.history(&conversation).await[0]["translationStates"].clone();
    assert_eq!(states, json!([{ "targetLanguage": "fr", "state": "pending" }]));

    let text = json!({ "text": "Tengo un gato", "source_language": "es", "target_language": "fr" });
    let Answer { status, body: refused, .. } = carlos.post("/translate-blocking", text.clone()).await;
    assert_eq!((status, &refused["code"]), (422, &json!("TRANSLATION_UNAVAILABLE")));

    let _translator = Translator::start(url);
    wait_for_all_translations(&lea, &conversation).await;
    let healthy = json!({ "status": "up", "translators": 1, "jobsWaiting": 0 });
    eventually("the translator is up", async || health().await == healthy).await;
    let Answer { status, body: answer, .. } = carlos.post("/translate-blocking", text).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["data"]["translated_text"], "J'ai un chat");
}
