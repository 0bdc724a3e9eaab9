//! A running gateway.
//!
//! With `MEESHY_TEST_GATEWAYS=2`, a server on PostgreSQL consists of two gateways, behind a proxy that
//! distributes requests and sockets at random.

#![expect(clippy::unwrap_used, reason = "only tests use it, and they may panic")]

use crate::Engine;
use crate::chat::{SIGNING_SECRET, counted_secrets, settings};
use crate::leftovers::Leftovers;
use crate::translation_api::translation_api;
use meeshy_chat::{Chat, Settings, Translate};
use meeshy_domain::Clock;
use meeshy_gateway::{Gateway, GatewayConfig, RateLimits, routes::Endpoint};
use meeshy_media::Depot;
use meeshy_store::{Location, Store};
use meeshy_testkit::{Api, Backend, Balancer, Database, OnDatabase, clock};
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How the clocks of two gateways advance.
const TICK: Duration = Duration::from_millis(1);

/// How long a server may take to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);

/// Servers run on threads of their own, so that a test can wait for them when it ends.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    count_panics();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().thread_name(THREAD).build().unwrap()
});

/// The name of these threads.
const THREAD: &str = "test-server";

/// The panics of tasks on these threads, which fail no test by themselves.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_panics() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() == Some(THREAD) {
            PANICS.fetch_add(1, Ordering::SeqCst);
        }
        hook(panic);
    }));
}

/// A gateway on a free port, which translates with an [`Engine`]. Its clients use it as an [`Api`].
///
/// When it is dropped, it waits until all jobs are done and all sockets are closed, and stops: every event
/// has then been sent out. The test fails if something is left over, or if a task panicked.
pub struct TestServer {
    api: Api,
    /// The application.
    pub chat: Chat,
    /// The engine that it translates with.
    pub engine: Arc<Engine>,
    /// Sets the clock.
    pub hand: clock::ClockControl,
    /// All routes.
    pub endpoints: Vec<Endpoint>,
    /// The database.
    pub store: Store,
    /// The folder of uploaded files.
    pub uploads: Arc<TempDir>,
    database: Arc<Database>,
    leftovers: Leftovers,
    running: Option<Running>,
    /// The other gateways behind the same address.
    others: Vec<TestServer>,
}

/// One gateway, however the tests run: for ids in snapshots, and for what each gateway counts by itself.
pub struct Single(pub TestServer);

/// The tasks of a server.
struct Running {
    stop: watch::Sender<bool>,
    translating: JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
}

/// How a gateway is started.
struct Place {
    database: Arc<Database>,
    clock: (Clock, clock::ClockControl),
    uploads: Arc<TempDir>,
    secret: &'static str,
    /// Ids and secrets are counted from here.
    seed: u64,
}

impl Place {
    fn on(database: Database) -> Self {
        Self::beside(&Arc::new(database), 1)
    }

    fn beside(database: &Arc<Database>, seed: u64) -> Self {
        let (database, uploads) = (Arc::clone(database), Arc::new(tempfile::tempdir().unwrap()));
        Self { database, clock: clock::manual(), uploads, secret: SIGNING_SECRET, seed }
    }
}

/// Whether one server consists of two gateways.
#[expect(clippy::disallowed_methods, reason = "how tests run is not for the configuration")]
fn is_spread() -> bool {
    std::env::var("MEESHY_TEST_GATEWAYS").is_ok_and(|number| number == "2")
}

/// A configuration without rate limits.
#[must_use]
pub fn unlimited() -> GatewayConfig {
    GatewayConfig {
        rate_limits: RateLimits { typing: true, ..RateLimits::off() },
        ..GatewayConfig::default()
    }
}

impl OnDatabase for TestServer {
    async fn on(database: Database) -> Self {
        Self::adjusted_on(database, |_| {}).await
    }
}

impl OnDatabase for Single {
    async fn on(database: Database) -> Self {
        Self(TestServer::at(Place::on(database), unlimited(), |_| {}).await)
    }
}

impl TestServer {
    /// A server on SQLite.
    pub async fn start(config: GatewayConfig) -> Self {
        Self::start_with(config, |_| {}).await
    }

    /// A server on SQLite with other settings.
    pub async fn adjusted(adjust: impl Fn(&mut Settings)) -> Self {
        Self::start_with(unlimited(), adjust).await
    }

    /// A server on a database with other settings.
    pub async fn adjusted_on(database: Database, adjust: impl Fn(&mut Settings)) -> Self {
        if is_spread() && matches!(database.location(), Location::Postgres { .. }) {
            return Self::spread(database, unlimited(), adjust).await;
        }
        Self::at(Place::on(database), unlimited(), adjust).await
    }

    async fn start_with(config: GatewayConfig, adjust: impl Fn(&mut Settings)) -> Self {
        if is_spread() {
            return Self::spread(Database::postgres(), config, adjust).await;
        }
        Self::at(Place::on(Database::sqlite()), config, adjust).await
    }

    /// One gateway on SQLite, however the tests run: for what each gateway counts by itself.
    pub async fn single(config: GatewayConfig) -> Self {
        Self::at(Place::on(Database::sqlite()), config, |_| {}).await
    }

