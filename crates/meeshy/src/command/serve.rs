//! `meeshy serve`: runs everything in one process, or one role next to other processes.

use crate::config::{Config, Role};
use crate::engines::{DatabaseCache, Delegated, Engines};
use crate::interfaces::{self, Interfaces};
use crate::signals::Signals;
use crate::{demo, logging, private, puller, signing_key};
use meeshy_chat::{Chat, Secrets, Settings, SigningKey, Translate};
use meeshy_domain::{Clock, Timestamp};
use meeshy_gateway::{Gateway, GatewayConfig, MetricsToken};
use meeshy_listen::Limits as ConnectionLimits;
use meeshy_store::Store;
use meeshy_tasks::Supervisor;
use meeshy_translation::Translator;
use meeshy_translation::models::ModelStore;
use meeshy_translation_api::{TranslationApi, TranslationApiConfig};
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How to serve.
#[derive(clap::Args)]
pub struct ServeArgs {
    /// Add four demo users who read French, Spanish, Portuguese and English, and a conversation; print their
    /// passwords
    #[arg(long)]
    demo: bool,
    /// The role of this process; overrides the configuration
    #[arg(long, value_enum)]
    role: Option<Role>,
    /// The data folder; overrides the configuration
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// The port; overrides the configuration
    #[arg(long)]
    port: Option<u16>,
}

const HOUR: Duration = Duration::from_secs(3600);

/// How long running work may take to finish at shutdown.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves until it is told to stop (`SIGTERM`, `SIGINT`) or a part of the process fails, then finishes what
/// is in progress, for at most ten seconds. A second signal, or a signal during startup, ends the process at
/// once.
pub async fn run(args: ServeArgs, mut config: Config) -> anyhow::Result<()> {
    if let Some(folder) = &args.data_dir {
        config.data.dir.clone_from(folder);
    }
    config.server.port = args.port.unwrap_or(config.server.port);
    config.server.role = args.role.unwrap_or(config.server.role);
    config.check_role().map_err(anyhow::Error::msg)?;
    logging::start(&config.log)?;
    let mut signals = Signals::take()?;
    let connections = config.connections(meeshy_listen::raise_descriptor_limit());

    // Before anything is changed: a process that cannot serve leaves the data alone.
    let listener = match config.server.role {
        Role::Translator => None,
        Role::All | Role::Gateway => Some(listen(&config).await?),
    };
    let interfaces = interfaces::listen(&config).await?;
    let supervisor = Supervisor::new();
    let translator = tokio::select! {
        started = start(&config, connections, &args, listener, interfaces, &supervisor) => started?,
        // The data is as after a crash, which every start can handle.
        () = signals.next() => {
            tracing::info!("Stopped during startup");
            return Ok(());
        }
    };

    let failure = tokio::select! {
        () = signals.next() => None,
        reason = supervisor.failure() => Some(reason),
    };
    tracing::info!("Shutting down");
    supervisor.stop();
    let finish = async {
        let unfinished = supervisor.drain(DRAIN_TIMEOUT).await;
        if !unfinished.is_empty() {
            tracing::warn!(?unfinished, "Some tasks did not finish in time and were aborted");
        } else if let Some(translator) = translator {
            translator.shutdown().await;
        }
    };
    tokio::select! {
        _ = tokio::time::timeout(DRAIN_TIMEOUT, finish) => tracing::info!("Stopped"),
        () = signals.next() => anyhow::bail!("interrupted again during shutdown; unfinished work was aborted"),
    }
    match failure {
        Some(reason) => anyhow::bail!("fatal: {reason}"),
        None => Ok(()),
    }
}

