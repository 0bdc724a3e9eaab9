//! A running `meeshy serve`, and a client for it.

use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_meeshy");

/// A server that is killed when dropped.
pub struct Server {
    child: Child,
    pub port: u16,
    pub data: PathBuf,
    variables: Vec<(String, String)>,
    /// A program and its arguments that starts the server.
    wrapper: Vec<String>,
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// How often a test kills: `usual`, or the number in `MEESHY_KILLS`.
#[expect(clippy::disallowed_methods, reason = "how long a test runs is not for the configuration")]
pub fn kills(usual: usize) -> usize {
    std::env::var("MEESHY_KILLS").ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
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
        let mut server = Self { child, port, data: data.to_owned(), variables, wrapper };
        server.wait_until_ready().await;
        server
    }

    async fn wait_until_ready(&mut self) {
        let start = Instant::now();
        while !self.is_ready().await {
            assert!(self.child.try_wait().unwrap().is_none(), "the server ended: see above");
            assert!(start.elapsed() < Duration::from_secs(60), "the server was not ready in time");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn is_ready(&self) -> bool {
        let answer = reqwest::get(format!("http://127.0.0.1:{}/ready", self.port)).await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
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

    /// Sends `SIGTERM`; returns whether it exits cleanly within some seconds.
    pub async fn stop(&mut self) -> bool {
        self.terminate();
        self.ends_within(Duration::from_secs(20)).await
    }

    /// Sends `SIGTERM`.
    pub fn terminate(&self) {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
    }

    /// Waits until it exits; returns whether it did so cleanly.
    pub async fn ends_within(&mut self, limit: Duration) -> bool {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                if !status.success() {
                    eprintln!("the server ended with {status}");
                }
                return status.success();
            }
            assert!(start.elapsed() < limit, "it does not exit");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until readiness is `is_ready`.
    pub async fn becomes_ready(&self, is_ready: bool) {
        let start = Instant::now();
        while self.is_ready().await != is_ready {
            assert!(start.elapsed() < Duration::from_secs(10), "readiness does not become {is_ready}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// A folder as the server sees it, which may have its own mounts.
    pub fn inside(&self, folder: &Path) -> PathBuf {
        Path::new("/proc")
            .join(self.child.id().to_string())
            .join("root")
            .join(folder.strip_prefix("/").unwrap())
    }

    /// The same person as somebody at another server on the same database.
    pub fn also(&self, client: &Client) -> Client {
        Client { base: format!("http://127.0.0.1:{}/api/v1", self.port), ..client.clone() }
    }

    pub async fn sign_up(&self, username: &str, language: &str) -> Client {
        let body = json!({
            "username": username, "password": "correct horse", "firstName": username, "lastName": "Test",
            "email": format!("{username}@example.org"), "systemLanguage": language, "regionalLanguage": language,
        });
        let http = reqwest::Client::new();
        let base = format!("http://127.0.0.1:{}/api/v1", self.port);
        let answer = http.post(format!("{base}/auth/register")).json(&body).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["success"], true, "{answer}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Client { http, base, token: text(&answer["data"]["token"]), id: text(&answer["data"]["user"]["id"]) }
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

/// A signed-in user who calls the API.
#[derive(Clone)]
pub struct Client {
    pub http: reqwest::Client,
    pub base: String,
    pub token: String,
    pub id: String,
}

impl Client {
    pub async fn post(&self, path: &str, body: &Value) -> Result<(StatusCode, Value), reqwest::Error> {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.token).json(body);
        let answer = request.timeout(Duration::from_secs(10)).send().await?;
        Ok((answer.status(), answer.json().await?))
    }

    pub async fn put(&self, path: &str, body: &Value) -> Result<(StatusCode, Value), reqwest::Error> {
        let request = self.http.put(format!("{}{path}", self.base)).bearer_auth(&self.token).json(body);
        let answer = request.timeout(Duration::from_secs(10)).send().await?;
        Ok((answer.status(), answer.json().await?))
    }

    pub async fn get(&self, path: &str) -> Result<(StatusCode, Value), reqwest::Error> {
        let request = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let answer = request.timeout(Duration::from_secs(10)).send().await?;
        Ok((answer.status(), answer.json().await?))
    }

    /// Creates a group with some others and returns its id.
    pub async fn group(&self, others: &[&Client]) -> String {
        let others: Vec<&str> = others.iter().map(|other| other.id.as_str()).collect();
        let body = json!({ "type": "group", "title": "Trip", "participantIds": others });
        let (status, answer) = self.post("/conversations", &body).await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["data"]["id"].as_str().unwrap().to_owned()
    }

    /// Every message of a conversation, oldest first.
    pub async fn history(&self, conversation: &str) -> Vec<Value> {
        let mut messages = Vec::new();
        let mut before = String::new();
        loop {
            let path = format!("/conversations/{conversation}/messages?limit=50&before={before}");
            let (status, page) = self.get(&path).await.unwrap();
            assert_eq!(status, StatusCode::OK, "{page}");
            let rows = page["data"].as_array().unwrap();
            messages.extend(rows.iter().cloned());
            if page["pagination"]["hasMore"] != true {
                break;
            }
            before = rows.last().unwrap()["id"].as_str().unwrap().to_owned();
        }
        messages.reverse();
        messages
    }
}
