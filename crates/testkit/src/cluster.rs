//! A PostgreSQL server of one test's own, for tests that stop and start it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A throw-away PostgreSQL server on a free port; stopped and removed when dropped.
pub struct Cluster {
    folder: tempfile::TempDir,
    port: u16,
    options: String,
}

/// Certificates that were made for one test.
pub struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    /// A certificate for `localhost` and who vouches for it.
    ///
    /// # Panics
    /// When `openssl` is not installed, with the command that installs it.
    #[must_use]
    pub fn make() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let openssl = |arguments: &[&str]| {
            let mut command = Command::new("openssl");
            command.args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"]);
            command.args(["-pkeyopt", "ec_paramgen_curve:prime256v1"]).args(arguments);
            let status =
                command.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).status();
            assert!(status.is_ok_and(|status| status.success()), "install openssl: apt-get install openssl");
        };
        openssl(&["-subj", "/CN=A throw-away authority", "-keyout", "ca.key", "-out", "ca.pem"]);
        openssl(&[
            "-subj",
            "/CN=localhost",
            "-keyout",
            "server.key",
            "-out",
            "server.pem",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ]);
        Self { folder }
    }

    /// Who vouches for the server.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

impl Cluster {
    /// Starts a server that takes encrypted connections only.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[must_use]
    pub fn start_encrypted(certificates: &Certificates) -> Self {
        let mut cluster = Self::made();
        let data = PathBuf::from(cluster.data());
        for name in ["server.pem", "server.key"] {
            std::fs::copy(certificates.folder.path().join(name), data.join(name)).expect("a copy");
            if is_root() {
                let owned = Command::new("chown").arg("postgres").arg(data.join(name)).status();
                assert!(owned.is_ok_and(|status| status.success()), "the file belongs to the server");
            }
        }
        std::fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n").expect("written");
        cluster.options = "-c ssl=on -c ssl_cert_file=server.pem -c ssl_key_file=server.key".to_owned();
        cluster.up();
        cluster
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Makes and starts a server. As root, it runs as the user `postgres`, since PostgreSQL refuses root.
    ///
    /// # Panics
    /// When PostgreSQL is not installed, with the command that installs it.
    pub fn start() -> Self {
        let cluster = Self::made();
        cluster.up();
        cluster
    }

    fn made() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        if is_root() {
            let owner = Command::new("chown").arg("postgres").arg(folder.path()).status();
            assert!(
                owner.is_ok_and(|status| status.success()),
                "install PostgreSQL: apt-get install postgresql"
            );
        }
        let cluster = Self { folder, port: free_port(), options: String::new() };
        let data = cluster.data();
        cluster.run(
            "initdb",
            &["-D", &data, "-U", "meeshy", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        );
        cluster
    }

    /// The address of its only database.
    pub fn url(&self) -> String {
        format!("postgres://meeshy@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts the server and waits until it answers.
    pub fn up(&self) {
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories={} -c max_connections=50 {}",
            self.port,
            self.folder.path().display(),
            self.options
        );
        let log = self.folder.path().join("log").display().to_string();
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-l", &log, "-o", &options, "start"]);
    }

    /// Stops the server at once, as a crash does.
    pub fn kill(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-m", "immediate", "stop"]);
    }

    /// Runs statements, each by itself, on its only database.
    ///
    /// # Panics
    /// When one of them fails.
    pub fn run_sql(&self, statements: &[&str]) {
        let url = self.url();
        let statements: Vec<String> = statements.iter().map(ToString::to_string).collect();
        // The client may not block a thread of the tests' runtime.
        let running = std::thread::spawn(move || {
            let mut client =
                postgres::Client::connect(&url, postgres::NoTls).expect("the test server answers");
            for statement in statements {
                client.batch_execute(&statement).expect("the statement is good");
            }
        });
        running.join().expect("the statements have run");
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
