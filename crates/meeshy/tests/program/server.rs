//! A running `meeshy serve`.

use meeshy_testkit::{Api, eventually};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_meeshy");

/// A server that is killed when dropped. Its clients use it as an [`Api`].
pub struct Server {
    child: Child,
    api: Api,
    pub port: u16,
    pub data: PathBuf,
    variables: Vec<(String, String)>,
    /// A program and its arguments that starts the server.
    wrapper: Vec<String>,
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Server {
    pub async fn start(data: &Path, variables: &[(&str, &str)]) -> Self {
        Self::start_through(&[], data, variables).await
    }

    pub async fn start_through(wrapper: &[&str], data: &Path, variables: &[(&str, &str)]) -> Self {
        let variables =
            variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect::<Vec<_>>();
        let wrapper = wrapper.iter().map(|part| (*part).into()).collect::<Vec<_>>();
        let port = free_port();
        let child = spawn(data, port, &variables, &wrapper);
        let mut server =
            Self { child, api: Api::on_port(port), port, data: data.to_owned(), variables, wrapper };
        server.wait_until_ready().await;
        server
    }

    async fn wait_until_ready(&mut self) {
        eventually("the server is ready", async || {
            assert!(self.child.try_wait().unwrap().is_none(), "the server ended: see above");
            self.is_ready().await
        })
        .await;
    }

    pub async fn is_ready(&self) -> bool {
        let answer = self.api.request(reqwest::Method::GET, "/ready").send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Restarts it on the same data and port.
    pub async fn restart(&mut self) {
        self.child = spawn(&self.data, self.port, &self.variables, &self.wrapper);
        self.wait_until_ready().await;
    }

    /// Sends `SIGTERM`; returns whether it exits cleanly.
    pub async fn stop(&mut self) -> bool {
        self.terminate();
        self.ends().await
    }

    /// Sends `SIGTERM`.
    pub fn terminate(&self) {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
    }

    /// Waits until it exits; returns whether it did so cleanly.
    pub async fn ends(&mut self) -> bool {
        eventually("the server exits", async || !self.is_alive()).await;
        let status = self.child.wait().unwrap();
        if !status.success() {
            eprintln!("the server ended with {status}");
        }
        status.success()
    }

    /// Waits until readiness is `is_ready`.
    pub async fn becomes_ready(&self, is_ready: bool) {
        eventually("readiness changes", async || self.is_ready().await == is_ready).await;
    }

    /// A folder as the server sees it, which may have its own mounts.
    pub fn inside(&self, folder: &Path) -> PathBuf {
        Path::new("/proc")
            .join(self.child.id().to_string())
            .join("root")
            .join(folder.strip_prefix("/").unwrap())
    }
}

impl Deref for Server {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that works on the data in a folder, without a terminal.
pub fn command(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env("MEESHY_DATA_DIR", data).envs(variables.iter().copied());
    command.stdin(Stdio::null()).current_dir(data.parent().unwrap());
    command
}

/// Starts a process without waiting for it.
pub fn spawn(data: &Path, port: u16, variables: &[(String, String)], wrapper: &[String]) -> Child {
    let (first, rest) =
        wrapper.split_first().map_or((PROGRAM.to_owned(), &[][..]), |(first, rest)| (first.clone(), rest));
    let mut command = Command::new(first);
    command.args(rest);
    if !wrapper.is_empty() {
        command.arg(PROGRAM);
    }
    command.arg("serve").envs([
        ("MEESHY_DATA_DIR", data.to_str().unwrap()),
        ("PORT", &port.to_string()),
        ("HOST", "127.0.0.1"),
        ("RATE_LIMITS", "off"),
        ("MODELS_PULL", "off"),
        ("HASHING_MEMORY_KIB", "64"),
        ("LOG_LEVEL", "warn"),
    ]);
    for (name, value) in variables {
        command.env(name, value);
    }
    command.stdin(Stdio::null()).current_dir(std::env::temp_dir()).spawn().unwrap()
}
