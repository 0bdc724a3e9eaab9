//! A private PostgreSQL server for tests that stop and restart it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A temporary PostgreSQL server on a free port; stopped and removed when dropped.
pub struct Cluster {
    folder: tempfile::TempDir,
    port: u16,
    options: String,
}

/// Certificates generated for one test.
pub struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    /// Generates a certificate for `localhost` and its authority.
    ///
    /// # Panics
    /// If `openssl` is not installed; the message says how to install it.
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

    /// The certificate of the authority.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The certificate of `localhost`.
    #[must_use]
    pub fn server(&self) -> PathBuf {
        self.folder.path().join("server.pem")
    }

    /// The private key of `localhost`.
    #[must_use]
    pub fn server_key(&self) -> PathBuf {
        self.folder.path().join("server.key")
    }
}

impl Cluster {
    /// Starts a server that accepts only encrypted connections.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[must_use]
    pub fn start_encrypted(certificates: &Certificates) -> Self {
        let mut cluster = Self::create();
        let data = PathBuf::from(cluster.data());
        for name in ["server.pem", "server.key"] {
            std::fs::copy(certificates.folder.path().join(name), data.join(name)).expect("a copy");
            if is_root() {
                let owned = Command::new("chown").arg("postgres").arg(data.join(name)).status();
                assert!(owned.is_ok_and(|status| status.success()), "the file is owned by the server");
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

    /// Creates and starts a server. As root, it runs as the user `postgres`, because PostgreSQL refuses to
    /// run as root.
    ///
    /// # Panics
    /// If PostgreSQL is not installed; the message says how to install it.
    pub fn start() -> Self {
        let cluster = Self::create();
        cluster.up();
        cluster
    }

    fn create() -> Self {
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

    /// The URL of its only database.
    pub fn url(&self) -> String {
        format!("postgres://meeshy@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts the server and waits until it responds.
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

    /// Stops the server immediately, as a crash does.
    pub fn kill(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-m", "immediate", "stop"]);
    }

    /// Runs statements, each on its own, on its only database.
    ///
    /// # Panics
    /// If one of them fails.
    pub fn run_sql(&self, statements: &[&str]) {
        let url = self.url();
        let statements: Vec<String> = statements.iter().map(ToString::to_string).collect();
        // The client must not block a runtime thread of the tests.
        let running = std::thread::spawn(move || {
            let mut client =
                postgres::Client::connect(&url, postgres::NoTls).expect("the test server responds");
            for statement in statements {
                client.batch_execute(&statement).expect("the statement succeeds");
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

/// Debian installs PostgreSQL's programs outside of `PATH`.
fn installed(program: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest =
        versions.map(|version| version.path().join("bin").join(program)).filter(|path| path.exists()).max();
    newest.expect("PostgreSQL is not installed: apt-get install postgresql")
}
