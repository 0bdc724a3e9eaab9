//! Accounts, sessions and what guards them.

pub mod attempts;
pub mod blocks;
pub mod names;
pub mod second_factor;
pub mod sessions;
pub mod setup;
pub mod users;
