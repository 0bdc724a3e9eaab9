//! A closure on its way to a thread with a connection, and the way back of its result.

use crate::StoreError;
use crate::engine::tx::{Afterwards, Context, Tx};
use meeshy_tasks::panic_message;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// What becomes of the changes of a closure.
pub(crate) enum Verdict {
    Commit(Vec<Afterwards>),
    Undo,
}

/// The access of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// A closure that waits for a transaction, with its types erased.
pub(crate) trait Work: Send {
    /// The access of its transaction.
    fn access(&self) -> Access;
    /// Runs the closure and stores its result, in place of an earlier one. One that writes may run several
    /// times, one that reads runs once.
    fn run(&mut self, connection: &mut dyn crate::engine::tx::Connection) -> Verdict;
    /// Sends the result, or the reason why the transaction failed, to the caller.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

/// A closure that reads, which can run once, or one that writes, which can run several times.
pub(crate) enum Closure<R, W> {
    Read(Option<R>),
    Write(W),
}

/// The closure, its result, and the channel to the caller.
pub(crate) struct Pending<R, W, T, E> {
    closure: Closure<R, W>,
    context: Context,
    answer: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<R, W, T, E> Pending<R, W, T, E> {
    pub(crate) fn new(closure: Closure<R, W>, context: Context) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (reply, receiver) = oneshot::channel();
        (Self { closure, context, answer: None, reply }, receiver)
    }
}

impl<R, W, T, E> Work for Pending<R, W, T, E>
where
    R: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
    W: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn access(&self) -> Access {
        match self.closure {
            Closure::Read(_) => Access::Read,
            Closure::Write(_) => Access::Write,
        }
    }

    fn run(&mut self, connection: &mut dyn crate::engine::tx::Connection) -> Verdict {
        let mut tx = Tx::new(connection).with_context(self.context.clone());
        // A panic in one closure must not stop the thread that serves all others.
        let answer = catch_unwind(AssertUnwindSafe(|| match &mut self.closure {
            Closure::Read(closure) => match closure.take() {
                Some(closure) => closure(&mut tx),
                None => Err(StoreError::Statement("the closure has run already".into()).into()),
            },
            Closure::Write(closure) => closure(&mut tx),
        }))
        .unwrap_or_else(|panic| {
            let reason = panic_message(&*panic);
            tracing::error!(reason, "A transaction panicked and was rolled back");
            Err(StoreError::Statement(format!("a query panicked: {reason}")).into())
        });
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
        // A caller that has stopped waiting (a client that disconnected) needs no result.
        let _ = self.reply.send(answer);
    }
}
