//! Translates messages between any two languages that the installed engines connect.
//!
//! The life of a message:
//!
//! 1. `text` splits it into segments of at most a sentence. Links, mentions, code and emoji become marks, as
//!    do the terms of the `glossary`; layout is set aside.
//! 2. `cache` looks up previous translations by content: in memory, then in a [`CacheStore`].
//! 3. `routes` selects the best route between the languages over what the engines offer, with pivots, according to
//!    `quality` and the [`Request`].
//! 4. The engines ([`Engine`]: `firefox`, `apertium`, `ct2`, `remote`) translate the rest. `single_flight` coalesces equal
//!    segments, and `queue` batches them, live work first.
//! 5. `ask` checks that every mark and every quantity came back; `resolver` retries failures over the next best
//!    route; `breaker` backs off from engines that keep failing.
//! 6. `grade` says how good each segment is expected to be; `translator` reassembles the message.
//!
//! In addition, [`detect`] detects the language of a text.
//!
//! This crate knows nothing about chats. It never invents a text or a score: what it cannot translate is
//! [`Outcome::Unavailable`] with a reason, and a temporary error is a [`Failure`].

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
mod folder_health;
mod glossary;
mod grade;
mod mark;
pub mod models;
mod pair;
mod quality;
mod queue;
mod remote;
mod request;
mod resolver;
mod route;
mod route_execution;
mod routes;
mod shouting;
mod single_flight;
mod text;
mod translator;

pub use cache::{CacheKey, CacheStore, CachedText};
pub use config::{PUBLIC_INDEX, TranslationConfig};
pub use ct2::{CTranslate2Model, ctranslate2_models};
pub use engine::{Engine, Offer, Portion, Translated};
pub use error::{EngineError, Failure, TranslationError};
pub use glossary::{Glossary, Term};
pub use mark::is_mark;
pub use pair::{Pair, UnknownPair};
pub use quality::{BadFigure, Figure, Figures, MEAN_ERROR};
pub use remote::{RemoteConfig, RemoteKind};
pub use request::{Request, Tier, UnknownTier, Urgency};
pub use route::{Quality, Route, Step};
pub use routes::Routes;
pub use translator::{Outcome, Translator};
