//! What every request passes: limits, authentication, extraction, responses and errors.

pub mod answer;
pub mod auth;
pub mod budget;
pub mod calls;
pub mod device;
pub mod error;
pub mod extract;
pub mod key;
pub mod known_callers;
pub mod limits;
pub mod middleware;
pub mod origins;
pub mod rate_limit;
pub mod static_files;
pub mod telemetry;
