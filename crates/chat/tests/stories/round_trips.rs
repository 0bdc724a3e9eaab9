//! Round trips to a remote database.

use meeshy_chat::{Authority, ConversationView, ListFilter, NewConversation, NewMessage, PageRequest};
use meeshy_domain::UserId;
use meeshy_harness::World;
use meeshy_store::{Location, StoreError};
use meeshy_testkit::{Cluster, Database, OnDatabase, Proxy};

/// A database on which round trips are counted, and a chat with one connection to it.
struct Far {
    world: World,
    proxy: Proxy,
    _cluster: Cluster,
}

impl Far {
    async fn away() -> Self {
        let cluster = tokio::task::block_in_place(Cluster::start);
        let proxy = Proxy::to(cluster.port());
        let url = format!("postgres://meeshy@127.0.0.1:{}/postgres", proxy.port());
        let world = World::on(Database::at(Location::Postgres { url, connections: 1 })).await;
        Self { world, proxy, _cluster: cluster }
    }

    /// The number of round trips of a call, once its statements are prepared.
    async fn trips(&self, call: impl AsyncFn(&World)) -> usize {
        let mut before = 0;
        for _ in 0..3 {
            before = self.proxy.round_trips();
            call(&self.world).await;
            // The end of a read, which is not awaited, comes before the next transaction.
            self.world.store.read(|_| Ok::<_, StoreError>(())).await.unwrap();
        }
        self.proxy.round_trips() - before
    }
}

fn message(talk: &ConversationView) -> NewMessage {
    NewMessage {
        conversation: talk.conversation.id.to_string(),
        content: "¿Qué tal?".into(),
        original_language: Some("es".into()),
        ..NewMessage::default()
    }
}

async fn pair(world: &World, one: UserId, other: UserId) -> ConversationView {
    let new = NewConversation {
        kind: "direct".into(),
        participant_ids: vec![other.to_string()],
        ..NewConversation::default()
    };
    world.chat.conversations().create(one, new).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_takes_three_round_trips() {
    let far = Far::away().await;
    let signed_in = far.world.sign_up("carlos", "es").await;
    let (carlos, lea) = (signed_in.user.id, far.world.person("lea", "fr").await);
    let caller = far.world.chat.sessions().authenticate(&signed_in.token).await.unwrap();
    for talk in [far.world.group(lea, &[carlos]).await, pair(&far.world, lea, carlos).await] {
        let by_http = async |world: &World| {
            world.chat.messages().send(carlos, message(&talk)).await.unwrap();
        };
        assert_eq!(far.trips(by_http).await, 3, "the membership, the number, the commit");
        let by_socket = async |world: &World| {
            world.chat.messages().send_with(Authority::of(&caller), message(&talk)).await.unwrap();
        };
        assert_eq!(far.trips(by_socket).await, 3, "whether it may go on is asked with the membership");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_takes_few_round_trips() {
    let far = Far::away().await;
    let signed_in = far.world.sign_up("lea", "fr").await;
    let (lea, carlos) = (signed_in.user.id, far.world.person("carlos", "es").await);
    let talk = far.world.group(lea, &[carlos]).await;
    let sent = far.world.say(carlos, &talk, "¿Qué tal?").await.unwrap().message;
    let id = talk.conversation.id.to_string();
    let answer = NewMessage { reply_to_id: Some(sent.message.id.to_string()), ..message(&talk) };
    far.world.chat.messages().send(lea, answer).await.unwrap();

    // The last of each is the end of the transaction, which is not awaited.
    let list = async |world: &World| {
        world.chat.conversations().list(lea, ListFilter::default(), 20, 0).await.unwrap();
    };
    assert_eq!(
        far.trips(list).await,
        4 + 1,
        "the list, what is shown, its newest messages, who wrote what they answer"
    );
    let page = async |world: &World| {
        let request = PageRequest { limit: 20, ..PageRequest::default() };
        world.chat.messages().page(lea, &id, request, || false).await.unwrap();
    };
    assert_eq!(far.trips(page).await, 3 + 1, "who looks, the messages, what is shown with them");
    let one = async |world: &World| {
        world.chat.conversations().get(lea, &id).await.unwrap();
    };
    assert_eq!(far.trips(one).await, 4 + 1);
    let figures = async |world: &World| {
        world.chat.conversations().figures(lea, &id).await.unwrap();
    };
    assert_eq!(far.trips(figures).await, 2 + 1);
    let authenticate = async |world: &World| {
        world.chat.sessions().authenticate(&signed_in.token).await.unwrap();
    };
    assert_eq!(far.trips(authenticate).await, 1 + 1);
    let mark_read = async |world: &World| {
        world.chat.conversations().mark_read(lea, &id).await.unwrap();
    };
    assert_eq!(far.trips(mark_read).await, 3);
}
