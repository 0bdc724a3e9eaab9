//! The translator as an API for other programs: over HTTP in the dialects of LibreTranslate and of the old
//! translator, and over gRPC.
//!
//! `api` implements the rules once: limits, authentication, time-outs. `libretranslate`, `classic` and `grpc`
//! are the dialects; `router` serves the first two on one port, where they share `/translate`.
//!
//! This crate knows nothing about chats, and stores nothing.

mod api;
mod classic;
#[cfg(feature = "grpc")]
pub mod grpc;
mod html;
pub mod libretranslate;
mod router;

pub use api::{Guess, Refusal, Source, TranslationApi, TranslationApiConfig};
pub use router::router;
