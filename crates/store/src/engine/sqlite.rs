//! SQLite: one writer thread with group commit, and a few readers.
//!
//! Every commit costs one `fdatasync`, whatever its size. The writer therefore takes all waiting closures,
//! runs each inside a savepoint, and commits once; no closure returns before that commit (ADR 1 has the
//! figures).

use crate::engine::full_text::{self, FullText};
use crate::engine::migrate::{self, Migrated};
use crate::engine::queue::{Verdict, Work};
use crate::engine::threads::Threads;
use crate::engine::tx::{Afterwards, Connection, check_literals, check_parameters};
use crate::{Row, StoreError, Value};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Closures that may wait for the writer or for a reader; beyond that, callers wait for space in the queue.
const QUEUE: usize = 1_024;
/// The maximum number of closures per commit, so that the first one does not wait too long.
const GROUP: usize = 256;
const READERS: usize = 4;
const STATEMENTS: usize = 128;
/// Pages that a long transaction keeps in memory before it spills them.
const BULK_CACHE_KIB: i64 = 48 * 1_024;

/// The threads that own the connections to an SQLite file.
pub(crate) struct Sqlite {
    writer: mpsc::Sender<Box<dyn Work>>,
    readers: mpsc::Sender<Box<dyn Work>>,
    // Held while the store exists: a second process must not use the folder.
    _lock: File,
}

impl Sqlite {
    /// Opens `meeshy.db` in `folder`, creating both if missing, locks the folder for this process, and brings
    /// the schema up to date.
    pub(crate) fn open(folder: &Path, threads: &Threads) -> Result<(Self, Migrated), StoreError> {
        let failed = |cause: String| StoreError::Open { target: folder.display().to_string(), cause };
        std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
        let lock = lock(folder)?;
        let path = folder.join("meeshy.db");
        let writer = open_connection(&path, false).map_err(|error| failed(error.to_string()))?;
        let mut writer = Session::new(writer);
        let migrated = migrate::on(&mut writer)?;

        let (write, jobs) = mpsc::channel(QUEUE);
        threads.spawn("store-writer", move || serve_writes(writer, jobs)).map_err(&failed)?;

        let (read, jobs) = mpsc::channel(QUEUE);
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..READERS {
            let reader = open_connection(&path, true).map_err(|error| failed(error.to_string()))?;
            let jobs = Arc::clone(&jobs);
            threads.spawn("store-reader", move || serve_reads(reader, &jobs)).map_err(&failed)?;
        }
        Ok((Self { writer: write, readers: read, _lock: lock }, migrated))
    }

    pub(crate) fn writer(&self) -> &mpsc::Sender<Box<dyn Work>> {
        &self.writer
    }

    pub(crate) fn readers(&self) -> &mpsc::Sender<Box<dyn Work>> {
        &self.readers
    }
}

/// Opens `meeshy.db` in `folder` exclusively, on one connection with a large cache.
pub(crate) fn open_exclusive(folder: &Path) -> Result<(Session, File), StoreError> {
    let failed = |cause: String| StoreError::Open { target: folder.display().to_string(), cause };
    std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    let lock = lock(folder)?;
    let connection =
        open_connection(&folder.join("meeshy.db"), false).map_err(|error| failed(error.to_string()))?;
    connection.pragma_update(None, "cache_size", -BULK_CACHE_KIB)?;
    // A write-ahead log would grow to the size of all new data and be copied at the end. There is little or
    // no old data, so a rollback journal stays small; the next process that opens the file switches back to
    // the log. While another process reads the file the log stays in use, which only takes longer.
    let _ = connection.pragma_update(None, "journal_mode", "DELETE");
    Ok((Session::new(connection), lock))
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let path: PathBuf = folder.join("meeshy.lock");
    let failed = |cause: String| StoreError::Open { target: path.display().to_string(), cause };
    let file = File::create(&path).map_err(|error| failed(error.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error.to_string())),
    }
}

fn open_connection(path: &Path, read_only: bool) -> rusqlite::Result<rusqlite::Connection> {
    let connection = rusqlite::Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise SQLite compiles a query again whenever its parameters have changed, for a better plan.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "query_only", read_only)?;
    Ok(connection)
}

/// A connection with its prepared statements, rewritten to SQLite's form of parameters.
pub(crate) struct Session {
    connection: rusqlite::Connection,
    rewritten: HashMap<String, String>,
}

impl Session {
    fn new(connection: rusqlite::Connection) -> Self {
        Self { connection, rewritten: HashMap::new() }
    }

    /// Runs `sql` with `params` bound, and passes the statement to `use_it`.
    fn with_statement<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        use_it: impl FnOnce(&mut rusqlite::CachedStatement<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if !self.rewritten.contains_key(sql) {
            check_literals(sql)?;
            // SQLite treats `$1` as a name, numbered by first appearance; `?1` is a number.
            self.rewritten.insert(sql.to_owned(), sql.replace('$', "?"));
        }
        let mut statement = self.connection.prepare_cached(&self.rewritten[sql])?;
        check_parameters(sql, statement.parameter_count(), params)?;
        for (index, value) in params.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, value)?;
        }
        use_it(&mut statement)
    }
}

