//! What users are to each other: friends, blocked, and reported.

mod blocks;
mod friend_requests;
mod friends;
mod friends_list;
mod reports;

pub use blocks::Blocks;
pub use friend_requests::{NewFriendRequest, RequestAnswer};
pub use friends::{FriendRequestView, Friends};
pub use friends_list::{FriendRequestPage, RequestFilter};
pub use reports::{AbuseReports, NewAbuseReport};
