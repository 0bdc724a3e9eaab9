//! A temporary PostgreSQL server next to the measured servers.

use crate::process;
use anyhow::Context;
use meeshy_testkit::Cluster;

/// A PostgreSQL server on the first core, where its clients run as well.
pub struct Postgres {
    cluster: Cluster,
    databases: usize,
}

impl Postgres {
    /// Starts one.
    ///
    /// # Errors
    /// When there is no first core.
    pub fn start() -> anyhow::Result<Self> {
        // Child processes inherit the core.
        process::pin_to(&[process::SERVER_CPU]).context("cannot use the first processor")?;
        let cluster = Cluster::start();
        process::pin_to(&[process::OWN_CPU])?;
        Ok(Self { cluster, databases: 0 })
    }

    /// The address of a new, empty database.
    pub fn database(&mut self) -> String {
        self.databases += 1;
        let name = format!("bench_{}", self.databases);
        self.cluster.run_sql(&[&format!("CREATE DATABASE {name}")]);
        format!("postgres://meeshy@127.0.0.1:{}/{name}", self.cluster.port())
    }
}
