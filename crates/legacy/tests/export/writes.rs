//! Activity between an import and an export.

use async_trait::async_trait;
use meeshy_chat::{
    Answer, Chat, Device, HashingCost, Media, NewCall, NewMessage, Registration, Secrets, Settings, SignIn,
    SigningKey, Speed, Translate,
};
use meeshy_domain::{CallType, Reason, ReasonCode, UserId};
use meeshy_testkit::{Database, clock};
use meeshy_translation::Request;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;

/// Counts the secrets of all servers of a test, so that they differ.
static COUNTER: AtomicU64 = AtomicU64::new(1);

/// Translates `text` into `en: text`, but never `?`.
struct Engine;

#[async_trait]
impl Translate for Engine {
    async fn translate(&self, request: &Request, texts: &[String]) -> Vec<Answer> {
        let to = request.pair.to;
        let answer = |text: &String| match text.as_str() {
            "?" => Answer::Unavailable {
                reason: Reason::new(ReasonCode::NoEngine, "nobody knows what it means"),
            },
            text => Answer::Done {
                text: format!("{to}: {text}"),
                engine: "test".into(),
                score: Some(0.5),
                grade: None,
            },
        };
        texts.iter().map(answer).collect()
    }

    fn engine(&self, _: &Request) -> Option<String> {
        Some("test".into())
    }

    fn pairs(&self) -> Vec<Speed> {
        Vec::new()
    }
}

/// A user signs in, another one registers, and they write, read and get translations.
pub fn use_chat(database: &Database, password: &str, conversation: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let chat = open(database).await;
        let alice = sign_in(&chat, "alice", password).await;
        let carol = chat.accounts().register(registration("carol"), Device::default()).await.unwrap();
        assert_ne!(carol.user.id, alice);
        say(&chat, alice, conversation, "guten Abend zusammen").await;
        say(&chat, alice, conversation, "?").await;
        let bob = sign_in(&chat, "bob", password).await;
        chat.conversations().mark_read(bob, conversation).await.unwrap();
        call(&chat, alice, bob, conversation).await;
        translate(&chat).await;
    });
}

/// Whether a user can sign in with a password, and whether an earlier session is still open.
pub fn signs_in(database: &Database, name: &str, password: &str) -> bool {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let chat = open(database).await;
        chat.sign_ins().with_password(name.into(), password.into(), false, Device::default()).await.is_ok()
    })
}

async fn sign_in(chat: &Chat, name: &str, password: &str) -> UserId {
    match chat.sign_ins().with_password(name.into(), password.into(), false, Device::default()).await.unwrap()
    {
        SignIn::Done(signed_in) => signed_in.user.id,
        other => panic!("{other:?}"),
    }
}

pub async fn open(database: &Database) -> Chat {
    let (clock, hand) = clock::manual();
    hand.advance(Duration::from_secs(60));
    let mut settings = Settings::new(SigningKey::Secret("0123456789abcdef0123456789abcdef".into()));
    settings.hashing = HashingCost { memory_kib: 64, passes: 1, at_once: 2 };
    let secrets = Secrets::new(|bytes| {
        for chunk in bytes.chunks_mut(8) {
            let number = COUNTER.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&number.to_be_bytes()[..chunk.len()]);
        }
    });
    Chat::open(database.open().await.unwrap(), Arc::new(Engine), settings, clock, secrets).await.unwrap()
}

fn registration(username: &str) -> Registration {
    Registration {
        username: username.into(),
        password: "correct horse".into(),
        first_name: username.into(),
        last_name: "Test".into(),
        email: format!("{username}@example.org"),
        system_language: Some("en".into()),
        regional_language: None,
        ..Registration::default()
    }
}

async fn say(chat: &Chat, who: UserId, conversation: &str, content: &str) {
    let new = NewMessage {
        conversation: conversation.into(),
        content: content.into(),
        original_language: Some("de".into()),
        client_message_id: Some(format!("client {content}")),
        ..NewMessage::default()
    };
    chat.messages().send(who, new).await.unwrap();
}

/// One calls, the other one answers and leaves first.
async fn call(chat: &Chat, caller: UserId, other: UserId, conversation: &str) {
    let new = NewCall {
        id: chat.calls().new_id(),
        conversation: conversation.into(),
        call_type: CallType::Audio,
        media: Media::default(),
        socket: None,
    };
    let id = chat.calls().start(caller, new).await.unwrap().call.id.to_string();
    chat.calls().join(other, &id, Media::default(), None).await.unwrap();
    for who in [other, caller] {
        chat.calls().leave(who, &id).await.unwrap();
    }
}

async fn translate(chat: &Chat) {
    let (stop, stopping) = oneshot::channel::<()>();
    let worker = chat.clone();
    let worker = tokio::spawn(async move { worker.worker().run(async { drop(stopping.await) }).await });
    for _ in 0..500 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if chat.health().statistics().await.unwrap().translation_jobs_waiting == 0 {
            break;
        }
    }
    drop(stop);
    worker.await.unwrap();
}
