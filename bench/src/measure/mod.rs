//! The benchmarks, one file each.

pub mod durable;
pub mod fanout;
pub mod idle;
pub mod start;
pub mod translation;
mod writers;
