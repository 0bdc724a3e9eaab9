//! Engines are loaded when a conversation is opened.

use meeshy_chat::{ConversationView, PagePlace, PageRequest};
use meeshy_domain::{Language, UserId};
use meeshy_harness::World;
use meeshy_testkit::{Database, both_databases, eventually};
use std::sync::Arc;

/// The pairs loaded since the last call.
fn warmed_up(world: &World) -> Vec<String> {
    std::mem::take(&mut *world.engine.warmed_up.lock().unwrap()).iter().map(ToString::to_string).collect()
}

async fn open(world: &World, who: UserId, talk: &ConversationView, request: PageRequest) {
    let request = PageRequest { limit: 10, ..request };
    world.chat.messages().page(who, &talk.conversation.id.to_string(), request, || true).await.unwrap();
}

#[both_databases]
async fn opening_a_conversation_loads_what_its_members_need(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (emma, jiro) = (world.person("emma", "fr").await, world.person("jiro", "ja").await);
    let talk = world.group(lea, &[carlos, emma]).await;
    let french = world.group(lea, &[emma]).await;
    // Nothing serves Japanese.
    let unserved = world.group(jiro, &[lea]).await;
    assert!(warmed_up(&world).is_empty());
    open(&world, lea, &talk, PageRequest::default()).await;
    assert_eq!(warmed_up(&world), ["es-fr", "fr-es"]);
    open(&world, carlos, &talk, PageRequest::default()).await;
    assert_eq!(warmed_up(&world), ["es-fr", "fr-es"]);
    open(&world, lea, &french, PageRequest::default()).await;
    assert!(warmed_up(&world).is_empty(), "all of its members speak the same language");
    open(&world, lea, &unserved, PageRequest::default()).await;
    assert_eq!(warmed_up(&world), ["ja-fr"]);
    // Paging through the history is not opening.
    let said = world.say(lea, &talk, "bonjour").await.unwrap();
    let before = said.message.message.id.to_string();
    open(&world, lea, &talk, PageRequest { place: PagePlace::Before(before), limit: 10 }).await;
    open(&world, lea, &talk, PageRequest { place: PagePlace::Newest { offset: 1 }, limit: 10 }).await;
    assert!(warmed_up(&world).is_empty());
    let stranger = world.person("stranger", "en").await;
    let id = talk.conversation.id.to_string();
    let page = world.chat.messages().page(stranger, &id, PageRequest::default(), || true).await;
    assert!(page.is_err());
    assert!(warmed_up(&world).is_empty(), "whoever is not a member loads nothing");
}

#[tokio::test]
async fn translators_load_what_a_gateway_needs() {
    let database = Arc::new(Database::postgres());
    let gateway = World::seeded(Arc::clone(&database), 1).await;
    let translator = World::seeded(database, 1_000_000).await;
    let all = ["en", "es", "fr", "de", "ja"].map(|code| Language::parse(code).unwrap());
    gateway.engine.unknown.lock().unwrap().extend(all);
    let (lea, carlos) = (gateway.person("lea", "fr").await, gateway.person("carlos", "es").await);
    let talk = gateway.group(lea, &[carlos]).await;
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let until = |mut stopping: tokio::sync::watch::Receiver<bool>| async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    let mut running: Vec<_> = [&gateway.chat, &translator.chat]
        .map(|chat| {
            let (chat, stopping) = (chat.clone(), until(stopping.clone()));
            tokio::spawn(async move { chat.cluster().run(stopping).await })
        })
        .into();
    let (chat, stopping) = (translator.chat.clone(), until(stopping.clone()));
    running.push(tokio::spawn(async move { chat.worker().run(stopping).await }));
    // Once the gateway knows of the translator.
    eventually("the translator loads the pairs", async || {
        open(&gateway, lea, &talk, PageRequest::default()).await;
        let loaded: Vec<String> =
            translator.engine.warmed_up.lock().unwrap().iter().map(ToString::to_string).collect();
        loaded == ["es-fr", "fr-es"]
    })
    .await;
    assert!(warmed_up(&gateway).is_empty());
    stop.send(true).unwrap();
    for task in running {
        task.await.unwrap();
    }
}
