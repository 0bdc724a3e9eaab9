//! Accounts, sessions and what guards them, and what users are to each other.

pub mod abuse_reports;
pub mod addresses;
pub mod affiliate_tokens;
pub mod attempts;
pub mod avatars;
pub mod blocks;
pub mod deleted_accounts;
pub mod friend_requests;
pub mod mailed_links;
pub mod names;
pub mod phone_codes;
pub mod phones;
pub mod preferences;
pub mod privacy;
pub mod profiles;
pub mod push_tokens;
pub mod second_factor;
pub mod sessions;
pub mod setup;
pub mod user_settings;
pub mod users;
