//! File descriptors: each connection takes one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit of open files to what the system allows this process (`RLIMIT_NOFILE`, getrlimit(2)), and gives
/// the limit that holds then. The usual soft limit of 1,024 is meant for programs that call select(2).
pub fn raise_descriptor_limit() -> u64 {
    let before = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: before.maximum, maximum: before.maximum };
    if before.current != before.maximum
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::warn!(%error, limit = before.current, "failed to raise the limit of open files");
    }
    // `None` is no limit.
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
