//! Preferences: their defaults, changes, and what of the old system they show.

use meeshy_chat::{
    CategoryPatch, ChatError, CommunityPreferencesPatch, ConversationPreferencesPatch, NewCategory,
};
use meeshy_domain::preferences::{
    Application, Audio, Category, Consent, FontSize, Notification, Privacy, Theme, Values,
};
use meeshy_domain::{UserId, limits};
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx, Value};
use meeshy_testkit::both_databases;
use serde_json::json;

fn values(json: serde_json::Value) -> Values {
    let serde_json::Value::Object(values) = json else { panic!("{json} is no object") };
    values
}

async fn get<C: Category>(world: &World, user: UserId) -> C {
    world.chat.preferences().get(user).await.unwrap()
}

async fn execute(world: &World, sql: &'static str, params: Vec<Value>) {
    let write = move |tx: &mut Tx<'_>| tx.execute(sql, &params);
    assert!(world.store.write::<_, StoreError>(write).await.unwrap() > 0, "{sql}");
}

#[both_databases]
async fn preferences_are_replaced_merged_and_reset(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let preferences = world.chat.preferences();
    assert_eq!(get::<Privacy>(&world, lea).await, Privacy::default());
    let hidden = values(json!({ "showLastSeen": false, "hideProfileFromSearch": true, "more": [1] }));
    let saved: Privacy = preferences.replace(lea, hidden).await.unwrap();
    assert!(!saved.show_last_seen && saved.hide_profile_from_search && saved.show_online_status);
    let merged: Privacy = preferences.merge(lea, values(json!({ "showLastSeen": true }))).await.unwrap();
    assert!(merged.show_last_seen && merged.hide_profile_from_search);
    assert_eq!(get::<Privacy>(&world, lea).await, merged);
    let replaced: Privacy = preferences.replace(lea, Values::new()).await.unwrap();
    assert_eq!(replaced, Privacy::default(), "what is missing has its default");

    let invalid = preferences.merge::<Notification>(lea, values(json!({ "dndStartTime": "25:00" }))).await;
    assert!(matches!(invalid, Err(ChatError::Invalid { field, .. }) if field == "dndStartTime"));
    let dark = || values(json!({ "theme": "dark" }));
    preferences.merge::<Application>(lea, dark()).await.unwrap();
    preferences.merge::<Privacy>(lea, values(json!({ "showTypingIndicator": false }))).await.unwrap();
    preferences.reset::<Application>(lea).await.unwrap();
    assert_eq!(get::<Application>(&world, lea).await.theme, Theme::Auto);
    assert!(!get::<Privacy>(&world, lea).await.show_typing_indicator, "another category");
    preferences.merge::<Application>(lea, dark()).await.unwrap();
    preferences.reset_all(lea).await.unwrap();
    let all = preferences.all(lea).await.unwrap();
    assert_eq!((all.read::<Privacy>(), all.read::<Application>()), Default::default());
    assert_eq!(get::<Application>(&world, carlos).await, Application::default());
}

#[both_databases]
async fn a_voice_is_processed_with_consent_only(world: World) {
    let lea = world.person("lea", "fr").await;
    let preferences = world.chat.preferences();
    let on = || values(json!({ "audioTranslationEnabled": true, "ttsEnabled": true }));
    let refused = preferences.merge::<Audio>(lea, on()).await;
    let Err(ChatError::ConsentRequired(missing)) = refused else { panic!("{refused:?}") };
    assert_eq!(missing, [("audioTranslationEnabled", vec![Consent::VoiceData])]);
    assert_eq!(get::<Audio>(&world, lea).await, Audio::default(), "nothing has changed");
    world.set(lea, "voice_data_consent_at", 1).await;
    assert!(preferences.merge::<Audio>(lea, on()).await.unwrap().audio_translation_enabled);
    // What is on may stay on, and going back to the defaults needs nothing.
    world.set(lea, "voice_data_consent_at", Value::Null).await;
    assert!(preferences.merge::<Audio>(lea, on()).await.is_ok());
    preferences.merge::<Audio>(lea, values(json!({ "transcriptionEnabled": false }))).await.unwrap();
    preferences.reset::<Audio>(lea).await.unwrap();
    assert!(get::<Audio>(&world, lea).await.transcription_enabled);
}

