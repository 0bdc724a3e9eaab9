//! What the processes on one database share.

pub mod call_counts;
pub mod data_set;
pub mod gateways;
pub mod jobs;
pub mod signing_key;
