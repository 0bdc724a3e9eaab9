//! The jobs that a process is doing.

use std::collections::HashMap;
use tokio::task::JoinSet;

/// Running jobs, by kind.
#[derive(Default)]
pub(crate) struct Running {
    tasks: JoinSet<()>,
    kinds: HashMap<tokio::task::Id, &'static str>,
}

impl Running {
    pub fn start(&mut self, kind: &'static str, job: impl Future<Output = ()> + Send + 'static) {
        let task = self.tasks.spawn(job);
        self.kinds.insert(task.id(), kind);
    }

    pub fn count(&self, kind: &str) -> usize {
        self.kinds.values().filter(|running| **running == kind).count()
    }

    /// Waits until a job ends; forever if none is running.
    pub async fn ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => self.kinds.remove(&id),
            Some(Err(error)) => self.kinds.remove(&error.id()),
            None => std::future::pending().await,
        };
    }

    pub async fn all_ended(&mut self) {
        while !self.tasks.is_empty() {
            self.ended().await;
        }
    }
}
