//! Telemetry of requests: a span with an id, and metrics. Never texts, tokens or addresses.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::convert::Infallible;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tracing::Instrument;

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
static NEXT_REQUEST: AtomicU64 = AtomicU64::new(1);

/// The upper bounds of the latency buckets, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// How often recorded values are moved into their buckets; until then each takes memory.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The metrics of the process, in Prometheus text format.
pub fn metrics() -> String {
    recorder().render()
}

/// Moves recorded values into their buckets, for as long as the process runs.
pub async fn keep_up() -> Infallible {
    loop {
        tokio::time::sleep(UPKEEP_INTERVAL).await;
        recorder().run_upkeep();
    }
}

/// The metrics recorder, installed on the first call.
pub fn recorder() -> &'static PrometheusHandle {
    RECORDER.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        // Only an empty list is rejected.
        let builder = builder.set_buckets(&BUCKETS).unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("Another metrics recorder is already installed; /metrics stays empty");
        }
        handle
    })
}

/// The method as shown in metrics and logs: HTTP allows clients to invent any number of others (RFC 9110
/// 16.1).
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Gives each request an id and a span, and counts it by route.
pub async fn request(request: Request, next: Next) -> Response {
    let id = NEXT_REQUEST.fetch_add(1, Ordering::Relaxed);
    let start = Instant::now();
    let method = method_label(request.method());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let span = tracing::info_span!("request", request_id = id, method, route);
    let mut response = next.run(request).instrument(span).await;
    if let Some(route) = route {
        let labels = [
            ("method", method.to_owned()),
            ("route", route),
            ("status", response.status().as_u16().to_string()),
        ];
        metrics::counter!("meeshy_http_requests_total", &labels).increment(1);
        metrics::histogram!("meeshy_http_request_seconds", &labels[..2])
            .record(start.elapsed().as_secs_f64());
    }
    response.headers_mut().insert("x-request-id", HeaderValue::from(id));
    response
}
