//! What a message costs on a database that is a network away.

use crate::support::World;
use meeshy_chat::NewMessage;
use meeshy_store::Location;
use meeshy_testkit::{Cluster, Database, Proxy};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_takes_five_round_trips() {
    let cluster = tokio::task::block_in_place(Cluster::start);
    let proxy = Proxy::to(cluster.port());
    let url = format!("postgres://meeshy@127.0.0.1:{}/postgres", proxy.port());
    let world = World::on(Arc::new(Database::at(Location::Postgres { url, connections: 1 }))).await;
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let mut trips = Vec::new();
    for number in 0..3 {
        let new = NewMessage {
            conversation: talk.conversation.id.to_string(),
            content: "¿Qué tal?".into(),
            original_language: Some("es".into()),
            client_message_id: Some(number.to_string()),
            ..NewMessage::default()
        };
        let before = proxy.round_trips();
        world.chat.send(carlos, new).await.unwrap();
        trips.push(proxy.round_trips() - before);
    }
    // Statements are prepared the first time.
    assert_eq!(trips[1..], [5, 5]);
}
