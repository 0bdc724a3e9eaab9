//! A closure on its way to a thread with a connection, and the way back of its result.

use crate::StoreError;
use crate::engine::threads::reason;
use crate::engine::tx::{Afterwards, Context, Tx};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::oneshot;

/// The access that a closure needs.
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
    /// Prepares it to run again, if possible; the previous result is dropped.
    fn rewind(&mut self) -> bool;
    /// Runs the closure and stores its result.
    fn run(&mut self, connection: &mut dyn crate::engine::tx::Connection) -> Verdict;
    /// Sends the result, or the reason why the transaction failed, to the caller.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

/// A closure that can run once or several times.
pub(crate) enum Closure<O, R> {
    Once(Option<O>),
    Again(R),
}

/// The closure, its result, and the channel to the caller.
pub(crate) struct Pending<O, R, T, E> {
    access: Access,
    closure: Closure<O, R>,
    context: Context,
    answer: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<O, R, T, E> Pending<O, R, T, E> {
    pub(crate) fn new(
        access: Access,
        closure: Closure<O, R>,
        context: Context,
    ) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (reply, receiver) = oneshot::channel();
        (Self { access, closure, context, answer: None, reply }, receiver)
    }
}

impl<O, R, T, E> Work for Pending<O, R, T, E>
where
    O: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
    R: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn access(&self) -> Access {
        self.access
    }

    fn rewind(&mut self) -> bool {
        let can_run = matches!(self.closure, Closure::Again(_));
        if can_run {
            self.answer = None;
        }
        can_run
    }

    fn run(&mut self, connection: &mut dyn crate::engine::tx::Connection) -> Verdict {
        let mut tx = Tx::new(connection).with_context(self.context.clone());
        // A panic in one closure must not stop the thread that serves all others.
        let answer = catch_unwind(AssertUnwindSafe(|| match &mut self.closure {
            Closure::Once(closure) => match closure.take() {
                Some(closure) => closure(&mut tx),
                None => Err(StoreError::Statement("the closure has run already".into()).into()),
            },
            Closure::Again(closure) => closure(&mut tx),
        }))
        .unwrap_or_else(|panic| {
            let reason = reason(&*panic);
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
