//! A PostgreSQL server of one test's own, for tests that stop and start it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A throw-away PostgreSQL server on a free port; stopped and removed when dropped.
pub struct Cluster {
    folder: tempfile::TempDir,
    port: u16,
}

impl Cluster {
    /// Makes and starts a server. As root, it runs as the user `postgres`, since PostgreSQL refuses root.
    ///
    /// # Panics
    /// When PostgreSQL is not installed, with the command that installs it.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        if is_root() {
            let owner = Command::new("chown").arg("postgres").arg(folder.path()).status();
            assert!(
                owner.is_ok_and(|status| status.success()),
                "install PostgreSQL: apt-get install postgresql"
            );
        }
        let cluster = Self { folder, port: free_port() };
        let data = cluster.data();
        cluster.run(
            "initdb",
            &["-D", &data, "-U", "meeshy", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        );
        cluster.up();
        cluster
    }

    /// The address of its only database.
    pub fn url(&self) -> String {
        format!("postgres://meeshy@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts the server and waits until it answers.
    pub fn up(&self) {
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories={} -c max_connections=50",
            self.port,
            self.folder.path().display()
        );
        let log = self.folder.path().join("log").display().to_string();
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-l", &log, "-o", &options, "start"]);
    }

    /// Stops the server at once, as a crash does.
    pub fn kill(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-m", "immediate", "stop"]);
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = installed(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let status =
            command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/").status();
        assert!(status.is_ok_and(|status| status.success()), "{command:?} failed");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if Path::new(&self.data()).join("postmaster.pid").exists() {
            self.kill();
        }
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0"))
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Debian keeps PostgreSQL's programs out of the path.
fn installed(program: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest =
        versions.map(|version| version.path().join("bin").join(program)).filter(|path| path.exists()).max();
    newest.expect("PostgreSQL is not installed: apt-get install postgresql")
}