    /// Two gateways on one PostgreSQL, behind one address.
    async fn spread(database: Database, config: GatewayConfig, adjust: impl Fn(&mut Settings)) -> Self {
        let one = Place::on(database);
        let two = Place {
            clock: one.clock.clone(),
            uploads: Arc::clone(&one.uploads),
            ..Place::beside(&one.database, 1_000_000)
        };
        let ticking = one.clock.1.clone();
        let named = |name: &str| GatewayConfig { name: Some(name.to_owned()), ..config.clone() };
        let mut server = Self::at(one, named("a"), &adjust).await;
        let other = Self::at(two, named("b"), &adjust).await;
        // Ids of two processes are not ordered by time, so objects created at the same time have no order.
        RUNTIME.spawn(async move {
            loop {
                tokio::time::sleep(TICK).await;
                ticking.advance(TICK);
            }
        });
        let backend = |name: &str, port| Backend { name: name.to_owned(), port };
        let backends = vec![backend("a", server.address.port()), backend("b", other.address.port())];
        server.api = Api::at(Balancer::before(backends).address());
        server.others.push(other);
        server
    }

    /// Another gateway on the same database, which is PostgreSQL.
    pub async fn beside(&self, seed: u64) -> Self {
        Self::at(Place::beside(&self.database, seed), unlimited(), |_| {}).await
    }

    /// Two gateways on one PostgreSQL, each with an address of its own.
    pub async fn pair(config: GatewayConfig) -> [Self; 2] {
        let one = Place::on(Database::postgres());
        let two = Place::beside(&one.database, 1_000_000);
        [Self::at(one, config.clone(), |_| {}).await, Self::at(two, config, |_| {}).await]
    }

    /// A server whose tokens no other server accepts.
    pub async fn foreign() -> Self {
        let secret = "another secret of thirty-two bytes";
        let place = Place { secret, seed: 1 << 32, ..Place::on(Database::sqlite()) };
        Self::at(place, unlimited(), |_| {}).await
    }

    async fn at(place: Place, config: GatewayConfig, adjust: impl Fn(&mut Settings)) -> Self {
        let mut settings = settings(place.secret);
        adjust(&mut settings);
        RUNTIME.spawn(Self::launch(place, config, settings)).await.unwrap()
    }

    async fn launch(place: Place, config: GatewayConfig, mut settings: Settings) -> Self {
        let Place { database, clock: (clock, hand), uploads, secret: _, seed } = place;
        settings.uploads.depot = Depot::new(uploads.path());
        let store = database.open().await.unwrap().with_clock(clock.clone());
        let engine = Arc::new(Engine::default());
        let translator = Arc::clone(&engine) as Arc<dyn Translate>;
        let chat =
            Chat::open(store.clone(), translator, settings, clock, counted_secrets(seed)).await.unwrap();
        chat.gateways().join().await.unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = Api::at(listener.local_addr().unwrap());
        let gateway = Gateway::new(chat.clone(), config, Some(translation_api()));
        let endpoints = gateway.endpoints();
        let (stop, stopping) = watch::channel(false);
        let told = || {
            let mut stopping = stopping.clone();
            async move { _ = stopping.wait_for(|stop| *stop).await }
        };
        let translating = tokio::spawn({
            let (chat, told) = (chat.clone(), told());
            async move { chat.worker().run(told).await }
        });
        let tasks = vec![
            tokio::spawn(gateway.serve(listener, told())),
            tokio::spawn({
                let (chat, told) = (chat.clone(), told());
                async move { chat.cluster().run(told).await }
            }),
            tokio::spawn({
                let (chat, told) = (chat.clone(), told());
                async move { drop(chat.gateways().run(told).await) }
            }),
        ];
        let (running, leftovers, others) =
            (Some(Running { stop, translating, tasks }), Leftovers::default(), Vec::new());
        Self { api, chat, engine, hand, endpoints, store, uploads, database, leftovers, running, others }
    }

    /// Says that the story leaves translation jobs that nobody does.
    pub fn leaves_jobs(&self) {
        self.leftovers.jobs.store(true, Ordering::SeqCst);
    }

    /// Says that the story leaves sockets that the server takes for open.
    pub fn leaves_sockets(&self) {
        self.leftovers.sockets.store(true, Ordering::SeqCst);
    }

    /// Tells the server to stop and waits until it has, whatever is left over.
    ///
    /// # Panics
    /// If it does not stop, or a task panicked.
    pub async fn stop(mut self) {
        let running = self.take_running();
        stop(running, self.leftovers.jobs.load(Ordering::SeqCst)).await;
    }

    fn take_running(&mut self) -> Vec<Running> {
        let others = self.others.iter_mut().filter_map(|server| server.running.take());
        others.chain(self.running.take()).collect()
    }
}

/// Stops servers. Jobs that are left may never end, so nothing waits for them.
async fn stop(running: Vec<Running>, leaves_jobs: bool) {
    for server in &running {
        let _ = server.stop.send(true);
    }
    for Running { translating, mut tasks, .. } in running {
        if leaves_jobs {
            translating.abort();
        } else {
            tasks.push(translating);
        }
        for task in tasks {
            tokio::time::timeout(STOP_TIMEOUT, task).await.expect("the server stops").unwrap();
        }
    }
    assert_eq!(PANICS.load(Ordering::SeqCst), 0, "tasks of the server panicked: see above");
}

impl Deref for TestServer {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        let running = self.take_running();
        // After a failure, what is left over does not matter.
        if running.is_empty() || std::thread::panicking() {
            return;
        }
        let chats: Vec<&Chat> = self.others.iter().chain([&*self]).map(|server| &server.chat).collect();
        let leftovers = &self.leftovers;
        let finish = || {
            RUNTIME.block_on(async {
                for chat in chats {
                    leftovers.check(chat).await;
                }
                stop(running, leftovers.jobs.load(Ordering::SeqCst)).await;
            });
        };
        // A thread of a runtime may not wait for another.
        let finished = std::thread::scope(|scope| scope.spawn(finish).join());
        if let Err(reason) = finished {
            std::panic::resume_unwind(reason);
        }
    }
}
