//! A connection with its prepared statements, and the transaction that runs on it.
//!
//! Statements whose result is not needed at once are deferred: the start of a transaction, statements without
//! a result, and savepoints are sent with the next one whose result is needed, in one round trip.

use super::address::Address;
use super::connection::{Answer, Blocking, Failure, Limit, Request};
use super::lock::{self, Lock};
use super::order::OrderLocks;
use super::value::owned;
use crate::engine::full_text::{self, FullText};
use crate::engine::query;
use crate::engine::queue::{Access, Verdict, Work};
use crate::engine::tx::{Afterwards, Connection, check_literals, check_parameters};
use crate::{Row, StoreError, Value};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_postgres::Statement;

/// How long a closure waits for a connection before it fails.
const CONNECT_RETRY_TIMEOUT: Duration = Duration::from_secs(2);
/// Statements prepared on each connection; this crate has a few hundred queries.
const STATEMENTS: usize = 1_024;
/// The maximum number of attempts after deadlocks.
const ATTEMPTS: u32 = 4;
/// The delay before a retry, increasing with each attempt.
const RETRY_PAUSE: Duration = Duration::from_millis(20);
/// The most statements that are deferred.
const MAX_UNSENT: usize = 64;

pub(crate) struct Session {
    address: Address,
    connection: Option<Blocking>,
    statements: HashMap<String, Statement>,
    /// The deferred statements.
    pub(super) unsent: Vec<Unsent>,
    /// How many of them, from the start, do not belong to the current closure.
    pub(super) not_of_closure: usize,
    /// The state of the transaction.
    pub(super) state: State,
}

/// The state of a transaction.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct State {
    /// Whether the server has started it.
    pub(super) has_begun: bool,
    /// Whether something was sent for the current closure.
    pub(super) has_sent: bool,
    /// Whether it was rolled back because of a deadlock.
    pub(super) is_in_the_way: bool,
    /// Whether a statement waited too long for a lock.
    pub(super) waited_too_long: bool,
    /// Whether a deferred statement of an earlier closure of the group failed.
    pub(super) is_spoilt: bool,
    /// Whether no connection could be made.
    pub(super) is_unreachable: bool,
}

