//! Transactions, with the same interface on both databases.

use crate::engine::full_text::FullText;
use crate::engine::query::{Queries, Statement};
use crate::engine::record::{FromRow, Record, insert_statement};
use crate::{Row, StoreError, Value};
use meeshy_domain::{Clock, Timestamp};
use meeshy_tasks::panic_message;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The maximum number of parameters per statement: enough to amortize its cost, few enough to keep it small.
const MAX_PARAMETERS: usize = 1_500;

/// The operations of a database connection that a transaction needs.
pub(crate) trait Connection {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError>;
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError>;
    /// Runs several statements, none of which depends on the answer to another.
    fn query_all(&mut self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, StoreError> {
        statements.iter().map(|(sql, params)| self.query(sql, params)).collect()
    }
    /// Runs a statement without waiting for its result; it must succeed for the commit to succeed.
    fn execute_later(&mut self, sql: &str, params: &[Value]) -> Result<(), StoreError> {
        self.execute(sql, params).map(drop)
    }
    /// Runs several statements without parameters, such as a migration.
    fn batch(&mut self, sql: &str) -> Result<(), StoreError>;
    /// Updates the statistics used for planning later statements.
    fn analyze(&mut self) -> Result<(), StoreError>;
    /// Writes changed pages to disk, within the transaction, to free their memory.
    fn flush(&mut self) -> Result<(), StoreError>;
    /// The suffix of a `SELECT` that locks its rows and skips locked ones.
    fn skip_locked(&self) -> &'static str;
    /// The suffix of a `SELECT` that locks its rows until the transaction ends.
    fn for_share(&self) -> &'static str;
    /// An SQL expression for the current time of the database in milliseconds.
    fn clock(&self) -> &'static str;
    /// How the database makes and searches the index of grams.
    fn full_text(&self) -> &'static FullText;
    /// Makes other processes that call this wait until the transaction ends.
    fn lock_setup(&mut self) -> Result<(), StoreError>;
}

/// A commit hook, run once the transaction is on disk. Hooks that share a key run in the order of the
/// commits.
pub(crate) struct Afterwards {
    pub(crate) order_key: u64,
    pub(crate) action: Box<dyn FnOnce() + Send>,
}

impl Afterwards {
    /// Runs it. The transaction is on disk, so a panic must reach neither the caller nor the thread.
    pub(crate) fn run(self) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(self.action)) {
            tracing::error!(reason = panic_message(&*panic), "A commit hook panicked");
        }
    }
}

/// Sees each statement and its parameters before it runs.
pub(crate) type Observer = Arc<dyn Fn(&str, &[Value]) + Send + Sync>;

/// What tests set for all transactions of a store.
#[derive(Clone, Default)]
pub(crate) struct Context {
    /// Instead of the database's.
    pub(crate) clock: Option<Clock>,
    pub(crate) observer: Option<Observer>,
}

