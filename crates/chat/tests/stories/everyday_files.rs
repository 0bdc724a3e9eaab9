//! What people do with files, for the story that explains its statements.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use meeshy_chat::model::FileAct;
use meeshy_chat::{NewMessage, NewUpload};
use meeshy_domain::{FileAction, UserId};
use meeshy_harness::World;

/// A PNG of one pixel.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==";

/// Uploads, sends, forwards and deletes files.
pub async fn people_share_files(world: &World, lea: UserId, carlos: UserId, talk: &str) {
    let files = world.chat.files();
    send_in_parts(world, lea).await;
    choose_a_picture(world, lea).await;
    let ids = upload(world, lea, &["one.wav", "two.txt", "three.txt"]).await;
    let new = |files: &[String]| NewMessage {
        conversation: talk.to_owned(),
        files: files.to_vec(),
        ..NewMessage::default()
    };
    let sent = world.chat.messages().send(lea, new(&ids[..2])).await.unwrap();
    assert_eq!(sent.message.attachments.len(), 2);
    world.finish_jobs().await;
    files.describe(carlos, &ids[0]).await.unwrap();
    for &action in FileAction::ALL {
        let act = FileAct {
            action,
            position_ms: Some(1),
            duration_ms: Some(1),
            is_complete: true,
            was_zoomed: false,
        };
        files.record(carlos, &ids[0], act).await.unwrap();
    }
    let forwarded =
        world.chat.messages().forward(carlos, &sent.message.message.id.to_string(), talk).await.unwrap();
    assert_eq!(forwarded.message.attachments.len(), 2);
    for id in &ids {
        files.remove(lea, id).await.unwrap();
    }
    world.chat.messages().delete(carlos, &forwarded.message.message.id.to_string(), None).await.unwrap();
    world.finish_jobs().await;
}

async fn upload(world: &World, user: UserId, names: &[&str]) -> Vec<String> {
    let mut upload = world.chat.uploads().begin(user).await.unwrap();
    for name in names {
        upload.file(Some(name), None).await.unwrap();
        upload.write(b"a text").await.unwrap();
    }
    upload.finish().await.unwrap().iter().map(|file| file.id.to_string()).collect()
}

/// Completes one upload in parts, and cancels another.
async fn send_in_parts(world: &World, user: UserId) {
    let uploads = world.chat.uploads();
    let new = |name: &str| NewUpload { name: Some(name.into()), declared_type: None, size: 6, facts: None };
    for name in ["complete.txt", "cancelled.txt"] {
        let id = uploads.begin_resumable(user, new(name)).await.unwrap().id.to_string();
        let mut part = uploads.resume(user, &id, 0).await.unwrap();
        part.write(b"a ").await.unwrap();
        assert_eq!(part.finish().await.unwrap().received, 2);
        if name == "cancelled.txt" {
            uploads.cancel(user, &id).await.unwrap();
        } else {
            let mut part = uploads.resume(user, &id, 2).await.unwrap();
            part.write(b"text").await.unwrap();
            assert_eq!(part.finish().await.unwrap().expires_at, None);
            assert_eq!(uploads.progress(user, &id).await.unwrap().received, 6);
        }
    }
}

/// Makes an uploaded image the picture of a user, and removes it.
async fn choose_a_picture(world: &World, user: UserId) {
    let mut upload = world.chat.uploads().begin(user).await.unwrap();
    upload.file(Some("picture.png"), None).await.unwrap();
    upload.write(&STANDARD.decode(PIXEL).unwrap()).await.unwrap();
    let picture = upload.finish().await.unwrap().remove(0);
    let profiles = world.chat.profiles();
    assert_eq!(profiles.set_avatar(user, Some(&picture.file_url)).await.unwrap(), Some(picture.file_url));
    profiles.set_avatar(user, None).await.unwrap();
}
