//! The measured servers, as child processes.

use crate::process;
use anyhow::{Context, bail};
use serde::Serialize;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// The kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Kind {
    /// Meeshy.
    Meeshy,
    /// Node with `socket.io`, in memory.
    Fanout,
    /// Node with Fastify, `socket.io` and `better-sqlite3`, one commit per message.
    Durable,
    /// The same with one commit for all messages of an event loop turn.
    DurableGroup,
    /// Node with Fastify, `socket.io` and `pg`.
    DurablePostgres,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Meeshy => "Meeshy",
            Self::Fanout => "Node socket.io",
            Self::Durable => "Node Fastify + socket.io + better-sqlite3",
            Self::DurableGroup => "the same, with group commit",
            Self::DurablePostgres => "Node Fastify + socket.io + pg",
        })
    }
}

/// The paths of the programs.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The `meeshy` binary, a release build.
    pub meeshy: PathBuf,
    /// Node.js.
    pub node: PathBuf,
    /// The folder `bench/peers`, with its packages installed.
    pub peers: PathBuf,
}

/// The processors of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cpus {
    /// Only the first processor; the load generator has the second.
    First,
    /// All processors.
    All,
}

/// The servers listen only here.
const HOST: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// The token secret of the run.
const JWT_SECRET: &str = "7f1c9e24b8d35a60c2e94f7b1d086a53";
/// The online processors in `taskset`'s format: `0-1`.
const ONLINE_CPUS: &str = "/sys/devices/system/cpu/online";
/// How long a server may take to start, and to stop.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How often a starting server is checked for readiness.
const POLL_INTERVAL: Duration = Duration::from_micros(500);

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    /// Its process id.
    pub pid: u32,
    /// The address it listens on.
    pub address: SocketAddr,
    /// From the start of its process to the first successful `/ready`.
    pub ready_after: Duration,
}

impl Server {
    /// Starts a server with its data in `folder`, and waits until it is ready.
    ///
    /// # Errors
    /// If it cannot be started, or does not become ready.
    pub async fn start(programs: &Programs, kind: Kind, folder: &Path, cpus: Cpus) -> anyhow::Result<Self> {
        Self::start_on(programs, kind, folder, cpus, None).await
    }

    /// Like [`start`](Self::start), with a PostgreSQL database if one is given.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_on(
        programs: &Programs,
        kind: Kind,
        folder: &Path,
        cpus: Cpus,
        database: Option<&str>,
    ) -> anyhow::Result<Self> {
        let port =
            TcpListener::bind((HOST, 0)).and_then(|free| free.local_addr()).context("no free port")?.port();
        let address = SocketAddr::from((HOST, port));
        let mut command = command(programs, kind, cpus)?;
        command.env("HOST", HOST.to_string()).env("PORT", port.to_string()).env("JWT_SECRET", JWT_SECRET);
        command.env("MEESHY_DATA_DIR", folder).env("DATA_DIR", folder).current_dir(folder);
        command.envs(database.map(|url| ("DATABASE_URL", url)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let began = Instant::now();
        let mut child = command.spawn().with_context(|| format!("failed to start {kind}"))?;
        let pid = child.id().with_context(|| format!("{kind} exited at once"))?;
        while !is_ready(address).await {
            if let Some(status) = child.try_wait()? {
                bail!("{kind} exited before it was ready: {status}; see its output above");
            }
            if began.elapsed() > TIMEOUT {
                bail!("{kind} was not ready within {} s", TIMEOUT.as_secs());
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(Self { child, pid, address, ready_after: began.elapsed() })
    }

    /// Kills it, as a crash does.
    ///
    /// # Errors
    /// If it has already exited.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("failed to kill the server")
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Errors
    /// If it does not stop.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        process::terminate(self.pid)?;
        tokio::time::timeout(TIMEOUT, self.child.wait()).await.context("the server did not stop")??;
        Ok(())
    }
}

fn command(programs: &Programs, kind: Kind, cpus: Cpus) -> anyhow::Result<Command> {
    let cpus = match cpus {
        Cpus::First => "0".to_owned(),
        Cpus::All => std::fs::read_to_string(ONLINE_CPUS).context("failed to read the list of processors")?,
    };
    // `taskset` becomes the server, so the process id stays the same.
    let mut command = Command::new("taskset");
    command.args(["-c", cpus.trim()]);
    if kind == Kind::Meeshy {
        command.arg(&programs.meeshy).arg("serve");
        // Thousands of sockets connect from one address.
        command.env("MAX_CONNECTIONS_PER_ADDRESS", "0");
        command.env("RATE_LIMITS", "off").env("MODELS_PULL", "off").env("LOG_LEVEL", "warn");
        // Hundreds of users register before a measurement; hashing their passwords should not take long.
        command.env("HASHING_MEMORY_KIB", "64").env("HASHING_PASSES", "1");
    } else {
        let script = match kind {
            Kind::Fanout => "fanout.mjs",
            Kind::DurablePostgres => "durable-postgres.mjs",
            _ => "durable.mjs",
        };
        command.arg(&programs.node).arg(programs.peers.join(script)).env("NODE_ENV", "production");
        command.env("GROUP_COMMIT", if kind == Kind::DurableGroup { "1" } else { "0" });
    }
    Ok(command)
}

/// Whether `/ready` returns 200. Without a client library, which would take longer than some servers.
async fn is_ready(address: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await?;
        Ok::<_, std::io::Error>(status)
    };
    ask.await.is_ok_and(|status| status.ends_with(b" 200"))
}