/// A running transaction, passed to the closures of [`Store::read`](crate::Store::read) and
/// [`Store::write`](crate::Store::write).
///
/// SQL is written once, in the subset that both databases share, with parameters `$1`, `$2` …
pub struct Tx<'a> {
    connection: &'a mut dyn Connection,
    pub(crate) afterwards: Vec<Afterwards>,
    context: Context,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(connection: &'a mut dyn Connection) -> Self {
        Self { connection, afterwards: Vec::new(), context: Context::default() }
    }

    pub(crate) fn with_context(self, context: Context) -> Self {
        Self { context, ..self }
    }

    /// The current time by the clock of the database, for times that processes on different hosts compare,
    /// such as the end of a claim.
    pub fn now(&mut self) -> Result<Timestamp, StoreError> {
        match &self.context.clock {
            Some(clock) => Ok(clock.now()),
            None => {
                let sql = format!("SELECT {} AS now", self.connection.clock());
                self.fetch_one(&sql, &[])
            }
        }
    }

    /// [`now`](Self::now) as an SQL expression.
    pub(crate) fn now_sql(&self) -> String {
        match &self.context.clock {
            Some(clock) => clock.now().millis().to_string(),
            None => self.connection.clock().to_owned(),
        }
    }

    /// Makes other starting processes wait until this transaction ends: for the first rows of an empty
    /// database.
    pub fn lock_setup(&mut self) -> Result<(), StoreError> {
        self.connection.lock_setup()
    }

    /// Runs a statement and returns the number of changed rows.
    ///
    /// # Errors
    /// When the database fails; the transaction can then only be rolled back.
    pub fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        self.check(sql, params)?;
        self.connection.execute(sql, params)
    }

    /// Runs a statement whose result is not needed. On PostgreSQL it is sent together with the next statement
    /// or the commit, which saves a round trip.
    ///
    /// # Errors
    /// As [`execute`](Self::execute), possibly from the next statement or the commit.
    pub fn execute_later(&mut self, sql: &str, params: &[Value]) -> Result<(), StoreError> {
        self.check(sql, params)?;
        self.connection.execute_later(sql, params)
    }

    /// Runs a query and reads all rows.
    ///
    /// # Errors
    /// Also when a row cannot be read as a `T`.
    pub fn fetch_all<T: FromRow>(&mut self, sql: &str, params: &[Value]) -> Result<Vec<T>, StoreError> {
        self.check(sql, params)?;
        self.connection.query(sql, params)?.iter_mut().map(T::from_row).collect()
    }

    /// Runs a query and reads the first row, if there is one.
    ///
    /// # Errors
    /// As [`fetch_all`](Self::fetch_all).
    pub fn fetch_optional<T: FromRow>(
        &mut self,
        sql: &str,
        params: &[Value],
    ) -> Result<Option<T>, StoreError> {
        self.check(sql, params)?;
        self.connection.query(sql, params)?.first_mut().map(T::from_row).transpose()
    }

    /// Runs a query that always returns one row, such as a count.
    ///
    /// # Errors
    /// As [`fetch_all`](Self::fetch_all), and when there is no row.
    pub fn fetch_one<T: FromRow>(&mut self, sql: &str, params: &[Value]) -> Result<T, StoreError> {
        self.fetch_optional(sql, params)?.ok_or_else(StoreError::no_row)
    }

    /// Whether a query returns a row.
    pub fn exists(&mut self, sql: &str, params: &[Value]) -> Result<bool, StoreError> {
        Ok(self.fetch_optional::<()>(sql, params)?.is_some())
    }

    /// Adds a record to its table.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a key is taken.
    pub(crate) fn insert(&mut self, record: &impl Record) -> Result<(), StoreError> {
        self.insert_then(record, "")
    }

    /// Adds a record to its table with an `ON CONFLICT` clause such as `ON CONFLICT DO NOTHING`.
    pub(crate) fn insert_then<R: Record>(&mut self, record: &R, conflict: &str) -> Result<(), StoreError> {
        self.execute(&insert_statement::<R>(conflict), &record.values()).map(drop)
    }

    /// Adds records to their table, many per statement.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub(crate) fn insert_all<R: Record>(&mut self, records: &[R]) -> Result<(), StoreError> {
        let values: Vec<Value> = records.iter().flat_map(Record::values).collect();
        self.insert_rows(R::TABLE, R::FIELDS, &values, "").map(drop)
    }

    /// Adds a row with these columns to a table.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a key is taken.
    pub(crate) fn insert_into(
        &mut self,
        table: &str,
        row: Vec<(&'static str, Value)>,
    ) -> Result<(), StoreError> {
        let (columns, values): (Vec<&str>, Vec<Value>) = row.into_iter().unzip();
        self.insert_rows(table, &columns, &values, "").map(drop)
    }

    /// Runs a query and reads each row with `read`: for columns that are only known at run time, and taken by
    /// name.
    ///
    /// # Errors
    /// Also when `read` fails.
    pub fn query<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        read: impl FnMut(&mut Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.check(sql, params)?;
        self.connection.query(sql, params)?.iter_mut().map(read).collect()
    }

    /// Runs one query, or several in one round trip, and reads the results.
    ///
    /// # Errors
    /// Of the first query that fails, or when a row cannot be read.
    pub fn fetch<Q: Queries>(&mut self, mut queries: Q) -> Result<Q::Answers, StoreError> {
        let mut statements = Vec::new();
        queries.add_statements(&mut statements);
        statements.iter().try_for_each(|(sql, params)| self.check(sql, params))?;
        let answers = self.connection.query_all(&statements)?;
        queries.read(&mut answers.into_iter())
    }

    /// The first row of [`query`](Self::query), if there is one.
    pub fn query_first<T>(
        &mut self,
        sql: &str,
        params: &[Value],
        read: impl FnMut(&mut Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.query(sql, params, read)?.into_iter().next())
    }

    /// Adds rows to a table, many per statement: `rows` contains the values row by row, in the order of
    /// `columns`. `conflict` is a suffix such as `ON CONFLICT DO NOTHING`.
    pub fn insert_rows(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: &[Value],
        conflict: &str,
    ) -> Result<u64, StoreError> {
        let most = (MAX_PARAMETERS / columns.len()).max(1);
        let (mut inserted, mut rest) = (0, rows);
        while !rest.is_empty() {
            // Powers of two, so that there are few different statements to prepare.
            let waiting = (rest.len() / columns.len()).min(most);
            let count = 1 << waiting.max(1).ilog2();
            let (now, later) = rest.split_at((count * columns.len()).min(rest.len()));
            inserted += self.execute(&insert_rows_statement(table, columns, count, conflict), now)?;
            rest = later;
        }
        Ok(inserted)
    }

    /// Runs `work` in a savepoint: if it fails, only its own changes are rolled back.
    ///
    /// # Errors
    /// When the savepoint itself fails; the inner result is that of `work`.
    pub fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<Result<T, StoreError>, StoreError> {
        self.execute("SAVEPOINT attempt", &[])?;
        let outcome = work(self);
        if outcome.is_err() {
            self.execute("ROLLBACK TO SAVEPOINT attempt", &[])?;
        }
        self.execute("RELEASE SAVEPOINT attempt", &[])?;
        Ok(outcome)
    }

    /// Runs `action` once this transaction is on disk, and not at all if it is rolled back.
    ///
    /// Actions that share an `order_key` run in commit order, provided their transactions are ordered by a
    /// lock on the same row. An action must be short: on SQLite it blocks the writer.
    pub fn after_commit(&mut self, order_key: u64, action: impl FnOnce() + Send + 'static) {
        self.afterwards.push(Afterwards { order_key, action: Box::new(action) });
    }

    /// Updates the statistics used for planning later statements; to be called after changes that are large
    /// compared with the existing data.
    pub fn analyze(&mut self) -> Result<(), StoreError> {
        self.connection.analyze()
    }

    /// Writes changed pages to disk, within the transaction; to be called regularly during very large writes,
    /// so that their memory is available for reads.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        self.connection.flush()
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection.batch(sql)
    }

    /// The only place where NUL characters are rejected, whether they come from a path, a query, a body or an
    /// event.
    fn check(&self, sql: &str, params: &[Value]) -> Result<(), StoreError> {
        if let Some(observer) = &self.context.observer {
            observer(sql, params);
        }
        let has_nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
        if params.iter().any(has_nul) { Err(StoreError::Nul) } else { Ok(()) }
    }

    pub(crate) fn skip_locked(&self) -> &'static str {
        self.connection.skip_locked()
    }

    pub(crate) fn full_text(&self) -> &'static FullText {
        self.connection.full_text()
    }

    pub(crate) fn for_share(&self) -> &'static str {
        self.connection.for_share()
    }
}