#[both_databases]
async fn preferences_of_the_old_system_are_shown(world: World) {
    let lea = world.person("lea", "fr").await;
    let stored = json!({ "theme": "sepia", "fontSize": "large", "consentAt": "2025-01-01" }).to_string();
    execute(
        &world,
        "INSERT INTO user_preferences (id, user_id, application, video, created_at, updated_at) VALUES ($1, $2, $3, 'x', 1, 1)",
        vec!["65a0c0ffee0123456789abcd".into(), lea.into(), stored.into()],
    )
    .await;
    let shown = get::<Application>(&world, lea).await;
    assert_eq!((shown.theme, shown.font_size), (Theme::Auto, FontSize::Large));
    world.chat.preferences().merge::<Application>(lea, values(json!({ "theme": "dark" }))).await.unwrap();
    let all = world.chat.preferences().all(lea).await.unwrap();
    assert!(all.of::<Application>().unwrap().contains("2025-01-01"), "others may need it");

    // Before there were documents.
    world.set(lea, "encryption_preference", "always").await;
    execute(
        &world,
        "INSERT INTO notification_preferences (id, user_id, new_message, dnd_enabled, dnd_start_time, created_at, updated_at) \
         VALUES ($1, $2, FALSE, TRUE, '23:30', 1, 1)",
        vec!["65a0c0ffee0123456789abce".into(), lea.into()],
    )
    .await;
    let shown = serde_json::to_value(get::<Notification>(&world, lea).await).unwrap();
    assert_eq!((&shown["newMessageEnabled"], &shown["dndStartTime"]), (&json!(false), &json!("23:30")));
    assert_eq!((&shown["dndEndTime"], &shown["replyEnabled"]), (&json!("08:00"), &json!(true)));
    let shown = serde_json::to_value(get::<Privacy>(&world, lea).await).unwrap();
    assert_eq!(shown["encryptionPreference"], "always");
}

#[both_databases]
async fn what_users_hid_in_the_old_system_is_hidden_after_an_import(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let found = async || world.chat.profiles().search(lea, "carlos", 9, 0).await.unwrap().1;
    let stored = json!({ "hideProfileFromSearch": true, "showLastSeen": "sometimes" }).to_string();
    execute(
        &world,
        "INSERT INTO user_preferences (id, user_id, privacy, created_at, updated_at) VALUES ($1, $2, $3, 1, 1)",
        vec!["65a0c0ffee0123456789abcd".into(), carlos.into(), stored.into()],
    )
    .await;
    world.store.write(meeshy_store::legacy::derived::all).await.unwrap();
    assert_eq!(found().await, 0);
    execute(&world, "UPDATE user_preferences SET privacy = NULL", vec![]).await;
    world.store.write(meeshy_store::legacy::derived::all).await.unwrap();
    assert_eq!(found().await, 1);
}

#[both_databases]
async fn clients_store_a_bounded_number_of_preferences_of_their_own(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let preferences = world.chat.preferences();
    assert!(matches!(preferences.setting(lea, "font-family").await, Err(ChatError::NotFound { .. })));
    let first = preferences.set(lea, "font-family", "inter").await.unwrap();
    let second = preferences.set(lea, "font-family", "lora").await.unwrap();
    assert_eq!((second.id, second.value.as_str()), (first.id, "lora"));
    assert_eq!(preferences.setting(lea, "font-family").await.unwrap(), second);
    assert!(preferences.setting(carlos, "font-family").await.is_err());
    let long = "x".repeat(limits::SETTING_CHARS + 1);
    for (key, value) in [("", "x"), ("a b", "x"), ("a/b", "x"), (&"k".repeat(65), "x"), ("key", &long)] {
        let refused = preferences.set(lea, key, value).await;
        assert!(matches!(refused, Err(ChatError::Invalid { .. })), "{key}");
    }
    for number in 1..limits::SETTINGS {
        preferences.set(lea, &format!("key-{number}"), "x").await.unwrap();
    }
    assert!(matches!(preferences.set(lea, "another", "x").await, Err(ChatError::Invalid { .. })));
    preferences.set(lea, "key-1", "y").await.unwrap();
}

