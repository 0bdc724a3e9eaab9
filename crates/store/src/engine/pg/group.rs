//! Group commit on PostgreSQL.
//!
//! A commit makes the server wait for its disk, and writers of one conversation wait for each other's
//! commits. Therefore a thread takes all waiting closures, runs each in a savepoint of one transaction, and
//! commits once, as on SQLite (ADR 1). A closure that fails rolls back only its own changes. One that waits
//! for a lock is taken out and run separately, so that it delays no other. If the group fails, each closure
//! runs again by itself.

use super::order::OrderLocks;
use super::session::{Session, Unsent};
use crate::StoreError;
use crate::engine::queue::{Verdict, Work};
use crate::engine::tx::Afterwards;
use std::collections::VecDeque;
use tokio::sync::mpsc;

/// The maximum number of closures per commit, so that the first one does not wait too long.
const MAX_GROUP: usize = 64;
/// Shorter than `deadlock_timeout` (a second), so that a deadlock of two groups ends before the server
/// notices it.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = 100";

/// Runs the closures in `waiting`, in order. One that waits for a lock goes to `others`, the threads that run
/// one closure at a time.
pub(super) fn serve(
    mut session: Session,
    mut waiting: mpsc::Receiver<Box<dyn Work>>,
    others: &mpsc::Sender<Box<dyn Work>>,
    order: &OrderLocks,
) {
    let mut next = VecDeque::new();
    while let Some(first) = next.pop_front().or_else(|| waiting.blocking_recv()) {
        next.push_front(first);
        while next.len() < MAX_GROUP
            && let Ok(work) = waiting.try_recv()
        {
            next.push_back(work);
        }
        Group::run(&mut session, &mut next).finish(&mut session, others, order);
        if session.state.is_unreachable {
            // Without a connection here, the waiting ones have none either.
            next.drain(..).for_each(|work| work.finish(Err(lost())));
        }
        if session.is_lost() {
            session.forget_connection();
        }
    }
}

pub(super) fn lost() -> StoreError {
    StoreError::Unavailable("the connection to the database was lost".into())
}

/// Closures that have run in the transaction of a session.
#[derive(Default)]
struct Group {
    ran: Vec<Box<dyn Work>>,
    afterwards: Vec<Afterwards>,
    /// The one that waited for a lock.
    late: Option<Box<dyn Work>>,
    /// Whether nothing can be committed: a deferred statement of one of them failed, and it is not known
    /// whose.
    is_spoilt: bool,
    /// Whether the only one was rolled back.
    is_undone: bool,
}

impl Group {
    /// Runs closures of `next` until one of them makes the transaction fail or has delayed the others. A
    /// single one needs no savepoint.
    fn run(session: &mut Session, next: &mut VecDeque<Box<dyn Work>>) -> Self {
        let mut group = Self::default();
        let is_alone = next.len() == 1;
        session.begin(BEGIN);
        while let Some(mut work) = next.pop_front() {
            session.enter_closure(is_alone);
            let verdict = work.run(session);
            let is_lost = session.has_lost();
            group.is_spoilt = session.state.is_spoilt && !is_lost;
            let met_lock = session.state.waited_too_long || session.state.is_in_the_way;
            match verdict {
                _ if is_lost || group.is_spoilt => {
                    group.ran.push(work);
                    break;
                }
                Verdict::Commit(afterwards) => {
                    session.leave_closure(is_alone);
                    group.afterwards.extend(afterwards);
                    group.ran.push(work);
                    continue;
                }
                Verdict::Undo if is_alone => {
                    group.is_undone = session.undo().is_ok();
                }
                Verdict::Undo => session.undo_closure(),
            }
            if met_lock {
                group.late = Some(work);
                break;
            }
            group.ran.push(work);
        }
        group
    }

    fn finish(self, session: &mut Session, others: &mpsc::Sender<Box<dyn Work>>, order: &OrderLocks) {
        let Self { ran, afterwards, late, is_spoilt, is_undone } = self;
        let committed = if is_undone {
            Ok(())
        } else if session.has_lost() {
            Err(lost())
        } else if is_spoilt {
            session.undo().and(Err(StoreError::InTheWay("another statement of the group failed".into())))
        } else {
            session.commit(afterwards, order)
        };
        let may_be_kept =
            matches!(committed, Err(StoreError::Unavailable(_))) && !session.state.waited_too_long;
        for work in ran {
            match &committed {
                // Nothing was committed; run separately, each one gets its own result.
                Err(_) if !may_be_kept => session.run_alone(work, order),
                outcome => work.finish(outcome.clone()),
            }
        }
        if let Some(late) = late
            && let Err(refused) = others.try_send(late)
        {
            // The other threads are too busy.
            session.run_alone(refused.into_inner(), order);
        }
    }
}

impl Session {
    /// Starts a closure, in a savepoint unless it is alone.
    fn enter_closure(&mut self, is_alone: bool) {
        self.not_of_closure = self.unsent.len();
        if !is_alone {
            self.unsent.push(Unsent::Batch("SAVEPOINT closure"));
        }
        self.state.has_sent = false;
        (self.state.waited_too_long, self.state.is_in_the_way) = (false, false);
    }

    /// Keeps the changes of the closure, including deferred statements.
    fn leave_closure(&mut self, is_alone: bool) {
        if !is_alone {
            self.unsent.push(Unsent::Batch("RELEASE SAVEPOINT closure"));
        }
    }

    /// Rolls back the changes of the closure.
    fn undo_closure(&mut self) {
        if self.state.has_sent {
            self.unsent = vec![Unsent::Batch("ROLLBACK TO SAVEPOINT closure; RELEASE SAVEPOINT closure")];
        } else {
            self.unsent.truncate(self.not_of_closure);
        }
    }
}