impl Connection for Session {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        self.with_statement(sql, params, |statement| Ok(statement.raw_execute()? as u64))
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.with_statement(sql, params, |statement| {
            let columns: Arc<[String]> = statement.column_names().map(str::to_owned).collect();
            let mut rows = statement.raw_query();
            let mut answer = Vec::new();
            while let Some(row) = rows.next()? {
                let values = (0..columns.len())
                    .map(|index| Ok(owned(row.get_ref(index)?)))
                    .collect::<Result<_, StoreError>>()?;
                answer.push(Row::new(Arc::clone(&columns), values));
            }
            Ok(answer)
        })
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        Ok(self.connection.execute_batch(sql)?)
    }

    fn analyze(&mut self) -> Result<(), StoreError> {
        // SQLite's plans follow the indexes; statistics did not change the slow plans of imports and exports.
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        // By default SQLite lets changed pages fill nine tenths of the cache before it writes any.
        match self.connection.cache_flush() {
            // Another connection is reading the file; the pages are written later.
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => Ok(()),
            flushed => Ok(flushed?),
        }
    }

    fn skip_locked(&self) -> &'static str {
        // There is one writer.
        ""
    }

    fn for_share(&self) -> &'static str {
        // There is one writer.
        ""
    }

    fn clock(&self) -> &'static str {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    }

    fn full_text(&self) -> &'static FullText {
        &full_text::FTS5
    }

    fn lock_setup(&mut self) -> Result<(), StoreError> {
        // The folder belongs to this process, and there is one writer.
        Ok(())
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Bool(on) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*on))),
            Self::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Self::Real(number) => ToSqlOutput::Borrowed(ValueRef::Real(*number)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

fn serve_reads(connection: rusqlite::Connection, jobs: &Mutex<mpsc::Receiver<Box<dyn Work>>>) {
    let mut session = Session::new(connection);
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(mut work) = job else { return };
        // One transaction, so that all statements of the closure see the same snapshot.
        let outcome = session.batch("BEGIN");
        if outcome.is_ok() {
            work.run(&mut session);
            let _ = session.batch("ROLLBACK");
        }
        work.finish(outcome);
    }
}

fn serve_writes(mut session: Session, mut jobs: mpsc::Receiver<Box<dyn Work>>) {
    while let Some(first) = jobs.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = jobs.try_recv()
        {
            group.push(next);
        }
        write_group(&mut session, group);
    }
}

fn write_group(session: &mut Session, mut group: Vec<Box<dyn Work>>) {
    let outcome = run_group(session, &mut group);
    let outcome = outcome.and_then(|afterwards| session.batch("COMMIT").map(|()| afterwards));
    match outcome {
        Ok(afterwards) => {
            afterwards.into_iter().for_each(Afterwards::run);
            group.into_iter().for_each(|work| work.finish(Ok(())));
        }
        Err(error) => {
            // Nothing of the group is on disk. The rollback fails only if SQLite has already rolled back.
            let _ = session.batch("ROLLBACK");
            group.into_iter().for_each(|work| work.finish(Err(error.clone())));
        }
    }
}

/// Runs each closure inside a savepoint; one that fails rolls back only its own changes.
fn run_group(session: &mut Session, group: &mut [Box<dyn Work>]) -> Result<Vec<Afterwards>, StoreError> {
    session.batch("BEGIN IMMEDIATE")?;
    let mut all = Vec::new();
    for work in group {
        session.execute("SAVEPOINT closure", &[])?;
        match work.run(session) {
            Verdict::Commit(afterwards) => all.extend(afterwards),
            Verdict::Undo => {
                session.execute("ROLLBACK TO closure", &[])?;
            }
        }
        session.execute("RELEASE closure", &[])?;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus::{RePrepare, Run};

    #[test]
    fn a_statement_is_compiled_once() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open_connection(&folder.path().join("test.db"), false).unwrap();
        let mut session = Session::new(connection);
        session.batch("CREATE TABLE things (name TEXT PRIMARY KEY, size BIGINT)").unwrap();
        let counts = |session: &mut Session, name: &str| {
            let sql = "SELECT size FROM things WHERE name = $1 ORDER BY size";
            session.query(sql, &[name.into()]).unwrap();
            let count = |statement: &mut rusqlite::CachedStatement<'_>| {
                Ok((statement.get_status(Run), statement.get_status(RePrepare)))
            };
            session.with_statement(sql, &[name.into()], count).unwrap()
        };
        let counted = ["one", "two", "three"].map(|name| counts(&mut session, name));
        assert_eq!(counted, [(1, 0), (2, 0), (3, 0)]);
    }
}
