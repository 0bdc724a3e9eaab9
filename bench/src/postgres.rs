//! A throw-away PostgreSQL server beside the servers that are measured.

use crate::process;
use anyhow::Context;
use meeshy_testkit::Cluster;

/// A PostgreSQL server on the first processor, where its clients run too.
pub struct Postgres {
    cluster: Cluster,
    databases: usize,
}

impl Postgres {
    /// Starts one.
    ///
    /// # Errors
    /// When there is no first processor.
    pub fn start() -> anyhow::Result<Self> {
        // What is started inherits the processor.
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