/// A deferred statement.
pub(super) enum Unsent {
    /// Statements without parameters that start a transaction.
    Begin(&'static str),
    /// Statements without parameters.
    Batch(&'static str),
    /// A statement whose result is not needed.
    Statement(String, Vec<Value>),
}

/// A statement whose result is needed.
#[derive(Clone, Copy)]
enum Awaited<'a> {
    Batch(&'a str),
    Execute(&'a str, &'a [Value]),
    Query(&'a str, &'a [Value]),
}

impl Session {
    pub(super) fn new(address: Address, connection: Option<Blocking>) -> Self {
        let (statements, unsent) = (HashMap::new(), Vec::new());
        Self { address, connection, statements, unsent, not_of_closure: 0, state: State::default() }
    }

    pub(super) fn begin(&mut self, begin: &'static str) {
        self.unsent = vec![Unsent::Begin(begin)];
        self.not_of_closure = 0;
        self.state = State::default();
    }

    /// Runs a closure in a transaction of its own, with retries after deadlocks if it writes, and responds.
    pub(super) fn run_alone(&mut self, mut work: Box<dyn Work>, order: &OrderLocks) {
        if work.access() == Access::Read {
            self.read(work);
        } else {
            let mut attempt = 1;
            let outcome = loop {
                let outcome = self.write(&mut *work, order);
                if !self.state.is_in_the_way || attempt == ATTEMPTS {
                    break outcome;
                }
                // The other transaction of the deadlock goes first.
                std::thread::sleep(RETRY_PAUSE * attempt);
                attempt += 1;
            };
            work.finish(outcome);
        }
        if self.is_lost() {
            self.forget_connection();
        }
    }

    /// Runs a closure in a transaction of its own. The server decides whether it may write.
    fn write(&mut self, work: &mut dyn Work, order: &OrderLocks) -> Result<(), StoreError> {
        self.begin("BEGIN ISOLATION LEVEL READ COMMITTED");
        match work.run(self) {
            Verdict::Undo => self.undo(),
            Verdict::Commit(afterwards) => self.commit(afterwards, order),
        }
    }

    /// Runs a read-only closure. Its result does not wait for the end of the transaction, in which nothing
    /// can be lost.
    fn read(&mut self, mut work: Box<dyn Work>) {
        self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        work.run(self);
        work.finish(Ok(()));
        let _ = self.undo();
    }

    pub(super) fn undo(&mut self) -> Result<(), StoreError> {
        self.unsent.clear();
        if self.state.has_begun && !self.is_lost() { self.batch("ROLLBACK") } else { Ok(()) }
    }

    /// The row lock that orders two transactions is released when the first one commits, so the second could
    /// overtake it on the way to its commit hooks. Advisory locks held over both keep them in order.
    pub(super) fn commit(
        &mut self,
        afterwards: Vec<Afterwards>,
        order: &OrderLocks,
    ) -> Result<(), StoreError> {
        let _in_order = order.lock_all(&afterwards);
        self.batch("COMMIT")?;
        // The error may be wrapped.
        self.state.is_in_the_way = false;
        afterwards.into_iter().for_each(Afterwards::run);
        Ok(())
    }

    /// Sends the deferred statements and then `awaited`; on a new connection if this starts a transaction and
    /// the old connection turns out to be broken.
    fn send(&mut self, awaited: &[Awaited<'_>]) -> Result<Vec<Answer>, StoreError> {
        let unsent = std::mem::take(&mut self.unsent);
        let begins = matches!(unsent.first(), Some(Unsent::Begin(_)));
        let is_old = self.connection.is_some();
        let mut outcome = self.try_to_send(&unsent, awaited);
        if let Err(Failure { error: StoreError::Unavailable(_), is_lock_timeout: false, .. }) = outcome
            && begins
            && is_old
        {
            self.forget_connection();
            outcome = self.try_to_send(&unsent, awaited);
        }
        self.state.has_begun |= begins;
        self.state.has_sent = true;
        let not_of_closure = std::mem::take(&mut self.not_of_closure);
        outcome.map_err(|Failure { at, is_lock_timeout, error }| {
            // A transaction that waited for another one may be retried.
            self.state.is_in_the_way |= matches!(error, StoreError::InTheWay(_));
            self.state.waited_too_long |= is_lock_timeout;
            self.state.is_spoilt |= at < not_of_closure;
            error
        })
    }

    fn try_to_send(&mut self, unsent: &[Unsent], awaited: &[Awaited<'_>]) -> Result<Vec<Answer>, Failure> {
        // If nothing could be sent, all of it has failed, from the first on.
        let not_sent = |error| Failure { at: 0, is_lock_timeout: false, error };
        let requests = self.requests(unsent, awaited).map_err(not_sent)?;
        let mut answers = self.connection().map_err(not_sent)?.pipeline(&requests)?;
        Ok(answers.split_off(unsent.len()))
    }

    fn requests<'a>(
        &mut self,
        unsent: &'a [Unsent],
        awaited: &[Awaited<'a>],
    ) -> Result<Vec<Request<'a>>, StoreError> {
        let mut requests = Vec::with_capacity(unsent.len() + awaited.len());
        for unsent in unsent {
            requests.push(match unsent {
                Unsent::Begin(sql) | Unsent::Batch(sql) => Request::Batch(sql),
                Unsent::Statement(sql, params) => Request::Execute(self.prepared(sql, params)?, params),
            });
        }
        for awaited in awaited {
            requests.push(match *awaited {
                Awaited::Batch(sql) => Request::Batch(sql),
                Awaited::Execute(sql, params) => Request::Execute(self.prepared(sql, params)?, params),
                Awaited::Query(sql, params) => Request::Query(self.prepared(sql, params)?, params),
            });
        }
        Ok(requests)
    }

    /// Whether there is no connection to roll back on.
    pub(super) fn is_lost(&self) -> bool {
        self.connection.as_ref().is_none_or(Blocking::is_broken)
    }

    /// Whether the connection was lost during a transaction that the server may have started.
    pub(super) fn has_lost(&self) -> bool {
        self.state.has_begun && self.is_lost()
    }

    pub(super) fn forget_connection(&mut self) {
        self.connection = None;
        self.statements.clear();
    }

    fn connection(&mut self) -> Result<&mut Blocking, StoreError> {
        if self.connection.is_none() {
            let connected = self.connect();
            self.state.is_unreachable = connected.is_err();
            self.connection = Some(connected?);
        }
        self.connection.as_mut().ok_or_else(|| StoreError::Unavailable("not connected".into()))
    }

    fn connect(&self) -> Result<Blocking, StoreError> {
        let start = Instant::now();
        loop {
            match lock::connect_shared(&self.address, Limit::Short) {
                Err(StoreError::Unavailable(_)) if start.elapsed() < CONNECT_RETRY_TIMEOUT => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                outcome => return outcome,
            }
        }
    }

    fn prepared(&mut self, sql: &str, params: &[Value]) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            check_parameters(sql, statement.params().len(), params)?;
            return Ok(statement.clone());
        }
        check_literals(sql)?;
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        let statement = self.connection()?.prepare(sql)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        check_parameters(sql, statement.params().len(), params)?;
        Ok(statement)
    }
}

impl Connection for Session {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        match self.send(&[Awaited::Execute(sql, params)])?.pop() {
            Some(Answer::Changed(rows)) => Ok(rows),
            _ => Err(StoreError::Statement("no number of rows came back".into())),
        }
    }

