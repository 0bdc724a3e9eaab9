//! Work on files, away from the threads of the runtime.

use crate::error::MediaError;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many files may wait for a turn. More are refused.
const MAX_WAITING: usize = 64;

/// Runs the functions of this crate on other threads, a few at a time: each takes a processor, and up to a few
/// hundred megabytes. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    running: Arc<Semaphore>,
    accepted: Arc<Semaphore>,
}

impl Pool {
    /// A pool for a machine with so many processors. It uses half of them.
    #[must_use]
    pub fn new(processors: usize) -> Self {
        let at_once = (processors / 2).max(1);
        Self {
            running: Arc::new(Semaphore::new(at_once)),
            accepted: Arc::new(Semaphore::new(at_once + MAX_WAITING)),
        }
    }

    /// Runs `work` when it is its turn. If the caller stops waiting before, it is not run.
    ///
    /// # Errors
    /// [`MediaError::Busy`], if too many wait already, or what `work` returns.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, MediaError> + Send + 'static,
    ) -> Result<T, MediaError> {
        let accepted = self.accepted.clone().try_acquire_owned().map_err(|_| MediaError::Busy)?;
        let running = self.running.clone().acquire_owned().await.map_err(|_| MediaError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            // Until the work ends, even if nobody waits for it any more.
            let _held = (accepted, running);
            work()
        });
        done.await.unwrap_or_else(|_| Err(MediaError::Damaged("it cannot be processed".to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::task::Poll;

    #[tokio::test]
    async fn work_runs_one_by_one_and_the_queue_is_bounded() {
        let pool = Pool::new(1);
        let (started, starts) = mpsc::channel();
        let (proceed, permission) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let pool = pool.clone();
            async move {
                pool.run(move || {
                    started.send(()).unwrap();
                    permission.recv().unwrap();
                    Ok(1)
                })
                .await
            }
        });
        tokio::task::spawn_blocking(move || starts.recv().unwrap()).await.unwrap();
        let mut waiting: Vec<_> = (0..MAX_WAITING).map(|it| Box::pin(pool.run(move || Ok(it)))).collect();
        for work in &mut waiting {
            assert!(matches!(futures_poll(work.as_mut()).await, Poll::Pending), "one at a time");
        }
        assert!(matches!(pool.run(|| Ok(())).await, Err(MediaError::Busy)));
        proceed.send(()).unwrap();
        assert_eq!(first.await.unwrap().unwrap(), 1);
        for (number, work) in waiting.into_iter().enumerate() {
            assert_eq!(work.await.unwrap(), number);
        }
    }

    async fn futures_poll<F: Future>(mut future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
    }

    #[tokio::test]
    async fn a_panic_ends_only_its_own_work() {
        let pool = Pool::new(1);
        let panicked = pool.run::<()>(|| panic!("a decoder")).await;
        assert!(matches!(panicked, Err(MediaError::Damaged(_))));
        assert_eq!(pool.run(|| Ok(1)).await.unwrap(), 1);
    }
}
