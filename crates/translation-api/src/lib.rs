//! The translator for other programs: over HTTP as LibreTranslate speaks and as the old translator spoke, and over gRPC.
//!
//! `api` holds the rules once: what is taken, who may ask, how long it may take. `libretranslate`, `classic` and `grpc`
//! are three manners of speaking; `router` puts the first two on one port, where they share `/translate`.
//!
//! This crate knows nothing of chats, and stores nothing.

mod api;
mod classic;
#[cfg(feature = "grpc")]
pub mod grpc;
mod html;
pub mod libretranslate;
mod router;

pub use api::{Guess, Refusal, Source, TranslationApi, TranslationApiConfig};
pub use router::router;
