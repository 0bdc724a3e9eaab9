//! One file for each command.

pub mod config;
pub mod export;
pub mod import;
pub mod languages;
pub mod migrate;
pub mod models;
pub mod notifications;
pub mod serve;
pub mod translate;
pub mod user;
