//! Translation of messages between any two languages that something installed here can connect.
//!
//! A message goes through these hands:
//!
//! 1. `text` cuts it into segments of at most a sentence; links, mentions, code, quantities and emoji become marks,
//!    layout is set aside, as are the terms of the `glossary`;
//! 2. `cache` answers what was translated before, by content: in memory, then in a [`CacheStore`];
//! 3. `route` knows the best way from one language to the other over what the engines offer, with pivots, by what `quality`
//!    knows of it and what the [`Request`] asks for;
//! 4. the engines ([`Engine`]: `firefox`, `apertium`, `ct2`, `remote`) translate what is left; `flight` sees that equal
//!    segments are asked for once, and `queue` hands them out in portions, what somebody waits for first;
//! 5. `ask` checks that every mark came back; `resolver` takes what failed over the next best route; `breaker` leaves
//!    alone what keeps failing;
//! 6. `translator` puts the message together again.
//!
//! Beside them, [`detect`] says in which language a text is written.
//!
//! This crate knows nothing of chats. It never invents a text or a score: what it cannot translate is
//! [`Outcome::Unavailable`] with a reason, and what did not work this time is a [`Failure`].

mod answer;
mod apertium;
mod ask;
mod breaker;
mod cache;
mod config;
mod ct2;
pub mod detect;
mod engine;
mod error;
mod firefox;
mod glossary;
pub mod models;
mod poll_engines;
mod quality;
mod queue;
mod remote;
mod request;
mod resolver;
mod route;
mod route_execution;
mod single_flight;
mod text;
mod translator;

pub use cache::{CacheKey, CacheStore, CachedText};
pub use config::{PUBLIC_INDEX, TranslationConfig};
pub use ct2::{CTranslate2Model, ctranslate2_models};
pub use engine::{Engine, Offer, Pair, Portion, Translated, UnknownPair, is_mark};
pub use error::{EngineError, Failure, TranslationError};
pub use glossary::{Glossary, Term};
pub use quality::{BadFigure, Figure, Figures};
pub use remote::{RemoteConfig, RemoteKind};
pub use request::{Request, Tier, UnknownTier, Urgency};
pub use route::{Quality, Route, Routes, Step};
pub use translator::{Outcome, Translator};
