//! Devices for push notifications, notifications and referral links of users, on both databases.

use meeshy_chat::model::NotificationFilter;
use meeshy_chat::{ChatError, Event, NewPushDevice, NotificationNews};
use meeshy_domain::{PushPlatform, PushService, Timestamp, UserId};
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::both_databases;
use std::time::Duration;

fn phone(token: &str, device_id: Option<&str>) -> NewPushDevice {
    NewPushDevice {
        token: token.into(),
        service: PushService::Fcm,
        platform: PushPlatform::Android,
        device_id: device_id.map(str::to_owned),
        device_name: Some("Pixel".into()),
        app_version: None,
        bundle_id: None,
    }
}

/// The ids that clients gave the devices of a user, the latest first.
async fn devices(world: &World, who: UserId) -> Vec<Option<String>> {
    let found = world.chat.push_devices().list(who).await.unwrap();
    found.into_iter().map(|device| device.device_id).collect()
}

#[both_databases]
async fn a_device_moves_to_whoever_registers_it(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let push = world.chat.push_devices();
    let (first, is_new) = push.register(lea, None, phone("token-0001", Some("one"))).await.unwrap();
    assert!(is_new);
    let (again, is_new) = push.register(lea, None, phone("token-0001", Some("one"))).await.unwrap();
    assert_eq!((again.id, is_new), (first.id, false));
    // The same device with a new token, and another one.
    push.register(lea, None, phone("token-0002", Some("one"))).await.unwrap();
    world.hand.advance(Duration::from_secs(1));
    push.register(lea, None, phone("token-0003", Some("two"))).await.unwrap();
    assert_eq!(devices(&world, lea).await, [Some("two".into()), Some("one".into())]);
    push.register(carlos, None, phone("token-0003", None)).await.unwrap();
    assert_eq!(
        (devices(&world, lea).await, devices(&world, carlos).await),
        (vec![Some("one".into())], vec![None])
    );
    // Nobody removes what belongs to others.
    assert_eq!(push.unregister(lea, Some("token-0003".into()), None).await.unwrap(), 0);
    let missing = push.remove(carlos, "one").await;
    assert!(matches!(missing, Err(ChatError::NotFound { what: "device" })), "{missing:?}");
    assert_eq!(push.unregister(carlos, Some("token-0003".into()), Some("a\0b")).await.unwrap(), 1);
    push.remove(lea, "one").await.unwrap();
    assert!(devices(&world, lea).await.is_empty());
}

#[both_databases]
async fn devices_have_bounds(world: World) {
    let lea = world.person("lea", "fr").await;
    let push = world.chat.push_devices();
    for number in 0..25 {
        world.hand.advance(Duration::from_secs(1));
        push.register(lea, None, phone(&format!("token-{number:04}"), Some(&number.to_string())))
            .await
            .unwrap();
    }
    let kept: Vec<_> = (5..25).rev().map(|number: i32| Some(number.to_string())).collect();
    assert_eq!(devices(&world, lea).await, kept);
    let long = "x".repeat(501);
    for token in ["", "short", "with a space", "nul-\0-nul-nul", "accentué-é", &long] {
        let refused = push.register(lea, None, phone(token, None)).await;
        assert!(matches!(&refused, Err(ChatError::Invalid { field, .. }) if field == "token"), "{token:?}");
    }
    let refused = push.register(lea, None, phone("token-0001", Some(&"x".repeat(201)))).await;
    assert!(matches!(&refused, Err(ChatError::Invalid { field, .. }) if field == "deviceId"), "{refused:?}");
    let refused = push.unregister(lea, None, None).await;
    assert!(matches!(refused, Err(ChatError::Invalid { .. })), "{refused:?}");
}

#[both_databases]
async fn notifications_are_read_by_their_owner(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let now = world.chat.now().millis();
    let write = move |tx: &mut Tx<'_>| {
        for (number, who, expires) in
            [(1, lea, now + 1), (2, lea, now), (3, carlos, now + 1), (4, lea, now + 9)]
        {
            tx.execute(
                "INSERT INTO notifications (id, user_id, type, title, content, created_at, expires_at) \
                 VALUES ($1, $2, 'system', 'Title', $1, $3, $4)",
                &[number.to_string().into(), who.into(), i64::from(number).into(), expires.into()],
            )?;
        }
        Ok::<_, StoreError>(())
    };
    world.store.write(write).await.unwrap();
    let read = async |limit, offset| {
        let filter = NotificationFilter::default();
        let page = world.chat.notifications().list(lea, filter, limit, offset).await.unwrap();
        let (found, total) = (page.notifications, page.total);
        (found.into_iter().map(|notification| notification.content).collect::<Vec<_>>().join(" "), total)
    };
    assert_eq!(read(20, 0).await, ("4 1".into(), 2));
    assert_eq!(read(1, 1).await, ("1".into(), 2));
}

