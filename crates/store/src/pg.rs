//! PostgreSQL: a pool of threads, each with a connection that it makes anew when it is lost.

use crate::bell::{Bell, Ring};
use crate::tx::{Afterwards, Connection};
use crate::work::{Verdict, Work};
use crate::{Row, StoreError, Value, sqlite::spawn};
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, NoTls, Statement};
use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

const QUEUE: usize = 1_024;
/// How long a closure waits for a connection before it is told that there is none.
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
/// The wait before a listener connects again, and how often it looks whether anybody listens to it.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);
/// Locks that keep the actions after a commit in order; two keys may share one.
const ORDER_LOCKS: usize = 64;

type Jobs = Arc<Mutex<mpsc::Receiver<Box<dyn Work>>>>;
type OrderLocks = Arc<[Mutex<()>; ORDER_LOCKS]>;

/// The threads that own the connections to one PostgreSQL database.
pub(crate) struct Postgres {
    config: Box<Config>,
    jobs: mpsc::Sender<Box<dyn Work>>,
}

impl Postgres {
    /// Connects to `url` once, to fail early and clearly, then starts `connections` threads.
    pub(crate) fn open(url: &str, connections: usize) -> Result<Self, StoreError> {
        let shown = without_password(url);
        let failed = |cause: String| StoreError::Open { target: shown.clone(), cause };
        let config = configuration(url).map_err(|error| failed(error.to_string()))?;
        let first = config.connect(NoTls).map_err(|error| failed(explain(&error)))?;
        let mut first = Some(share(first, &config)?);

        let (sender, jobs) = mpsc::channel(QUEUE);
        let jobs = Arc::new(Mutex::new(jobs));
        let order: OrderLocks = Arc::new(std::array::from_fn(|_| Mutex::new(())));
        for _ in 0..connections {
            let session =
                Session { config: config.clone(), client: first.take(), statements: HashMap::new() };
            let (jobs, order) = (Arc::clone(&jobs), Arc::clone(&order));
            spawn("store-postgres", move || serve(session, &jobs, &order)).map_err(&failed)?;
        }
        Ok(Self { config: Box::new(config), jobs: sender })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn jobs(&self) -> &mpsc::Sender<Box<dyn Work>> {
        &self.jobs
    }
}

fn configuration(url: &str) -> Result<Config, postgres::Error> {
    let mut config: Config = url.parse()?;
    config
        .connect_timeout(CONNECT_PATIENCE)
        .application_name("meeshy")
        .keepalives_idle(Duration::from_secs(30))
        .notice_callback(|notice| tracing::debug!(%notice, "PostgreSQL remarked something"));
    Ok(config)
}

/// What every process that uses a database holds a share of, and one that wants it for itself holds whole: `meeshy` as a number.
const WHOLE_DATABASE: i64 = 0x6d65_6573_6879;

/// Connects to `url` for this process alone.
pub(crate) fn open_alone(url: &str) -> Result<Session, StoreError> {
    let shown = without_password(url);
    let failed = |cause: String| StoreError::Open { target: shown.clone(), cause };
    let config = configuration(url).map_err(|error| failed(error.to_string()))?;
    let mut client = config.connect(NoTls).map_err(|error| failed(explain(&error)))?;
    if !lock(&mut client, "pg_try_advisory_lock")? {
        return Err(StoreError::Shared(shown));
    }
    Ok(Session { config, client: Some(client), statements: HashMap::new() })
}

/// Takes a share of the database, for as long as the connection lasts, unless another process has it for itself.
fn share(mut client: Client, config: &Config) -> Result<Client, StoreError> {
    if lock(&mut client, "pg_try_advisory_lock_shared")? {
        return Ok(client);
    }
    Err(StoreError::Shared(config.get_dbname().unwrap_or_default().to_owned()))
}

/// Tries to lock the whole database, with some patience: the server notices late that a connection has ended.
fn lock(client: &mut Client, function: &str) -> Result<bool, StoreError> {
    let start = Instant::now();
    loop {
        let row = client.query_one(&format!("SELECT {function}($1)"), &[&WHOLE_DATABASE])?;
        let is_ours: bool = row.try_get(0)?;
        if is_ours || start.elapsed() > CONNECT_PATIENCE {
            return Ok(is_ours);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The address with the password left out, for messages and logs.
pub(crate) fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => {
            let user = url[scheme + 3..at].split(':').next().unwrap_or_default();
            format!("{}{user}{}", &url[..scheme + 3], &url[at..])
        }
        _ => {
            url.split_whitespace().filter(|part| !part.starts_with("password")).collect::<Vec<_>>().join(" ")
        }
    }
}

fn explain(error: &postgres::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

fn serve(mut session: Session, jobs: &Jobs, order: &OrderLocks) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(mut work) = job else { return };
        let outcome = session.transaction(&mut *work, order);
        if session.client.as_ref().is_some_and(Client::is_closed) {
            session.forget_connection();
        }
        work.finish(outcome);
    }
}

pub(crate) struct Session {
    config: Config,
    client: Option<Client>,
    statements: HashMap<String, Statement>,
}

impl Session {
    fn transaction(&mut self, work: &mut dyn Work, order: &OrderLocks) -> Result<(), StoreError> {
        self.begin()?;
        match work.run(self) {
            Verdict::Undo => self.batch("ROLLBACK"),
            Verdict::Commit(afterwards) => self.commit(afterwards, order),
        }
    }

