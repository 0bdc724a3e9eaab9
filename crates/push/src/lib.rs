//! Push messages to browsers: Web Push (RFC 8030), encrypted for the browser (RFC 8291), from a server that identifies itself
//! (VAPID, RFC 8292).
//!
//! A browser that wants messages names its push service and two keys, a [`Subscription`]. [`WebPush`] encrypts a [`PushMessage`] with
//! them and hands it to that service, which cannot read it.
//!
//! Invariant: nothing here knows accounts, or decides who is written to. Nothing is sent to a host that the operator does not allow.

mod error;
mod message;
mod services;
mod subscription;
mod web_push;

pub use error::{PushError, SetupError};
pub use message::PushMessage;
pub use services::Services;
pub use subscription::{InvalidSubscription, Subscription};
pub use web_push::WebPush;