    fn execute_later(&mut self, sql: &str, params: &[Value]) -> Result<(), StoreError> {
        if self.unsent.len() >= MAX_UNSENT {
            return self.execute(sql, params).map(drop);
        }
        self.unsent.push(Unsent::Statement(sql.to_owned(), params.to_vec()));
        Ok(())
    }

    fn query_all(&mut self, statements: &[query::Statement]) -> Result<Vec<Vec<Row>>, StoreError> {
        let awaited: Vec<_> =
            statements.iter().map(|(sql, params)| Awaited::Query(sql.as_str(), params.as_slice())).collect();
        let answers = if awaited.is_empty() { Vec::new() } else { self.send(&awaited)? };
        answers.into_iter().map(rows).collect()
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.send(&[Awaited::Query(sql, params)])?.pop().map_or_else(|| Ok(Vec::new()), rows)
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.send(&[Awaited::Batch(sql)]).map(drop)
    }

    fn analyze(&mut self) -> Result<(), StoreError> {
        self.batch("ANALYZE")
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        // The server does this by itself.
        Ok(())
    }

    fn skip_locked(&self) -> &'static str {
        "FOR UPDATE SKIP LOCKED"
    }

    fn for_share(&self) -> &'static str {
        "FOR SHARE"
    }

    fn clock(&self) -> &'static str {
        "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
    }

    fn full_text(&self) -> &'static FullText {
        &full_text::TSVECTOR
    }

    fn lock_setup(&mut self) -> Result<(), StoreError> {
        self.batch(&format!("SELECT pg_advisory_xact_lock({})", Lock::Setup.number()))
    }
}

fn rows(answer: Answer) -> Result<Vec<Row>, StoreError> {
    let Answer::Rows(rows) = answer else {
        return Err(StoreError::Statement("no rows came back".into()));
    };
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let columns: Arc<[String]> = first.columns().iter().map(|column| column.name().to_owned()).collect();
    rows.iter()
        .map(|row| {
            let values = (0..columns.len()).map(|index| owned(row, index)).collect::<Result<_, _>>()?;
            Ok(Row::new(Arc::clone(&columns), values))
        })
        .collect()
}