#[both_databases]
async fn conversations_are_sorted_into_categories(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let categories = world.chat.categories();
    let new = |name: &str| NewCategory { name: name.into(), ..NewCategory::default() };
    let work = categories.add(lea, new("Work")).await.unwrap();
    let color = Some("#3388ff".to_owned());
    let family = categories.add(lea, NewCategory { color, ..new(" Family ") }).await.unwrap();
    assert_eq!((work.position, family.position, family.name.as_str()), (0, 1, "Family"));
    assert!(matches!(categories.add(lea, new(" ")).await, Err(ChatError::Invalid { .. })));
    let places = vec![(family.id.to_string(), 0), (work.id.to_string(), 1)];
    categories.reorder(lea, places.clone()).await.unwrap();
    let (listed, total) = categories.list(lea, 50, 0).await.unwrap();
    assert_eq!((listed.iter().map(|one| one.id).collect::<Vec<_>>(), total), (vec![family.id, work.id], 2));

    // Those of others do not exist.
    let id = family.id.to_string();
    assert!(matches!(categories.get(carlos, &id).await, Err(ChatError::NotFound { .. })));
    assert!(matches!(categories.reorder(carlos, places).await, Err(ChatError::NotFound { .. })));
    assert!(matches!(categories.remove(carlos, &id).await, Err(ChatError::NotFound { .. })));
    let patch = CategoryPatch { color: Some(None), is_expanded: Some(false), ..CategoryPatch::default() };
    assert!(matches!(categories.change(carlos, &id, patch.clone()).await, Err(ChatError::NotFound { .. })));
    let changed = categories.change(lea, &id, patch).await.unwrap();
    assert_eq!((changed.color, changed.is_expanded, changed.name.as_str()), (None, false, "Family"));
    categories.remove(lea, &id).await.unwrap();
    assert!(matches!(categories.get(lea, &id).await, Err(ChatError::NotFound { .. })));
    assert!(matches!(categories.get(lea, "nothing").await, Err(ChatError::NotFound { .. })));
    for number in 1..limits::CATEGORIES {
        categories.add(lea, new(&format!("Category {number}"))).await.unwrap();
    }
    assert!(matches!(categories.add(lea, new("One more")).await, Err(ChatError::Invalid { .. })));
}

