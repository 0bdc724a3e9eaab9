//! Profiles as others see them, on both databases.

use meeshy_chat::{ChatError, NewConversation, Seen};
use meeshy_harness::World;
use meeshy_store::blocks;
use meeshy_testkit::both_databases;
use std::time::Duration;

/// Presence that is hidden.
const NOTHING: Seen = Seen { is_online: false, last_active_at: None };

#[both_databases]
async fn a_profile_is_found_by_id_and_by_name(world: World) {
    let (lea, carlos) = (world.person("Lea", "fr").await, world.person("carlos", "es").await);
    world.chat.presence().connect(lea);
    let profiles = world.chat.profiles();
    for reference in [&lea.to_string(), "Lea", "LEA"] {
        let profile = profiles.find(Some(carlos), reference).await.unwrap();
        assert_eq!((profile.user.id, profile.seen.is_online), (lea, true));
    }
    // Presence is for users.
    assert_eq!(profiles.find(None, "lea").await.unwrap().seen, NOTHING);
    for unknown in ["nobody", "", "65a0c0ffee0123456789abcd", "a\0b"] {
        let missing = profiles.find(Some(carlos), unknown).await;
        assert!(matches!(missing, Err(ChatError::NotFound { what: "user" })), "{unknown:?}");
    }
    world.chat.administration().set_active("lea", false).await.unwrap();
    assert!(!profiles.find(Some(carlos), "lea").await.unwrap().user.is_active);
    world.set(lea, "deleted_at", 1_000).await;
    assert!(profiles.find(Some(carlos), "lea").await.is_err(), "deleted in the old system");
}

#[both_databases]
async fn a_block_hides_presence_in_both_directions(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    for user in [lea, carlos] {
        world.chat.presence().connect(user);
    }
    world.store.write(move |tx| blocks::set(tx, lea, &[carlos])).await.unwrap();
    let profiles = world.chat.profiles();
    for (asker, other) in [(lea, "carlos"), (carlos, "lea")] {
        assert_eq!(profiles.find(Some(asker), other).await.unwrap().seen, NOTHING, "{other}");
        assert!(profiles.figures(asker, other).await.is_err(), "{other}");
        assert!(profiles.page(asker, None, 10).await.unwrap().users.is_empty());
    }
    assert!(profiles.find(Some(lea), "lea").await.unwrap().seen.is_online);
}

#[both_databases]
async fn users_are_listed_page_by_page(world: World) {
    let lea = world.person("lea", "fr").await;
    for name in ["emma", "carlos", "hana"] {
        world.person(name, "en").await;
    }
    world.chat.administration().set_active("hana", false).await.unwrap();
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = world.chat.profiles().page(lea, after, 1).await.unwrap();
        names.extend(page.users.into_iter().map(|user| user.username));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(names, ["emma", "carlos"]);
}

#[both_databases]
async fn figures_count_without_the_room_for_everybody(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let group = world.group(lea, &[carlos]).await;
    let pair = NewConversation {
        kind: "direct".into(),
        participant_ids: vec![carlos.to_string()],
        ..NewConversation::default()
    };
    let pair = world.chat.conversations().create(lea, pair).await.unwrap();
    let room = world.chat.conversations().get(lea, "meeshy").await.unwrap();
    for (who, talk) in [(lea, &group), (lea, &pair), (carlos, &group), (lea, &room), (carlos, &room)] {
        world.say(who, talk, "ok").await.unwrap();
    }
    let of_lea = world.chat.profiles().figures(carlos, "lea").await.unwrap().figures;
    assert_eq!((of_lea.messages_sent, of_lea.messages), (2, 3));
    assert_eq!((of_lea.direct_conversations, of_lea.groups), (1, 1));
}

#[both_databases]
async fn a_picture_is_a_picture(world: World) {
    let lea = world.person("lea", "fr").await;
    let profiles = world.chat.profiles();
    let (png, svg) = ("data:image/png;base64,iVBORw0KGgoAAAA=", "data:image/svg+xml;base64,PHN2Zy8+");
    let url = profiles.set_avatar(lea, Some(png)).await.unwrap().unwrap();
    let id = url.strip_prefix("/api/v1/avatars/").unwrap();
    let stored = profiles.avatar(id).await.unwrap();
    assert_eq!((stored.mime_type.as_str(), stored.content.len()), ("image/png", 11));
    // The whole profile is sent again.
    assert_eq!(profiles.set_avatar(lea, Some(&url)).await.unwrap(), Some(url.clone()));
    let large = format!("data:image/png;base64,iVBORw0KGgo{}", "A".repeat(700_001));
    for refused in [
        svg,
        // Whatever a client calls it.
        "data:image/png;base64,PHN2Zy8+",
        "data:text/html;base64,iVBORw0KGgoAAAA=",
        "data:image/png,iVBORw0KGgoAAAA=",
        "javascript:alert(1)",
        "//evil.example/a.png",
        "/api/v1/avatars/0000",
        &large,
        &format!("https://example.org/{}", "a".repeat(3_000)),
    ] {
        let outcome = profiles.set_avatar(lea, Some(refused)).await;
        assert!(matches!(outcome, Err(ChatError::Invalid { .. })), "{}", &refused[..20.min(refused.len())]);
    }
    // Another one replaces it.
    let elsewhere = "https://example.org/lea.png";
    assert_eq!(profiles.set_avatar(lea, Some(elsewhere)).await.unwrap().as_deref(), Some(elsewhere));
    assert!(profiles.avatar(id).await.is_err());
    assert_eq!(profiles.set_avatar(lea, Some("")).await.unwrap(), None);
    world.hand.advance(Duration::from_secs(1));
    assert_eq!(profiles.find(None, "lea").await.unwrap().user.avatar, None);
}
