//! A connection to PostgreSQL for a thread that blocks on each result, with time-outs.

use super::address::Address;
use crate::engine::causes::explain;
use crate::{StoreError, Value};
use futures::future::maybe_done;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSqlOwned, ToSql};
use tokio_postgres::{AsyncMessage, Client, Connection, Error, NoTls, Notification, Row, Statement};

/// The time-out for all steps of connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The lock time-out of statements.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
/// Notifications that wait to be processed.
const NOTIFICATIONS: usize = 1_024;

/// The time-out of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// An interactive time-out, after which the server cancels the statement.
    Short,
    /// No time-out: for a migration or an import.
    None,
}

/// A connection, and the runtime that drives it while a caller waits.
pub(crate) struct Blocking {
    client: Client,
    driver: JoinHandle<()>,
    notifications: mpsc::Receiver<Notification>,
    overflowed: Arc<AtomicBool>,
    /// When to give up on a result: the server's own time-outs are shorter.
    answer_timeout: Option<Duration>,
    is_broken: bool,
    runtime: Runtime,
}

impl Blocking {
    /// Connects; blocks.
    pub(crate) fn connect(address: &Address, limit: Limit) -> Result<Self, StoreError> {
        let unavailable = |cause: String| StoreError::Unavailable(cause);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| unavailable(error.to_string()))?;
        let (heard, notifications) = mpsc::channel(NOTIFICATIONS);
        let overflowed = Arc::<AtomicBool>::default();
        let heard = Heard { notifications: heard, overflowed: Arc::clone(&overflowed) };
        let timeout = match limit {
            Limit::Short => Some(address.statement_timeout),
            Limit::None => None,
        };
        let connecting = async {
            let (client, driver) = match &address.tls {
                None => {
                    let (client, connection) = address.config.connect(NoTls).await?;
                    (client, tokio::spawn(drive(connection, heard)))
                }
                Some(tls) => {
                    let (client, connection) = address.config.connect(tls.clone()).await?;
                    (client, tokio::spawn(drive(connection, heard)))
                }
            };
            client.batch_execute(&settings(timeout)).await?;
            Ok::<_, Error>((client, driver))
        };
        match runtime.block_on(async { tokio::time::timeout(CONNECT_TIMEOUT, connecting).await }) {
            Ok(Ok((client, driver))) => {
                let answer_timeout = timeout.map(|timeout| timeout + timeout / 3);
                Ok(Self {
                    client,
                    driver,
                    notifications,
                    overflowed,
                    answer_timeout,
                    is_broken: false,
                    runtime,
                })
            }
            outcome => {
                // The name may still be resolving; do not wait for that.
                runtime.shutdown_background();
                Err(unavailable(match outcome {
                    Ok(Err(error)) => explain(&error),
                    _ => format!("no connection within {CONNECT_TIMEOUT:?}"),
                }))
            }
        }
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        wait(&self.runtime, self.answer_timeout, &mut self.is_broken, self.client.batch_execute(sql))
    }

    pub(crate) fn prepare(&mut self, sql: &str) -> Result<Statement, StoreError> {
        wait(&self.runtime, self.answer_timeout, &mut self.is_broken, self.client.prepare(sql))
    }

    /// Sends all requests before waiting for the first response. Returns the first error: after it the server
    /// rejects the rest of the transaction.
    pub(crate) fn pipeline(&mut self, requests: &[Request<'_>]) -> Result<Vec<Answer>, Failure> {
        let client = &self.client;
        let all = async {
            let mut sent: Vec<_> =
                requests.iter().map(|request| Box::pin(maybe_done(request.send(client)))).collect();
            // Polling sends a request: in this order, and before waiting for any response.
            poll_fn(|context| {
                for request in &mut sent {
                    let _ = request.as_mut().poll(context);
                }
                Poll::Ready(())
            })
            .await;
            let mut answers = Vec::with_capacity(sent.len());
            for (at, mut request) in sent.into_iter().enumerate() {
                request.as_mut().await;
                match request.as_mut().take_output() {
                    Some(Ok(answer)) => answers.push(answer),
                    Some(Err(error)) => return Ok(Err((at, error))),
                    None => {}
                }
            }
            Ok(Ok(answers))
        };
        let failed = |at, is_lock_timeout, error| Failure { at, is_lock_timeout, error };
        match wait(&self.runtime, self.answer_timeout, &mut self.is_broken, all) {
            Ok(Ok(answers)) => Ok(answers),
            Ok(Err((at, error))) => {
                let is_lock_timeout = error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE);
                Err(failed(at, is_lock_timeout, error.into()))
            }
            Err(error) => Err(failed(0, false, error)),
        }
    }

    pub(crate) fn query(
        &mut self,
        statement: &Statement,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        wait(&self.runtime, self.answer_timeout, &mut self.is_broken, self.client.query(statement, params))
    }

    /// The first column of the first row.
    pub(crate) fn first<T: FromSqlOwned>(
        &mut self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<T>, StoreError> {
        let statement = self.prepare(sql)?;
        let rows = self.query(&statement, params)?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
    }

    /// The next notification, if one arrives within `timeout`.
    pub(crate) fn notification(&mut self, timeout: Duration) -> Option<Notification> {
        let next = self.notifications.recv();
        self.runtime.block_on(async { tokio::time::timeout(timeout, next).await }).ok().flatten()
    }

    /// Whether notifications were dropped because too many were waiting, since the last call.
    pub(crate) fn take_overflowed(&self) -> bool {
        self.overflowed.swap(false, Ordering::SeqCst)
    }

    /// Whether the connection is broken.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken || self.client.is_closed() || self.driver.is_finished()
    }
}

