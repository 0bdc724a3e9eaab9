//! For operators and their tools (wire-contract 4.9).

use super::{Access, Api};
use crate::{App, observe};
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::IntoResponse;
use meeshy_wire::Iso;
use serde_json::json;

pub fn routes(api: Api) -> Api {
    api.route(Access::Anyone, Method::GET, "/health", "Whether the process is alive", health)
        .route(
            Access::Anyone,
            Method::GET,
            "/ready",
            "Whether it can serve: 503 until the database answers",
            ready,
        )
        .route(Access::Anyone, Method::GET, "/info", "What this is", info)
        .route(Access::Anyone, Method::GET, "/metrics", "Figures for Prometheus", metrics)
}

async fn health(State(app): State<App>) -> impl IntoResponse {
    let database = app.chat.ready().await.is_ok();
    axum::Json(json!({
        "status": "healthy",
        "timestamp": Iso(app.chat.now()),
        "version": env!("CARGO_PKG_VERSION"),
        "services": {
            "database": { "status": if database { "up" } else { "down" } },
            "websocket": { "status": "up" },
        },
    }))
}

async fn ready(State(app): State<App>) -> impl IntoResponse {
    match app.chat.ready().await {
        Ok(()) => (StatusCode::OK, axum::Json(json!({ "status": "ready" }))),
        Err(error) => (
            StatusCode::SERVICE_UNAVAILABLE,
            axum::Json(json!({ "status": "not ready", "reason": error.to_string() })),
        ),
    }
}

async fn info() -> impl IntoResponse {
    axum::Json(json!({
        "name": "Meeshy",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Everyone writes in their own language, and everyone reads in their own language.",
        "documentation": "/docs",
        "api": "/api/v1",
        "socket": "/socket.io/",
    }))
}

async fn metrics(State(app): State<App>) -> impl IntoResponse {
    metrics::gauge!("meeshy_people_online").set(app.chat.presence().online_count() as f64);
    match app.chat.statistics().await {
        Ok(statistics) => {
            metrics::gauge!("meeshy_users").set(statistics.users as f64);
            metrics::gauge!("meeshy_translation_jobs_waiting")
                .set(statistics.translation_jobs_waiting as f64);
        }
        Err(error) => tracing::warn!(%error, "Some metrics could not be read"),
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], observe::metrics())
}