/// Opens the database and starts all tasks. Returns the translator, if this process has one.
async fn start(
    config: &Config,
    connections: ConnectionLimits,
    args: &ServeArgs,
    listener: Option<TcpListener>,
    interfaces: Interfaces,
    supervisor: &Supervisor,
) -> anyhow::Result<Option<Translator>> {
    private::narrow(&config.data.dir);
    let store = Store::open(&config.location()).await?;
    supervisor.spawn_fallible("the store", store_failure(store.clone(), supervisor.stopped()));
    let clock = system_clock();
    let translator = translator(config, &store, &clock)?;
    let (engines, needed): (Arc<dyn Translate>, _) = match &translator {
        Some(translator) => {
            let engines = engines(config, translator, supervisor);
            let needed = engines.needed.clone();
            (Arc::new(engines), needed)
        }
        None => (Arc::new(Delegated), None),
    };
    let is_alone = store.is_exclusive();
    let signing_key = match &listener {
        Some(_) => signing_key::of_gateway(config, &store).await?,
        None => signing_key::of_nobody(),
    };
    let chat = Chat::open(store, engines, settings(config, signing_key), clock, Secrets::system()).await?;
    let is_only_gateway = match &listener {
        Some(_) => join_gateways(config, &chat, supervisor).await?,
        None => false,
    };
    if !is_alone {
        let (chat, stopped) = (chat.clone(), supervisor.stopped());
        supervisor.spawn("the relay between processes", async move { chat.cluster().run(stopped).await });
    }
    if translator.is_some() {
        let (chat, stopped) = (chat.clone(), supervisor.stopped());
        supervisor.spawn("the translation worker", async move { chat.worker().run(stopped).await });
    }
    let translation_api = translator
        .as_ref()
        .map(|translator| TranslationApi::new(translator.clone(), translation_api_config(config)));
    interfaces.start(connections, &chat, translation_api.as_ref(), supervisor).await?;
    if args.demo {
        let translations = demo::set_up(&chat, &config.data.dir).await?;
        if let Some(needed) = needed {
            supervisor
                .spawn_until_stopped("the models of the demo", translations.improve(chat.clone(), needed));
        }
    }
    // Last, and without waiting: a process that is ready no longer starts anything.
    match listener {
        None => {
            // There are no clients to notify.
            drop(chat.events().feed());
            tracing::info!(database = %config.location(), "Meeshy translates");
        }
        Some(listener) => {
            // Another gateway has printed a code, which a new one would replace.
            if is_only_gateway {
                offer_setup(&chat).await?;
            }
            serve(config, connections, &chat, translation_api, listener, supervisor)?;
        }
    }
    Ok(translator)
}

/// Makes this process one of the gateways, and starts to do jobs; says whether it is the only gateway.
async fn join_gateways(config: &Config, chat: &Chat, supervisor: &Supervisor) -> anyhow::Result<bool> {
    let is_only = chat.gateways().join().await?;
    let (gateway, stopped) = (chat.clone(), supervisor.stopped());
    let heartbeat = async move { gateway.gateways().run(stopped).await };
    supervisor.spawn_fallible("the heartbeat of the gateway", heartbeat);
    let (bounds, worker, stopped) = (config.retention_bounds(), chat.clone(), supervisor.stopped());
    supervisor.spawn("the jobs", async move { worker.jobs().run(bounds, stopped).await });
    Ok(is_only)
}

/// The engines, and the tasks that keep their models up to date.
fn engines(config: &Config, translator: &Translator, supervisor: &Supervisor) -> Engines {
    let models = ModelStore::new(&config.translation());
    let watch = puller::watch(models.clone(), translator.clone());
    supervisor.spawn_until_stopped("the models watcher", watch);
    let needed = config.translation.pull.then(|| {
        let (needed, pull) = puller::start(models, translator.clone());
        supervisor.spawn_until_stopped("the model downloader", pull);
        needed
    });
    Engines { translator: translator.clone(), needed }
}

/// Ends with the reason when the store cannot be used any more.
async fn store_failure(store: Store, stopped: impl Future<Output = ()>) -> Result<(), String> {
    tokio::select! {
        reason = store.failure() => Err(reason),
        () = stopped => Ok(()),
    }
}

