//! The benchmarks, one file each.

pub mod durable;
pub mod engine;
pub mod fanout;
pub mod history;
pub mod idle;
mod lively;
pub mod room;
mod scene;
pub mod slow_engine;
pub mod start;
pub mod translation;
mod writers;
