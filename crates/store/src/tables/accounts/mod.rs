//! Accounts, sessions and what guards them.

pub mod attempts;
pub mod blocks;
pub mod names;
pub mod preferences;
pub mod privacy;
pub mod second_factor;
pub mod sessions;
pub mod setup;
pub mod user_settings;
pub mod users;