/// A request to the server.
pub(crate) enum Request<'a> {
    /// Statements without parameters.
    Batch(&'a str),
    /// A statement for its number of changed rows.
    Execute(Statement, &'a [Value]),
    /// A statement for its rows.
    Query(Statement, &'a [Value]),
}

/// The first of several requests that failed.
pub(crate) struct Failure {
    /// Its index.
    pub(crate) at: usize,
    /// Whether it waited too long for a lock.
    pub(crate) is_lock_timeout: bool,
    pub(crate) error: StoreError,
}

/// A response of the server.
pub(crate) enum Answer {
    Done,
    Changed(u64),
    Rows(Vec<Row>),
}

fn references(params: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl Request<'_> {
    async fn send(&self, client: &Client) -> Result<Answer, Error> {
        match self {
            Self::Batch(sql) => client.batch_execute(sql).await.map(|()| Answer::Done),
            Self::Execute(statement, params) => {
                client.execute(statement, &references(params)).await.map(Answer::Changed)
            }
            Self::Query(statement, params) => {
                client.query(statement, &references(params)).await.map(Answer::Rows)
            }
        }
    }
}

fn wait<T>(
    runtime: &Runtime,
    answer_timeout: Option<Duration>,
    is_broken: &mut bool,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, StoreError> {
    let Some(answer_timeout) = answer_timeout else { return Ok(runtime.block_on(answer)?) };
    match runtime.block_on(async { tokio::time::timeout(answer_timeout, answer).await }) {
        Ok(answer) => Ok(answer?),
        Err(_) => {
            *is_broken = true;
            Err(StoreError::Unavailable(format!("no answer within {answer_timeout:?}")))
        }
    }
}

/// The session settings. With TCP keepalives the server detects a lost host and then releases what its
/// process holds.
fn settings(timeout: Option<Duration>) -> String {
    let statement = timeout.unwrap_or_default().as_millis();
    format!(
        "SET statement_timeout = {statement}; SET lock_timeout = {}; \
         SET idle_in_transaction_session_timeout = {}; \
         SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 3; SET tcp_keepalives_count = 3",
        LOCK_TIMEOUT.as_millis(),
        2 * statement
    )
}

/// The destination of notifications.
struct Heard {
    notifications: mpsc::Sender<Notification>,
    overflowed: Arc<AtomicBool>,
}

impl Heard {
    /// Never blocks: results arrive over the same connection.
    fn push(&self, notification: Notification) {
        if self.notifications.try_send(notification).is_err() {
            self.overflowed.store(true, Ordering::SeqCst);
        }
    }
}

/// Drives the connection while a caller waits on the runtime.
async fn drive<S, T>(mut connection: Connection<S, T>, heard: Heard)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
        match message {
            Ok(AsyncMessage::Notification(notification)) => heard.push(notification),
            Ok(AsyncMessage::Notice(notice)) => tracing::debug!(%notice, "PostgreSQL sent a notice"),
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(error = explain(&error), "A connection to PostgreSQL ended");
                return;
            }
        }
    }
}
