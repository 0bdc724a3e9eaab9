//! PostgreSQL: a pool of threads, each with a connection that it makes anew when it is lost.

mod address;
mod connection;
mod listener;
mod lock;
mod ssl_mode;
mod tls;

pub(crate) use address::{Address, without_password};
pub(crate) use listener::Listener;
pub(crate) use lock::has_earlier_gateway;

use crate::migrate::{self, Migrated};
use crate::queue::{Access, Verdict, Work};
use crate::threads::Threads;
use crate::tx::{Afterwards, Connection};
use crate::{Row, StoreError, Value};
use connection::{Answer, Blocking, Limit, Request};
use lock::Lock;
use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_postgres::Statement;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

pub(crate) const QUEUE: usize = 1_024;
/// How long a closure waits for a connection before it is told that there is none.
const CONNECT_RETRY_TIMEOUT: Duration = Duration::from_secs(2);
/// Locks that keep the actions after a commit in order; two keys may share one.
const ORDER_LOCKS: usize = 64;
/// Statements that are kept prepared on each connection; the queries of this crate are some hundreds.
const STATEMENTS: usize = 1_024;
/// How often a transaction is run that others were in the way of.
const ATTEMPTS: u32 = 4;
/// Statements that wait for the next one to travel with it, at most; fewer than 30, up to which `join_all` keeps their order.
const MAX_UNSENT: usize = 16;
/// The pause before it is run again, longer after each attempt.
const RETRY_PAUSE: Duration = Duration::from_millis(20);

type Jobs = Arc<Mutex<mpsc::Receiver<Box<dyn Work>>>>;
type OrderLocks = Arc<[Mutex<()>; ORDER_LOCKS]>;

/// The threads that own the connections to one PostgreSQL database.
pub(crate) struct Postgres {
    address: Address,
    jobs: mpsc::Sender<Box<dyn Work>>,
}

impl Postgres {
    /// Connects to `url`, to fail early and clearly, brings the schema up to date, and starts `connections` threads.
    pub(crate) fn open(
        url: &str,
        connections: usize,
        threads: &Threads,
    ) -> Result<(Self, Migrated), StoreError> {
        let address = Address::parse(url)?;
        let failed = |cause: String| StoreError::Open { target: address.shown.clone(), cause };
        let migrated = migrate(&address).map_err(|error| match error {
            StoreError::Unavailable(cause) => failed(cause),
            error => error,
        })?;
        let (sender, jobs) = mpsc::channel(QUEUE);
        let jobs = Arc::new(Mutex::new(jobs));
        let order: OrderLocks = Arc::new(std::array::from_fn(|_| Mutex::new(())));
        for _ in 0..connections.max(1) {
            let session = Session::new(address.clone(), None);
            let (jobs, order) = (Arc::clone(&jobs), Arc::clone(&order));
            threads.spawn("store-postgres", move || serve(session, &jobs, &order)).map_err(&failed)?;
        }
        Ok((Self { address, jobs: sender }, migrated))
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn jobs(&self) -> &mpsc::Sender<Box<dyn Work>> {
        &self.jobs
    }
}

/// Brings the schema up to date, on a connection of its own, while all other processes that start wait for it.
fn migrate(address: &Address) -> Result<Migrated, StoreError> {
    let mut connection = lock::connect_shared(address, Limit::None)?;
    lock::wait_for_setup(&mut connection)?;
    migrate::on(&mut Session::new(address.clone(), Some(connection)))
}

/// Connects to `url` for this process alone.
pub(crate) fn open_exclusive(url: &str) -> Result<Session, StoreError> {
    let address = Address::parse(url)?;
    let connection = lock::connect_alone(&address).map_err(|error| match error {
        StoreError::Unavailable(cause) => StoreError::Open { target: address.shown.clone(), cause },
        error => error,
    })?;
    Ok(Session::new(address, Some(connection)))
}

fn serve(mut session: Session, jobs: &Jobs, order: &OrderLocks) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(mut work) = job else { return };
        let mut attempt = 1;
        let outcome = loop {
            let outcome = session.transaction(&mut *work, order);
            let in_the_way = std::mem::take(&mut session.in_the_way);
            if !(in_the_way && attempt < ATTEMPTS && work.rewind()) {
                break outcome;
            }
            // Whoever was in the way has its turn first.
            std::thread::sleep(RETRY_PAUSE * attempt);
            attempt += 1;
        };
        if session.is_lost() {
            session.forget_connection();
        }
        work.finish(outcome);
    }
}

