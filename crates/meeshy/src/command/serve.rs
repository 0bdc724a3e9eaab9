//! `meeshy serve`: everything in one process, or one part of it beside others.

use crate::config::{Auth, Config, Role};
use crate::engines::{DatabaseCache, Elsewhere, Engines};
use crate::interfaces::Interfaces;
use crate::{demo, logging, puller};
use anyhow::Context;
use meeshy_chat::{Chat, Secrets, Settings, SigningKey, Translate, retention};
use meeshy_domain::{Clock, Timestamp};
use meeshy_gateway::{Gateway, GatewayConfig};
use meeshy_listen::Limits as ConnectionLimits;
use meeshy_node::{Node, NodeConfig};
use meeshy_store::Store;
use meeshy_translation::Translator;
use meeshy_translation::models::ModelStore;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How to serve.
#[derive(clap::Args)]
pub struct ServeArgs {
    /// Add three people who read French, Spanish and English, and a conversation among them; print their passwords.
    #[arg(long)]
    demo: bool,
    /// What this process does, instead of what is configured.
    #[arg(long, value_enum)]
    role: Option<Role>,
    /// The data folder, instead of the configured one.
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// The port, instead of the configured one.
    #[arg(long)]
    port: Option<u16>,
}

const HOUR: Duration = Duration::from_secs(3600);

/// Serves until it is told to stop (`SIGTERM`, `SIGINT`), then finishes what it has begun.
///
/// # Errors
/// When the data is in use or from a newer version, the port is taken, or the configuration is impossible.
pub async fn run(args: ServeArgs, mut config: Config) -> anyhow::Result<()> {
    if let Some(folder) = args.data_dir {
        config.data.dir = folder;
    }
    config.server.port = args.port.unwrap_or(config.server.port);
    config.server.role = args.role.unwrap_or(config.server.role);
    config.check_role().map_err(anyhow::Error::msg)?;
    logging::start(&config.log)?;
    let connections = config.connections(meeshy_listen::raise_descriptor_limit());

    let store = Store::open(&config.location()).await?;
    let clock = system_clock();
    let (stop, stopping) = watch::channel(false);
    let keeper = (config.server.role != Role::Translator).then(|| {
        let keep = retention::keep(store.clone(), config.retention(), clock.clone(), told(stopping.clone()));
        tokio::spawn(keep)
    });
    let translator = translator(&config, &store, &clock)?;
    let engines: Arc<dyn Translate> = match &translator {
        Some(translator) => {
            let models = ModelStore::new(&config.translation());
            puller::watch(models.clone(), translator.clone());
            let needed = config.translation.pull.then(|| puller::start(models, translator.clone()));
            Arc::new(Engines { translator: translator.clone(), needed })
        }
        None => Arc::new(Elsewhere),
    };
    let chat = Chat::open(store, engines, settings(&config)?, clock, Secrets::system()).await?;

    let relay = tokio::spawn({
        let (chat, stopping) = (chat.clone(), stopping.clone());
        async move { chat.relay(told(stopping)).await }
    });
    let worker = translator.is_some().then(|| {
        let (chat, stopping) = (chat.clone(), stopping.clone());
        tokio::spawn(async move { chat.translate_jobs(told(stopping)).await })
    });
    let node = translator.as_ref().map(|translator| Node::new(translator.clone(), node_config(&config)));
    let interfaces = Interfaces::start(&config.node, connections, node.as_ref(), &stopping).await?;
    let serving = match config.server.role {
        Role::Translator => {
            // There are no clients to tell.
            drop(chat.events());
            tracing::info!(database = %config.location(), "Meeshy translates");
            None
        }
        Role::All | Role::Gateway => Some(serve(&config, connections, &chat, node, stopping).await?),
    };
    if config.server.role != Role::Translator {
        offer_setup(&chat).await?;
    }
    if args.demo {
        demo::set_up(&chat, &config.data.dir).await?;
    }

    wait_for_signal().await?;
    tracing::info!("Stopping: finishing what has begun");
    let _ = stop.send(true);
    if let Some(serving) = serving {
        serving.await.context("the gateway stopped")?;
    }
    interfaces.finish().await?;
    if let Some(worker) = worker {
        worker.await.context("the translation worker stopped")?;
    }
    if let Some(keeper) = keeper {
        keeper.await.context("the archiving of notifications stopped")?;
    }
    relay.await.context("the relay between the processes stopped")?;
    if let Some(translator) = translator {
        translator.shutdown().await;
    }
    tracing::info!("Stopped");
    Ok(())
}

/// Who translates here, if anybody does.
fn translator(config: &Config, store: &Store, clock: &Clock) -> anyhow::Result<Option<Translator>> {
    if config.server.role == Role::Gateway {
        return Ok(None);
    }
    let cache = Arc::new(DatabaseCache::new(store.clone(), clock.clone()));
    Ok(Some(Translator::new(&config.translation(), Some(cache))?))
}

