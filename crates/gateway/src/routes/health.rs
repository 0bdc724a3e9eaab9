//! Health checks and metrics for operators.

use crate::api::Api;
use crate::api::access::Access;
use crate::api::describe::{Describe, JSON, Output};
use crate::app::App;
use crate::http::telemetry;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use meeshy_chat::{Chat, ChatError, StoreError};
use meeshy_wire::{
    Condition, DatabaseHealth, Health, Info, Iso, Readiness, Services, SocketHealth, Standing,
    TranslationHealth,
};
use serde_json::json;
use std::time::{Duration, Instant};

/// How long the database may take to respond to a health check.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

pub fn routes(api: Api) -> Api {
    api.get(Access::Anyone, "/health", "Liveness, and the health of each part", health)
        .get(Access::Anyone, "/healthz", "The same", health)
        .get(Access::Anyone, "/ready", "Readiness: 503 while the database cannot be written", ready)
        .get(Access::Anyone, "/info", "Name and version", info)
        .get(Access::Operator, "/metrics", "Prometheus metrics", metrics)
}

/// The operator's routes on a separate address that nobody else can reach, without a token.
pub fn operator_router(chat: Chat) -> Router {
    telemetry::recorder();
    let started = Instant::now();
    let whole = {
        let chat = chat.clone();
        async move || report(&chat, started, true).await
    };
    Router::new().route("/health", get(whole)).route("/metrics", get(async move || figures(&chat).await))
}

async fn health(State(app): State<App>, headers: HeaderMap) -> Json<Health> {
    report(&app.chat, app.started, app.is_operator(&headers)).await
}

/// The health of each part; with statistics for the operator only.
async fn report(chat: &Chat, started: Instant, with_figures: bool) -> Json<Health> {
    let (statistics, readiness) = tokio::join!(in_time(chat.health().statistics()), readiness(chat));
    let is_up = statistics.is_some() && readiness.is_ok();
    let translates = statistics.is_some_and(|known| known.translators > 0);
    Json(Health {
        // A process without its database is alive: restarting it would not help, and `/ready` keeps clients
        // away.
        status: if is_up { Condition::Healthy } else { Condition::Degraded },
        timestamp: Iso(chat.now()),
        version: env!("CARGO_PKG_VERSION"),
        uptime: started.elapsed().as_secs(),
        services: Services {
            database: DatabaseHealth {
                status: is_up.into(),
                reason: readiness.err(),
                user_count: with_figures.then(|| statistics.map(|known| known.users)),
            },
            translation: TranslationHealth {
                status: translates.into(),
                translators: with_figures.then(|| statistics.map(|known| known.translators)),
                jobs_waiting: with_figures.then(|| statistics.map(|known| known.translation_jobs_waiting)),
            },
            websocket: SocketHealth {
                status: Standing::Up,
                people_online: with_figures.then(|| chat.presence().online_count()),
            },
        },
    })
}

async fn ready(State(app): State<App>) -> Ready {
    Ready(readiness(&app.chat).await)
}

/// Whether nothing hinders it from serving.
struct Ready(Result<(), &'static str>);

impl IntoResponse for Ready {
    fn into_response(self) -> Response {
        match self.0 {
            Ok(()) => Json(Readiness { status: "ready", reason: None }).into_response(),
            Err(reason) => {
                // Called often: the failure itself is logged where the write failed.
                tracing::debug!(reason, "Not ready");
                let answer = Json(Readiness { status: "not ready", reason: Some(reason) });
                (StatusCode::SERVICE_UNAVAILABLE, answer).into_response()
            }
        }
    }
}

impl Output for Ready {
    fn describe(to: &mut Describe<'_>) {
        let schema = to.schemas.answer::<Readiness>();
        to.answers(StatusCode::OK, JSON, schema.clone());
        to.answers(StatusCode::SERVICE_UNAVAILABLE, JSON, schema);
    }
}

/// Why nothing can be written, if so.
async fn readiness(chat: &Chat) -> Result<(), &'static str> {
    match tokio::time::timeout(DATABASE_TIMEOUT, chat.health().ready()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(ChatError::Store(StoreError::DiskFull))) => Err("the disk of the database is full"),
        Ok(Err(_)) => Err("the database cannot be written"),
        Err(_) => Err("the database does not respond"),
    }
}

async fn info() -> Json<Info> {
    Json(Info {
        name: "Meeshy",
        version: env!("CARGO_PKG_VERSION"),
        description: "Everyone writes in their own language, and everyone reads in their own language.",
        documentation: "/docs",
        api: "/api/v1",
        socket: "/socket.io/",
    })
}

async fn metrics(State(app): State<App>) -> Figures {
    figures(&app.chat).await
}

/// Figures in the text form of Prometheus.
struct Figures(String);

impl IntoResponse for Figures {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], self.0).into_response()
    }
}

impl Output for Figures {
    fn describe(to: &mut Describe<'_>) {
        to.answers(StatusCode::OK, "text/plain", json!({ "type": "string" }));
    }
}

async fn figures(chat: &Chat) -> Figures {
    metrics::gauge!("meeshy_people_online").set(chat.presence().connected_count() as f64);
    if let Some(known) = in_time(chat.health().statistics()).await {
        metrics::gauge!("meeshy_users").set(known.users as f64);
        metrics::gauge!("meeshy_translators").set(known.translators as f64);
        metrics::gauge!("meeshy_translation_jobs_waiting").set(known.translation_jobs_waiting as f64);
    }
    if let Some(counts) = in_time(chat.health().notification_counts()).await {
        metrics::gauge!("meeshy_notifications").set(counts.active as f64);
        metrics::gauge!("meeshy_notifications_archived").set(counts.archived as f64);
    }
    if let Some(jobs) = in_time(chat.jobs().states()).await {
        metrics::gauge!("meeshy_jobs_waiting").set(jobs.counts.waiting as f64);
        metrics::gauge!("meeshy_jobs_dead").set(jobs.counts.dead as f64);
        for job in jobs.scheduled {
            let is_failing = f64::from(u8::from(job.last_error.is_some()));
            metrics::gauge!("meeshy_scheduled_job_failing", "job" => job.name.clone()).set(is_failing);
            if let Some(at) = job.last_succeeded_at {
                let seconds = at.millis() as f64 / 1_000.0;
                metrics::gauge!("meeshy_scheduled_job_last_success_seconds", "job" => job.name).set(seconds);
            }
        }
    }
    Figures(telemetry::metrics())
}

/// Statistics from the database, if it responds in time.
async fn in_time<T>(asked: impl Future<Output = Result<T, ChatError>>) -> Option<T> {
    match tokio::time::timeout(DATABASE_TIMEOUT, asked).await {
        Ok(Ok(known)) => Some(known),
        Ok(Err(error)) => {
            tracing::warn!(%error, "Failed to read some metrics");
            None
        }
        Err(_) => None,
    }
}