#[both_databases]
async fn notifications_are_filtered_read_and_removed_on_all_devices(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let write = move |tx: &mut Tx<'_>| {
        for (number, who, kind, priority) in [
            (1, lea, "system", "normal"),
            (2, lea, "user_mentioned", "high"),
            (3, lea, "user_mentioned", "normal"),
            (4, carlos, "system", "normal"),
        ] {
            tx.execute(
                "INSERT INTO notifications (id, user_id, type, title, content, priority, conversation_id, created_at) \
                 VALUES ($1, $2, $3, 'Title', $1, $4, $5, $6)",
                &[
                    number.to_string().into(),
                    who.into(),
                    kind.into(),
                    priority.into(),
                    format!("c{number}").into(),
                    i64::from(number).into(),
                ],
            )?;
        }
        Ok::<_, StoreError>(())
    };
    world.store.write(write).await.unwrap();
    let notifications = world.chat.notifications().clone();
    let any = NotificationFilter::default;
    let text = |text: &str| Some(text.to_owned());
    let at = |millis| Some(Timestamp::from_millis(millis));
    for (filter, expected) in [
        (any(), "3 2 1"),
        (NotificationFilter { kind: text("user_mentioned"), ..any() }, "3 2"),
        (NotificationFilter { priority: text("high"), ..any() }, "2"),
        (NotificationFilter { conversation: text("c1"), ..any() }, "1"),
        (NotificationFilter { since: at(2), ..any() }, "3 2"),
        (NotificationFilter { until: at(2), kind: text("system"), ..any() }, "1"),
        (NotificationFilter { is_read: Some(true), ..any() }, ""),
        (NotificationFilter { kind: text("a\0b"), ..any() }, ""),
    ] {
        let page = notifications.list(lea, filter.clone(), 20, 0).await.unwrap();
        let ids: Vec<_> = page.notifications.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids.join(" "), expected, "{filter:?}");
        assert_eq!(page.total, i64::try_from(ids.len()).unwrap());
    }
    world.happened();
    notifications.mark_read(lea, "2").await.unwrap();
    let told = world.happened();
    assert!(
        matches!(&told[..], [Event::Notifications(change)]
            if change.user == lea && change.news == Some(NotificationNews::Read("2".into()))
                && (change.total, change.unread) == (3, 2)
                && change.by_type == [("system".to_owned(), 1), ("user_mentioned".to_owned(), 2)].into()),
        "{told:?}"
    );
    notifications.remove_read(lea).await.unwrap();
    notifications.remove(lea, "1").await.unwrap();
    assert_eq!(notifications.mark_all_read(lea).await.unwrap(), 1);
    let figures = notifications.counts(lea).await.unwrap();
    assert_eq!((figures.total, figures.unread), (1, 0));
    // Those of others are none of hers.
    for id in ["4", "1", "nothing", "a\0b"] {
        for outcome in [notifications.mark_read(lea, id).await, notifications.remove(lea, id).await] {
            assert!(matches!(outcome, Err(ChatError::NotFound { what: "notification" })), "{outcome:?}");
        }
    }
    assert_eq!(notifications.counts(carlos).await.unwrap().unread, 1);
}

#[both_databases]
async fn a_notification_does_not_show_the_text_of_a_hidden_message(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let message = world.say(carlos, &talk, "hola").await.unwrap().message.message.id;
    let write = move |tx: &mut Tx<'_>| {
        tx.execute(
            "INSERT INTO notifications (id, user_id, type, title, content, message_preview, message_id, created_at) \
             VALUES ('1', $1, 'new_message', 'Carlos', 'hola', 'hola', $2, 1)",
            &[lea.into(), message.into()],
        )
    };
    world.store.write(write).await.unwrap();
    let read = async || {
        let filter = NotificationFilter::default();
        let found = world.chat.notifications().list(lea, filter, 20, 0).await.unwrap().notifications;
        (found[0].content.clone(), found[0].message_preview.clone())
    };
    assert_eq!(read().await, ("hola".to_owned(), Some("hola".to_owned())));
    world.chat.messages().delete(carlos, &message.to_string(), None).await.unwrap();
    assert_eq!(read().await, (String::new(), None));
}

#[both_databases]
async fn the_newest_referral_link_that_works_is_told(world: World) {
    let lea = world.person("lea", "fr").await;
    let now = world.chat.now().millis();
    let token = async || world.chat.profiles().affiliate_token(&lea.to_string()).await.unwrap();
    assert_eq!(token().await, None);
    // The token, whether it is turned on, when it expires, how often it was used of at most 5 times.
    let rows = [
        ("good", true, None, 4),
        ("off", false, None, 0),
        ("old", true, Some(now), 0),
        ("used", true, None, 5),
    ];
    let write = move |tx: &mut Tx<'_>| {
        for (created_at, (token, is_active, expires_at, uses)) in (1_i64..).zip(rows) {
            tx.execute(
                "INSERT INTO affiliate_tokens (id, token, name, created_by, is_active, expires_at, current_uses, max_uses, \
                   created_at, updated_at) VALUES ($1, $1, 'Friends', $2, $3, $4, $5, 5, $6, $6)",
                &[
                    token.into(),
                    lea.into(),
                    is_active.into(),
                    expires_at.into(),
                    i64::from(uses).into(),
                    created_at.into(),
                ],
            )?;
        }
        Ok::<_, StoreError>(())
    };
    world.store.write(write).await.unwrap();
    assert_eq!(token().await.as_deref(), Some("good"));
    for unknown in ["lea", "65a0c0ffee0123456789abcd", "a\0b"] {
        assert_eq!(world.chat.profiles().affiliate_token(unknown).await.unwrap(), None, "{unknown}");
    }
    world.chat.administration().set_active("lea", false).await.unwrap();
    assert_eq!(token().await, None);
}
