//! Who is connected, here and at other gateways.

mod connected;
mod remote;

pub use connected::{Presence, Seen};