/// Prints the code that makes the first administrator, while there is none.
async fn offer_setup(chat: &Chat) -> anyhow::Result<()> {
    let Some(code) = chat.new_setup_code().await? else { return Ok(()) };
    tracing::info!("There is no administrator yet: the account that registers with the setup code {code} is");
    // Who has closed standard output finds the code in the log.
    let _ = writeln!(io::stdout(), "Setup code for the first administrator: {code}");
    Ok(())
}

/// Begins to serve clients.
async fn serve(
    config: &Config,
    connections: ConnectionLimits,
    chat: &Chat,
    node: Option<Node>,
    stopping: watch::Receiver<bool>,
) -> anyhow::Result<JoinHandle<()>> {
    let address = (config.server.host.as_str(), config.server.port);
    let listener = TcpListener::bind(address).await.map_err(|error| {
        let is_taken = error.kind() == std::io::ErrorKind::AddrInUse;
        let advice = if is_taken { "; stop the program that is on it, or set another PORT" } else { "" };
        anyhow::Error::new(error).context(format!("cannot listen on {}:{}{advice}", address.0, address.1))
    })?;
    let port = listener.local_addr()?.port();
    let gateway = Gateway::new(chat.clone(), gateway_config(config, connections), node);
    tracing::info!(database = %config.location(), "Meeshy is ready: http://localhost:{port}");
    Ok(tokio::spawn(gateway.serve(listener, told(stopping))))
}

/// Ready once the channel says so.
async fn told(mut stopping: watch::Receiver<bool>) {
    // A sender that is gone means the same.
    let _ = stopping.wait_for(|stop| *stop).await;
}

async fn wait_for_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// The system's time.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the system's time")]
pub fn system_clock() -> Clock {
    Clock::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}

fn settings(config: &Config) -> anyhow::Result<Settings> {
    let auth = &config.auth;
    let mut settings = Settings::new(signing_key(auth, &config.data.dir)?);
    settings.token_lifetime = HOUR * u32::try_from(auth.token_hours).unwrap_or(u32::MAX);
    settings.session_lifetime = HOUR * 24 * u32::try_from(auth.session_days).unwrap_or(u32::MAX / 24);
    settings.trusted_session_lifetime =
        HOUR * 24 * u32::try_from(auth.trusted_session_days).unwrap_or(u32::MAX / 24);
    settings.sessions_per_user = auth.sessions_per_user.max(1);
    settings.message_chars = config.limits.message_chars;
    settings.hashing = config.hashing();
    settings.machine = machine();
    Ok(settings)
}

/// The name of this machine, for people.
fn machine() -> String {
    fs::read_to_string("/etc/hostname").map_or_else(|_| "unnamed".to_owned(), |name| name.trim().to_owned())
}

fn signing_key(auth: &Auth, data: &Path) -> anyhow::Result<SigningKey> {
    match (&auth.jwt_private_key, &auth.jwt_public_key, &auth.jwt_secret) {
        (Some(private_pem), Some(public_pem), _) => {
            let (private_pem, public_pem) = (private_pem.clone(), public_pem.clone());
            let is_rsa = public_pem.len() > 200;
            Ok(if is_rsa {
                SigningKey::Rsa { private_pem, public_pem }
            } else {
                SigningKey::Ed25519 { private_pem, public_pem }
            })
        }
        (_, _, Some(secret)) => Ok(SigningKey::Secret(secret.clone())),
        _ => own_secret(data).map(SigningKey::Secret),
    }
}

/// The secret that Meeshy made for itself at its first start.
fn own_secret(data: &Path) -> anyhow::Result<String> {
    let path = data.join("jwt.secret");
    if let Ok(secret) = fs::read_to_string(&path) {
        return Ok(secret.trim().to_owned());
    }
    let secret = Secrets::system().hex(32);
    write_private(&path, &secret)
        .with_context(|| format!("cannot keep the signing secret in `{}`", path.display()))?;
    Ok(secret)
}

/// Writes a file that only its owner can read.
pub fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn node_config(config: &Config) -> NodeConfig {
    NodeConfig { api_keys: config.node.api_keys.clone(), ..NodeConfig::default() }
}

fn gateway_config(config: &Config, connections: ConnectionLimits) -> GatewayConfig {
    let forwarding = config.forwarding();
    let mut gateway = GatewayConfig { forwarding, connections, ..GatewayConfig::default() };
    gateway.uploads = config.data.dir.join("uploads");
    if !config.server.cors_origins.is_empty() {
        gateway.allowed_origins.clone_from(&config.server.cors_origins);
    }
    if !config.limits.rate_limits {
        gateway.rate_limits = meeshy_gateway::RateLimits::off();
    }
    gateway
}
