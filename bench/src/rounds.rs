//! Interleaved rounds (A, B, A, B), so that other load on the machine affects both.

use crate::figures::{Figure, Row};
use crate::server::Kind;
use crate::server::Programs;
use clap::ValueEnum;
use std::time::Duration;

/// How much to measure, and with which programs.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The programs.
    pub programs: Programs,
    /// Rounds after the warm-up.
    pub rounds: usize,
    /// How long a load runs before it is measured.
    pub warm_up: Duration,
    /// How long it is measured.
    pub window: Duration,
    /// How long memory may take to settle.
    pub settle: Duration,
    /// The databases to measure on.
    pub databases: Databases,
}

/// The databases to measure on, for benchmarks that have a table for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Databases {
    /// Both.
    Both,
    /// SQLite only.
    Sqlite,
    /// PostgreSQL only.
    Postgres,
}

impl Databases {
    /// Whether SQLite is one of them.
    pub fn has_sqlite(self) -> bool {
        self != Self::Postgres
    }

    /// Whether PostgreSQL is one of them.
    pub fn has_postgres(self) -> bool {
        self != Self::Sqlite
    }
}

impl Plan {
    /// Five rounds, or two short ones to check that everything works.
    pub fn new(programs: Programs, quick: bool, databases: Databases) -> Self {
        let (rounds, warm_up, window, settle) = if quick { (2, 1, 2, 3) } else { (5, 2, 5, 8) };
        let [warm_up, window, settle] = [warm_up, window, settle].map(Duration::from_secs);
        Self { programs, rounds, warm_up, window, settle, databases }
    }
}

/// Measures ours and each peer once to warm up, which does not count, and then in turns. Returns our rows and
/// the peers'.
///
/// # Errors
/// If a measurement fails.
pub async fn interleaved(
    rounds: usize,
    peers: &[Kind],
    mut measure: impl AsyncFnMut(Kind) -> anyhow::Result<Vec<Figure>>,
) -> anyhow::Result<(Vec<Row>, Vec<Row>)> {
    let subjects: Vec<Kind> = [&[Kind::Meeshy], peers].concat();
    let mut results: Vec<Vec<Vec<Figure>>> = vec![Vec::new(); subjects.len()];
    for round in 0..=rounds {
        for (subject, results) in subjects.iter().zip(&mut results) {
            let figures = measure(*subject).await?;
            let is_warm_up = round == 0;
            progress(&format!(
                "  {}: {subject}",
                if is_warm_up { "warm-up".into() } else { format!("round {round}") }
            ));
            if !is_warm_up {
                results.push(figures);
            }
        }
    }
    let rows = subjects.iter().zip(results).map(|(subject, rounds)| Row::new(subject.to_string(), &rounds));
    let mut ours: Vec<Row> = rows.collect();
    let peers = ours.split_off(1);
    Ok((ours, peers))
}

/// Prints progress.
#[expect(clippy::print_stderr, reason = "progress is not output")]
pub fn progress(text: &str) {
    eprintln!("{text}");
}