    /// Starts a transaction, on a new connection if the old one turns out to be dead.
    fn begin(&mut self) -> Result<(), StoreError> {
        match self.batch("BEGIN") {
            Err(StoreError::Unavailable(_)) => {
                self.forget_connection();
                self.batch("BEGIN")
            }
            outcome => outcome,
        }
    }

    /// The row lock that orders two transactions is gone once the first has committed, so the second could
    /// overtake the first on its way to the actions; a lock held over both keeps them in order.
    fn commit(&mut self, afterwards: Vec<Afterwards>, order: &OrderLocks) -> Result<(), StoreError> {
        let _in_order = afterwards.first().map(|first| {
            let lock = &order[usize::try_from(first.order_key % ORDER_LOCKS as u64).unwrap_or(0)];
            lock.lock().unwrap_or_else(PoisonError::into_inner)
        });
        self.batch("COMMIT")?;
        afterwards.into_iter().for_each(|afterwards| (afterwards.action)());
        Ok(())
    }

    fn forget_connection(&mut self) {
        self.client = None;
        self.statements.clear();
    }

    fn client(&mut self) -> Result<&mut Client, StoreError> {
        if self.client.is_none() {
            self.client = Some(self.connect()?);
        }
        self.client.as_mut().ok_or_else(|| StoreError::Unavailable("not connected".into()))
    }

    fn connect(&self) -> Result<Client, StoreError> {
        let start = Instant::now();
        loop {
            match self.config.connect(NoTls) {
                Ok(client) => return share(client, &self.config),
                Err(error) if start.elapsed() > CONNECT_PATIENCE => {
                    return Err(StoreError::Unavailable(explain(&error)));
                }
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }

    fn prepared(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client()?.prepare(sql)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// A thread with a connection of its own that hears what is rung for.
pub(crate) struct Listener {
    config: Config,
    heard: mpsc::Sender<Ring>,
}

impl Listener {
    pub(crate) fn start(config: Config) -> mpsc::Receiver<Ring> {
        let (heard, rings) = mpsc::channel(QUEUE);
        let listener = Self { config, heard };
        if let Err(cause) = spawn("store-listener", move || listener.run()) {
            tracing::error!(cause, "Nothing is heard of other processes");
        }
        rings
    }

    fn run(self) {
        while !self.heard.is_closed() {
            if let Err(error) = self.listen() {
                tracing::warn!(error = explain(&error), "Nothing is heard of other processes; trying again");
            }
            std::thread::sleep(LISTEN_AGAIN);
        }
    }

    fn listen(&self) -> Result<(), postgres::Error> {
        let mut client = self.config.connect(NoTls)?;
        for bell in Bell::ALL {
            client.batch_execute(&format!("LISTEN {}", bell.name()))?;
        }
        // Whatever happened before this connection was there.
        let _ = self.heard.blocking_send(Ring::Missed);
        while !self.heard.is_closed() && !client.is_closed() {
            let mut notifications = client.notifications();
            let mut notifications = notifications.timeout_iter(LISTEN_AGAIN);
            while let Some(notification) = notifications.next()? {
                let bell = Bell::ALL.into_iter().find(|bell| bell.name() == notification.channel());
                if let Some(bell) = bell {
                    let _ = self.heard.blocking_send(Ring::Rang(bell, notification.payload().to_owned()));
                }
            }
        }
        Ok(())
    }
}

impl Connection for Session {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        let statement = self.prepared(sql)?;
        Ok(self.client()?.execute(&statement, &references(params))?)
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let statement = self.prepared(sql)?;
        let rows = self.client()?.query(&statement, &references(params))?;
        let columns: Arc<[String]> =
            statement.columns().iter().map(|column| column.name().to_owned()).collect();
        rows.iter()
            .map(|row| {
                let values = (0..columns.len()).map(|index| owned(row, index)).collect::<Result<_, _>>()?;
                Ok(Row { columns: Arc::clone(&columns), values })
            })
            .collect()
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        Ok(self.client()?.batch_execute(sql)?)
    }

    fn analyze(&mut self) -> Result<(), StoreError> {
        self.batch("ANALYZE")
    }

    fn write_out(&mut self) -> Result<(), StoreError> {
        // The server does, by itself.
        Ok(())
    }

    fn skip_locked(&self) -> &'static str {
        "FOR UPDATE SKIP LOCKED"
    }

    fn held(&self) -> &'static str {
        "FOR SHARE"
    }
}

fn references(params: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn owned(row: &postgres::Row, index: usize) -> Result<Value, StoreError> {
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
        out: &mut postgres::types::private::BytesMut,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_left_out_of_messages() {
        assert_eq!(without_password("postgres://me:se@cret@db:5432/x"), "postgres://me@db:5432/x");
        assert_eq!(without_password("postgres://db/x"), "postgres://db/x");
        assert_eq!(without_password("host=db password=secret user=me"), "host=db user=me");
    }
}
