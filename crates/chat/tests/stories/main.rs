//! What Meeshy does, told as stories, each on both databases.

mod accounts;
mod conversing;
mod support;
mod translating;
