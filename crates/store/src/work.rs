//! A closure on its way to a thread that owns a connection, and its answer on the way back.

use crate::{StoreError, tx::Afterwards, tx::Tx};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// What a closure asks of the transaction it ran in.
pub(crate) enum Verdict {
    Commit(Vec<Afterwards>),
    Undo,
}

/// A closure that waits for a transaction, whatever its types.
pub(crate) trait Work: Send {
    /// Runs the closure and keeps its answer back.
    fn run(&mut self, connection: &mut dyn crate::tx::Connection) -> Verdict;
    /// Hands the answer to who waits for it, or the reason why the transaction was lost.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

/// The closure, its answer, and the way back to the caller.
pub(crate) struct Pending<F, T, E> {
    closure: Option<F>,
    answer: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Pending<F, T, E> {
    pub(crate) fn new(closure: F) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (reply, receiver) = oneshot::channel();
        (Self { closure: Some(closure), answer: None, reply }, receiver)
    }
}

impl<F, T, E> Work for Pending<F, T, E>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, connection: &mut dyn crate::tx::Connection) -> Verdict {
        let Some(closure) = self.closure.take() else { return Verdict::Undo };
        let mut tx = Tx::new(connection);
        // A panic in one closure must not take down the thread that serves all the others.
        let answer = catch_unwind(AssertUnwindSafe(|| closure(&mut tx)))
            .unwrap_or_else(|_| Err(StoreError::Statement("a query panicked".into()).into()));
        let verdict = if answer.is_ok() { Verdict::Commit(tx.afterwards) } else { Verdict::Undo };
        self.answer = Some(answer);
        verdict
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (committed, self.answer) {
            (Ok(()), Some(answer)) | (Err(_), Some(answer @ Err(_))) => answer,
            (Err(error), _) => Err(error.into()),
            (Ok(()), None) => Err(StoreError::Statement("the closure never ran".into()).into()),
        };
        // Who no longer waits (a client that hung up) does not need the answer.
        let _ = self.reply.send(answer);
    }
}
