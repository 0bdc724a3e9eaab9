//! What the operator sees of requests: a span with an id, and metrics. Never texts, tokens or addresses.

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

/// The upper ends of the buckets of latencies, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

/// How often measured values are put into their buckets; until then each of them takes memory.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The process's metrics, in the text form of Prometheus.
pub fn metrics() -> String {
    recorder().render()
}

/// Keeps the metrics small, for as long as the process runs.
pub async fn keep_up() -> Infallible {
    loop {
        tokio::time::sleep(UPKEEP_INTERVAL).await;
        recorder().run_upkeep();
    }
}

/// Starts counting, with the first call of the process.
pub fn recorder() -> &'static PrometheusHandle {
    RECORDER.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        // It refuses only an empty list.
        let builder = builder.set_buckets(&BUCKETS).unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("Another metrics recorder is already installed; /metrics stays empty");
        }
        handle
    })
}

/// The method as metrics and logs show it: HTTP lets clients invent others, without end (RFC 9110 16.1).
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