/// Refuses a `$` inside of a literal: on SQLite it would become the `?` of a parameter.
pub(crate) fn check_literals(sql: &str) -> Result<(), StoreError> {
    let mut literals = sql.split('\'').skip(1).step_by(2);
    match literals.find(|literal| literal.contains('$')) {
        Some(literal) => {
            Err(StoreError::Statement(format!("`$` in the literal '{literal}': make it a parameter")))
        }
        None => Ok(()),
    }
}

/// Refuses parameters that are more or fewer than a statement has: SQLite would take those that are missing for NULL.
pub(crate) fn check_parameters(sql: &str, expected: usize, params: &[Value]) -> Result<(), StoreError> {
    if params.len() == expected {
        return Ok(());
    }
    let found = params.len();
    Err(StoreError::Statement(format!("expected {expected} parameters, found {found}: {sql}")))
}

/// `INSERT INTO table (a, b) VALUES ($1, $2), ($3, $4) …` for `rows` rows.
fn insert_rows_statement(table: &str, columns: &[&str], rows: usize, conflict: &str) -> String {
    let mut sql = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
    for parameter in 1..=rows * columns.len() {
        let before = match (parameter - 1) % columns.len() {
            0 if parameter == 1 => "($",
            0 => "), ($",
            _ => ", $",
        };
        sql.push_str(before);
        sql.push_str(&parameter.to_string());
    }
    sql.push_str(") ");
    sql.push_str(conflict);
    sql
}
