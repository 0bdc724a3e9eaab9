//! Several gateways on one PostgreSQL, and the users connected to each.

use meeshy_chat::GatewayError;
use meeshy_domain::UserId;
use meeshy_harness::World;
use meeshy_store::gateways;
use meeshy_testkit::{Database, OnDatabase, eventually};
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A running gateway; its tasks end when it is killed or stopped.
struct Running {
    world: World,
    stop: Option<oneshot::Sender<()>>,
    gateway: JoinHandle<Result<(), GatewayError>>,
    cluster: JoinHandle<()>,
}

impl Running {
    async fn on(database: &Arc<Database>, seed: u64) -> Self {
        let world = World::seeded(Arc::clone(database), seed).await;
        world.chat.gateways().join().await.unwrap();
        let (stop, stopping) = oneshot::channel();
        let (one, two) = (world.chat.clone(), world.chat.clone());
        let gateway = tokio::spawn(async move { one.gateways().run(async { drop(stopping.await) }).await });
        let cluster = tokio::spawn(async move { two.cluster().run(std::future::pending()).await });
        Self { world, stop: Some(stop), gateway, cluster }
    }

    async fn sees(&self, user: UserId, is_online: bool) {
        let what = format!("{user} is online: {is_online}");
        eventually(&what, async || self.world.chat.presence().is_online(user) == is_online).await;
    }

    /// Ends it without cleanup, like SIGKILL.
    fn kill(&self) {
        self.gateway.abort();
        self.cluster.abort();
    }
}

async fn two_gateways() -> [Running; 2] {
    let database = Arc::new(Database::postgres());
    [Running::on(&database, 1).await, Running::on(&database, 500_000).await]
}

#[tokio::test]
async fn a_user_of_one_gateway_is_online_at_the_other() {
    let [one, two] = two_gateways().await;
    let lea = one.world.person("lea", "fr").await;
    one.world.chat.presence().connect(lea);
    two.sees(lea, true).await;
    assert_eq!(two.world.chat.presence().changed_elsewhere().await, [lea], "to be announced there");
    two.world.chat.presence().connect(lea);
    one.world.chat.presence().disconnect(lea);
    // Until the first has written it, and then because of the second.
    one.sees(lea, true).await;
    two.world.chat.presence().disconnect(lea);
    one.sees(lea, false).await;
    two.sees(lea, false).await;
}

#[tokio::test]
async fn a_burst_of_connections_is_known_to_all() {
    let [one, two] = two_gateways().await;
    let crowd: Vec<UserId> = (0..1_000).map(|number| format!("{number:024x}").parse().unwrap()).collect();
    for user in &crowd {
        one.world.chat.presence().connect(*user);
    }
    for user in &crowd {
        two.sees(*user, true).await;
    }
    let late = Running::on(&two.world.database, 900_000).await;
    assert_eq!(late.world.chat.presence().online_count(), crowd.len(), "it reads all of them when it starts");
    for user in &crowd[1..] {
        one.world.chat.presence().disconnect(*user);
    }
    for user in &crowd[1..] {
        late.sees(*user, false).await;
    }
    assert_eq!(late.world.chat.presence().online_count(), 1);
}

#[tokio::test]
async fn users_of_a_killed_gateway_are_offline_after_its_timeout() {
    let [one, two] = two_gateways().await;
    let lea = one.world.person("lea", "fr").await;
    one.world.chat.presence().connect(lea);
    two.sees(lea, true).await;
    one.kill();
    two.world.hand.advance(gateways::GATEWAY_TIMEOUT);
    two.sees(lea, false).await;
}

#[tokio::test]
async fn users_of_a_stopped_gateway_are_offline_at_once() {
    let [mut one, two] = two_gateways().await;
    let lea = one.world.person("lea", "fr").await;
    one.world.chat.presence().connect(lea);
    two.sees(lea, true).await;
    drop(one.stop.take());
    (&mut one.gateway).await.unwrap().unwrap();
    two.sees(lea, false).await;
}

#[tokio::test]
async fn a_gateway_removed_as_dead_joins_again_with_its_users() {
    let [one, two] = two_gateways().await;
    let lea = one.world.person("lea", "fr").await;
    one.world.chat.presence().connect(lea);
    two.sees(lea, true).await;
    let dead = one.world.chat.process().to_owned();
    two.world.store.write(move |tx| gateways::remove(tx, &dead)).await.unwrap();
    // It was either away for a heartbeat, or back before the other one checked.
    let (known, process) = (two.world.store.clone(), one.world.chat.process().to_owned());
    eventually("it joins again", async || {
        let asked = process.clone();
        let connected = known.read(move |tx| gateways::connected(tx, &asked)).await.unwrap();
        connected.is_some_and(|(_, users)| users == [lea])
    })
    .await;
    two.sees(lea, true).await;
}

#[tokio::test]
async fn a_gateway_with_another_key_is_rejected_while_one_is_alive() {
    let database = Arc::new(Database::postgres());
    let one = Running::on(&database, 1).await;
    let two = World::with_secret(Arc::clone(&database), "another secret of thirty-two bytes!").await;
    let refused = two.chat.gateways().join().await.unwrap_err();
    assert!(matches!(refused, GatewayError::AnotherKey), "{refused}");
    assert!(refused.to_string().contains("signs tokens with another key"), "{refused}");
    one.kill();
    two.hand.advance(gateways::GATEWAY_TIMEOUT);
    assert!(two.chat.gateways().join().await.unwrap(), "now it is the only one");
}

#[tokio::test]
async fn on_sqlite_nothing_is_written() {
    let world = World::on(Database::sqlite()).await;
    assert!(world.chat.gateways().join().await.unwrap(), "there is no other gateway");
    let lea = world.person("lea", "fr").await;
    world.chat.presence().connect(lea);
    assert!(world.chat.presence().is_online(lea));
    world.chat.gateways().run(async {}).await.unwrap();
    let rows = |tx: &mut meeshy_store::Tx<'_>| tx.fetch_one::<i64>("SELECT count(*) AS n FROM gateways", &[]);
    assert_eq!(world.store.read(rows).await.unwrap(), 0);
}
