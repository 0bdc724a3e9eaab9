//! The files of a conversation, on both databases.

use meeshy_chat::ChatError;
use meeshy_domain::{FileKind, MessageId, UserId};
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx, attachments};
use meeshy_testkit::both_databases;

/// Attaches a file, as an import does.
async fn attach(world: &World, message: MessageId, name: &'static str, mime_type: &'static str) {
    let number = i64::try_from(name.len()).unwrap();
    let write = move |tx: &mut Tx<'_>| {
        tx.execute(
            "INSERT INTO attachments (id, message_id, file_name, original_name, mime_type, file_size, file_path, file_url, \
               uploaded_by, created_at) VALUES ($1, $2, $3, $3, $4, 1, $3, $5, 'somebody', $6)",
            &[
                format!("65d0000000000000000000{number:02}").into(),
                message.into(),
                name.into(),
                mime_type.into(),
                format!("/api/v1/attachments/file/{name}").into(),
                number.into(),
            ],
        )?;
        attachments::follow_messages(tx)
    };
    world.store.write::<_, StoreError>(write).await.unwrap();
}

async fn mark(world: &World, message: MessageId, change: &'static str) {
    let sql = format!("UPDATE messages SET {change} WHERE id = $1");
    let write = move |tx: &mut Tx<'_>| tx.execute(&sql, &[message.into()]);
    world.store.write::<_, StoreError>(write).await.unwrap();
}

#[both_databases]
async fn members_list_the_files_that_they_may_see(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let (talk, other) = (world.group(lea, &[carlos]).await, world.group(lea, &[carlos]).await);
    let place = talk.conversation.id.to_string();
    // Longer names are of newer files.
    let files = [
        ("a.png", "image/PNG", "is_blurred = TRUE"),
        ("bb.mp3", "audio/mpeg", "is_blurred = FALSE"),
        ("ccc.pdf", "application/pdf", "is_blurred = FALSE"),
        ("dddd.txt", "text/plain", "is_blurred = FALSE"),
        ("eeeee.mp4", "video/mp4", "is_blurred = FALSE"),
        ("ffffff.png", "image/png", "deleted_at = 1"),
        ("ggggggg.png", "image/png", "expires_at = 1"),
        ("hhhhhhhh.png", "image/png", "is_view_once = TRUE"),
        ("iiiiiiiii.png", "image/png", "is_encrypted = TRUE"),
    ];
    let mut first = None;
    for (name, mime_type, change) in files {
        let message = world.say(lea, &talk, name).await.unwrap().message.message.id;
        attach(&world, message, name, mime_type).await;
        mark(&world, message, change).await;
        first = first.or(Some(message));
    }
    let elsewhere = world.say(lea, &other, "ailleurs").await.unwrap().message.message.id;
    attach(&world, elsewhere, "somewhere-else.png", "image/png").await;
    let list = async |who: UserId, kind: Option<FileKind>, page: (i64, i64)| {
        let (files, has_more) = world.chat.files().of_conversation(who, &place, kind, page).await.unwrap();
        let names = files.iter().map(|file| file.original_name.clone()).collect::<Vec<_>>();
        (names.join(" "), has_more)
    };
    let all = "eeeee.mp4 dddd.txt ccc.pdf bb.mp3 a.png";
    for who in [lea, carlos] {
        assert_eq!(list(who, None, (50, 0)).await, (all.into(), false));
    }
    assert_eq!(list(carlos, None, (2, 1)).await, ("dddd.txt ccc.pdf".into(), true));
    for (kind, names) in [
        (FileKind::Image, "a.png"),
        (FileKind::Audio, "bb.mp3"),
        (FileKind::Document, "ccc.pdf"),
        (FileKind::Text, "dddd.txt"),
        (FileKind::Video, "eeeee.mp4"),
    ] {
        assert_eq!(list(carlos, Some(kind), (50, 0)).await, (names.into(), false));
    }
    let (files, _) = world.chat.files().of_conversation(carlos, &place, None, (50, 4)).await.unwrap();
    assert!(files[0].is_blurred, "its message is");
    assert!(files[0].file_url.contains("?sig="), "{}", files[0].file_url);
    // What somebody has deleted for themselves is hidden from them only.
    world.chat.messages().delete_for_me(carlos, &first.unwrap().to_string()).await.unwrap();
    assert_eq!(list(carlos, Some(FileKind::Image), (50, 0)).await.0, "");
    assert_eq!(list(lea, Some(FileKind::Image), (50, 0)).await.0, "a.png");
    let refused = world.chat.files().of_conversation(emma, &place, None, (50, 0)).await;
    assert!(matches!(refused, Err(ChatError::NotAMember)), "{refused:?}");
    world.translate().await;
}
