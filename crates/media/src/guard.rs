//! Panics of decoders.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `read` returns, or nothing if it panics. The decoders are written by others, and read what strangers
/// upload: a file that one of them does not expect must not end more than its own upload. `read` must own what
/// it changes.
pub(crate) fn unless_it_panics<T>(read: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}