pub(crate) struct Session {
    address: Address,
    connection: Option<Blocking>,
    statements: HashMap<String, Statement>,
    /// What travels with the next statement: the beginning of a transaction, and what nobody waits for.
    unsent: Vec<Unsent>,
    /// Whether the server knows of the transaction.
    has_begun: bool,
    /// Whether this transaction was undone because it and another one waited for each other.
    in_the_way: bool,
}

/// A statement that has not been sent yet.
enum Unsent {
    /// It begins a transaction.
    Begin(&'static str),
    /// Nobody waits for its answer.
    Statement(String, Vec<Value>),
}

/// A statement that somebody waits for.
#[derive(Clone, Copy)]
enum Awaited<'a> {
    Batch(&'a str),
    Execute(&'a str, &'a [Value]),
    Query(&'a str, &'a [Value]),
}

impl Session {
    fn new(address: Address, connection: Option<Blocking>) -> Self {
        let (statements, unsent) = (HashMap::new(), Vec::new());
        Self { address, connection, statements, unsent, has_begun: false, in_the_way: false }
    }

    fn transaction(&mut self, work: &mut dyn Work, order: &OrderLocks) -> Result<(), StoreError> {
        let begin = match work.access() {
            Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            // Whether it may write is for the server to say.
            Access::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        self.unsent = vec![Unsent::Begin(begin)];
        self.has_begun = false;
        match work.run(self) {
            Verdict::Undo => {
                self.unsent.clear();
                if self.has_begun && !self.is_lost() { self.batch("ROLLBACK") } else { Ok(()) }
            }
            Verdict::Commit(afterwards) => self.commit(afterwards, order),
        }
    }

    /// Sends what has not been sent and then `last`, on a new connection if a transaction begins with it and the old one turns out
    /// to be dead.
    fn send(&mut self, last: Awaited<'_>) -> Result<(Option<Statement>, Answer), StoreError> {
        let unsent = std::mem::take(&mut self.unsent);
        let begins = matches!(unsent.first(), Some(Unsent::Begin(_)));
        let is_old = self.connection.is_some();
        let mut outcome = self.try_to_send(&unsent, last);
        if begins && is_old && matches!(outcome, Err(StoreError::Unavailable(_))) {
            self.forget_connection();
            outcome = self.try_to_send(&unsent, last);
        }
        self.has_begun |= begins;
        // A transaction that waited for another one may be run again.
        self.in_the_way |= matches!(outcome, Err(StoreError::InTheWay(_)));
        outcome
    }

    fn try_to_send(
        &mut self,
        unsent: &[Unsent],
        last: Awaited<'_>,
    ) -> Result<(Option<Statement>, Answer), StoreError> {
        let mut first = Vec::with_capacity(unsent.len());
        for unsent in unsent {
            first.push(match unsent {
                Unsent::Begin(sql) => Request::Batch(sql),
                Unsent::Statement(sql, params) => Request::Execute(self.prepared(sql)?, params),
            });
        }
        let (statement, last) = match last {
            Awaited::Batch(sql) => (None, Request::Batch(sql)),
            Awaited::Execute(sql, params) => (None, Request::Execute(self.prepared(sql)?, params)),
            Awaited::Query(sql, params) => {
                let statement = self.prepared(sql)?;
                (Some(statement.clone()), Request::Query(statement, params))
            }
        };
        Ok((statement, self.connection()?.pipeline(&first, &last)?))
    }

    /// The row lock that orders two transactions is gone once the first has committed, so the second could
    /// overtake the first on its way to the actions; locks held over both keep them in order. They are taken in the
    /// order of their places, so that no two transactions wait for each other.
    fn commit(&mut self, afterwards: Vec<Afterwards>, order: &OrderLocks) -> Result<(), StoreError> {
        let place =
            |afterwards: &Afterwards| usize::try_from(afterwards.order_key % ORDER_LOCKS as u64).unwrap_or(0);
        let places: BTreeSet<usize> = afterwards.iter().map(place).collect();
        let _in_order: Vec<_> = places
            .into_iter()
            .map(|place| order[place].lock().unwrap_or_else(PoisonError::into_inner))
            .collect();
        self.batch("COMMIT")?;
        // Whatever it went around on the way.
        self.in_the_way = false;
        afterwards.into_iter().for_each(Afterwards::run);
        Ok(())
    }

    /// Whether there is no connection on which anything could be undone.
    fn is_lost(&self) -> bool {
        self.connection.as_ref().is_none_or(Blocking::is_broken)
    }

    fn forget_connection(&mut self) {
        self.connection = None;
        self.statements.clear();
    }

    fn connection(&mut self) -> Result<&mut Blocking, StoreError> {
        if self.connection.is_none() {
            self.connection = Some(self.connect()?);
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

    fn prepared(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        let statement = self.connection()?.prepare(sql)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Connection for Session {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        match self.send(Awaited::Execute(sql, params))? {
            (_, Answer::Changed(rows)) => Ok(rows),
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

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let (Some(statement), Answer::Rows(rows)) = self.send(Awaited::Query(sql, params))? else {
            return Err(StoreError::Statement("no rows came back".into()));
        };
        let columns: Arc<[String]> =
            statement.columns().iter().map(|column| column.name().to_owned()).collect();
        rows.iter()
            .map(|row| {
                let values = (0..columns.len()).map(|index| owned(row, index)).collect::<Result<_, _>>()?;
                Ok(Row::new(Arc::clone(&columns), values))
            })
            .collect()
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.send(Awaited::Batch(sql)).map(drop)
    }

    fn analyze(&mut self) -> Result<(), StoreError> {
        self.batch("ANALYZE")
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        // The server does, by itself.
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

    fn lock_setup(&mut self) -> Result<(), StoreError> {
        self.batch(&format!("SELECT pg_advisory_xact_lock({})", Lock::Setup.number()))
    }
}

fn owned(row: &tokio_postgres::Row, index: usize) -> Result<Value, StoreError> {
    let kind = row.columns()[index].type_();
    Ok(match *kind {
        Type::BOOL => row.try_get::<_, Option<bool>>(index)?.into(),
        Type::INT8 => row.try_get::<_, Option<i64>>(index)?.into(),
        Type::INT4 => row.try_get::<_, Option<i32>>(index)?.map(i64::from).into(),
        Type::FLOAT8 => row.try_get::<_, Option<f64>>(index)?.into(),
        Type::TEXT | Type::VARCHAR => row.try_get::<_, Option<String>>(index)?.into(),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index)?.into(),
        ref other => {
            return Err(StoreError::Statement(format!("a column of type `{other}` is not portable")));
        }
    })
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut tokio_postgres::types::private::BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Bool(on) => on.to_sql_checked(kind, out),
            Self::Int(number) if *kind == Type::INT4 => i32::try_from(*number)?.to_sql_checked(kind, out),
            Self::Int(number) => number.to_sql_checked(kind, out),
            Self::Real(number) => number.to_sql_checked(kind, out),
            Self::Text(text) => text.to_sql_checked(kind, out),
            Self::Bytes(bytes) => bytes.to_sql_checked(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // The kinds are checked value by value above.
        true
    }

    to_sql_checked!();
}
