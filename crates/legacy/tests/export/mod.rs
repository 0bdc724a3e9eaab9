//! Stories about the way back, each told on both databases.

mod changes;
mod identity;
mod independent;
pub mod writes;