/// The translator of this process, if its role has one.
fn translator(config: &Config, store: &Store, clock: &Clock) -> anyhow::Result<Option<Translator>> {
    if config.server.role == Role::Gateway {
        return Ok(None);
    }
    let cache = Arc::new(DatabaseCache::new(store.clone(), clock.clone()));
    Ok(Some(Translator::new(&config.translation(), Some(cache))?))
}

/// Prints the setup code for the first administrator if there is no administrator yet.
async fn offer_setup(chat: &Chat) -> anyhow::Result<()> {
    let Some(code) = chat.setup().new_code().await? else { return Ok(()) };
    tracing::info!("There is no administrator yet. Register with the setup code {code} to become one");
    // If standard output is closed, the code is in the log.
    let _ = writeln!(io::stdout(), "Setup code for the first administrator: {code}");
    Ok(())
}

/// Binds the address for clients.
async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    interfaces::bind((config.server.host.as_str(), config.server.port), "PORT").await
}

/// Starts to serve clients.
fn serve(
    config: &Config,
    connections: ConnectionLimits,
    chat: &Chat,
    translation_api: Option<TranslationApi>,
    listener: TcpListener,
    supervisor: &Supervisor,
) -> anyhow::Result<()> {
    let port = listener.local_addr()?.port();
    if config.files.unsigned_paths {
        tracing::info!(
            "Files are served to anybody who knows their path; set files.unsigned_paths = false to require signed links"
        );
    }
    let gateway = Gateway::new(chat.clone(), gateway_config(config, connections), translation_api);
    tracing::info!(database = %config.location(), "Meeshy is ready: http://localhost:{port}");
    supervisor.spawn("the gateway", gateway.serve(listener, supervisor.stopped()));
    Ok(())
}

/// The system clock.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the system's time")]
pub fn system_clock() -> Clock {
    Clock::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}

pub fn settings(config: &Config, signing_key: SigningKey) -> Settings {
    let auth = &config.auth;
    let mut settings = Settings::new(signing_key);
    settings.token_lifetime = HOUR * u32::try_from(auth.token_hours).unwrap_or(u32::MAX);
    settings.session_lifetime = HOUR * 24 * u32::try_from(auth.session_days).unwrap_or(u32::MAX / 24);
    settings.trusted_session_lifetime =
        HOUR * 24 * u32::try_from(auth.trusted_session_days).unwrap_or(u32::MAX / 24);
    settings.sessions_per_user = auth.sessions_per_user.max(1);
    settings.message_chars = config.limits.message_chars;
    settings.hashing = config.hashing();
    settings.limit_sign_ins = config.limits.rate_limits;
    settings.unsigned_file_paths = config.files.unsigned_paths;
    settings.machine = machine();
    // The configuration was checked, so that it is valid.
    settings.mail = config.mail().unwrap_or_default();
    settings.sms = config.sms().ok();
    settings.push = config.push();
    settings.calls = config.calls();
    settings.uploads = config.uploads();
    settings
}

/// The host name of this machine.
fn machine() -> String {
    fs::read_to_string("/etc/hostname").map_or_else(|_| "unnamed".to_owned(), |name| name.trim().to_owned())
}

fn translation_api_config(config: &Config) -> TranslationApiConfig {
    TranslationApiConfig {
        api_keys: config.translation_api.api_keys.clone(),
        ..TranslationApiConfig::default()
    }
}

fn gateway_config(config: &Config, connections: ConnectionLimits) -> GatewayConfig {
    let forwarding = config.forwarding();
    let mut gateway = GatewayConfig { forwarding, connections, ..GatewayConfig::default() };
    gateway.country_header.clone_from(&config.server.country_header);
    gateway.behind_tls = config.server.behind_tls;
    gateway.name.clone_from(&config.server.name);
    gateway.query_tokens = config.server.query_tokens;
    gateway.metrics_token =
        config.metrics.token.as_ref().map(|token| MetricsToken::new(token.expose().to_owned()));
    gateway.allowed_origins.clone_from(&config.server.cors_origins);
    if !config.limits.rate_limits {
        gateway.rate_limits = meeshy_gateway::RateLimits::off();
    }
    gateway
}