#[both_databases]
async fn a_member_pins_mutes_and_sorts_a_conversation_for_themselves(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let talk = world.group(lea, &[carlos]).await.conversation.id.to_string();
    let conversations = world.chat.conversations();
    let family = NewCategory { name: "Family".into(), ..NewCategory::default() };
    let category = world.chat.categories().add(lea, family).await.unwrap().id.to_string();
    assert_eq!(conversations.preferences(lea, &talk).await.unwrap().1, None);
    let patch = ConversationPreferencesPatch {
        is_pinned: Some(true),
        tags: Some(vec!["trip".into()]),
        category: Some(Some(category.clone())),
        custom_name: Some(Some("  Us ".into())),
        ..Default::default()
    };
    let set = conversations.set_preferences(lea, &talk, patch.clone()).await.unwrap();
    assert_eq!(
        (set.shown.is_pinned, set.shown.custom_name.as_deref(), &*set.tags),
        (true, Some("Us"), r#"["trip"]"#)
    );
    assert_eq!(set.category.as_ref().map(|category| category.name.as_str()), Some("Family"));
    let muted = ConversationPreferencesPatch { is_muted: Some(true), ..Default::default() };
    let set = conversations.set_preferences(lea, &talk, muted.clone()).await.unwrap();
    assert!(set.shown.is_pinned && set.shown.is_muted && set.category.is_some(), "the rest has stayed");

    // The list of conversations shows the same, to nobody else.
    let listed = |who| conversations.list(who, Default::default(), 20, 0);
    let own = listed(lea).await.unwrap().0;
    let own = own.iter().find(|view| view.conversation.id == set.conversation_id).unwrap();
    assert_eq!(own.preferences.as_ref(), Some(&set.shown));
    assert!(listed(carlos).await.unwrap().0.iter().all(|view| view.preferences.is_none()));
    conversations.reorder(lea, vec![(talk.clone(), 7)]).await.unwrap();
    conversations.reorder(emma, vec![(talk.clone(), 7)]).await.unwrap();
    assert_eq!(conversations.list_preferences(emma, 50, 0).await.unwrap().1, 0, "not a member");
    let (page, total) = conversations.list_preferences(lea, 50, 0).await.unwrap();
    assert_eq!((page[0].order_in_category, page.len(), total), (Some(7), 1, 1));
    assert!(matches!(conversations.set_preferences(emma, &talk, muted).await, Err(ChatError::NotAMember)));
    let stolen = conversations.set_preferences(carlos, &talk, patch).await;
    assert!(matches!(stolen, Err(ChatError::Invalid { field, .. }) if field == "categoryId"));

    // Without the category, the conversation is in none.
    world.chat.categories().remove(lea, &category).await.unwrap();
    assert_eq!(conversations.preferences(lea, &talk).await.unwrap().1.unwrap().category, None);
    conversations.clear_preferences(lea, &talk).await.unwrap();
    assert_eq!(conversations.preferences(lea, &talk).await.unwrap().1, None);
    assert!(matches!(conversations.clear_preferences(lea, &talk).await, Err(ChatError::NotFound { .. })));
}

#[both_databases]
async fn messages_that_were_cleared_away_stay_away(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    world.say(carlos, &talk, "hola").await.unwrap();
    world.translate().await;
    let id = talk.conversation.id.to_string();
    let pinned = ConversationPreferencesPatch { is_pinned: Some(true), ..Default::default() };
    world.chat.conversations().set_preferences(lea, &id, pinned).await.unwrap();
    let clear =
        "UPDATE conversation_preferences SET clear_history_before = 9000000000000000 WHERE user_id = $1";
    execute(&world, clear, vec![lea.into()]).await;
    assert!(world.page(lea, &talk).await.messages.is_empty());
    world.chat.conversations().clear_preferences(lea, &id).await.unwrap();
    assert!(world.page(lea, &talk).await.messages.is_empty());
    let left = world.chat.conversations().preferences(lea, &id).await.unwrap().1.unwrap();
    assert!(!left.shown.is_pinned);
}

#[both_databases]
async fn a_member_of_a_community_sets_preferences_for_it(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let community = "65a0c0ffee0123456789abcd";
    let insert = "INSERT INTO communities (id, identifier, name, created_by, created_at, updated_at) VALUES ($1, 'k', 'K', $2, 1, 1)";
    execute(&world, insert, vec![community.into(), lea.into()]).await;
    let join = "INSERT INTO community_members (id, community_id, user_id, joined_at) VALUES ('m', $1, $2, 1)";
    execute(&world, join, vec![community.into(), lea.into()]).await;
    let preferences = world.chat.community_preferences();
    assert_eq!(preferences.get(lea, community).await.unwrap(), None);
    let patch = |level: &str| CommunityPreferencesPatch {
        is_hidden: Some(true),
        notification_level: Some(level.into()),
        ..Default::default()
    };
    let set = preferences.set(lea, community, patch("mentions")).await.unwrap();
    preferences.reorder(lea, vec![(community.into(), 3), ("none".into(), 4)]).await.unwrap();
    let (listed, total) = preferences.list(lea, 50, 0).await.unwrap();
    assert_eq!(
        (listed[0].id, listed[0].order_in_category, listed[0].is_hidden, total),
        (set.id, Some(3), true, 1)
    );
    assert!(matches!(preferences.set(lea, community, patch("some")).await, Err(ChatError::Invalid { .. })));
    assert!(matches!(
        preferences.set(carlos, community, patch("all")).await,
        Err(ChatError::NotFound { .. })
    ));
    assert!(matches!(preferences.get(carlos, community).await, Err(ChatError::NotFound { .. })));
    preferences.clear(lea, community).await.unwrap();
    assert!(matches!(preferences.clear(lea, community).await, Err(ChatError::NotFound { .. })));
}
