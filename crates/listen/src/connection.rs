//! One connection: serves requests, and is closed if it is idle or if a request head is slow to arrive.

use crate::connections::Permit;
use crate::limits::Limits;
use crate::request_body::PacedBody;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::{HeaderValue, Request, Response, StatusCode, Version};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use serde_json::json;
use std::convert::Infallible;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until};
use tower::Service;

/// Maximum size of the read and write buffers, in bytes. A larger request head is answered with 431.
const MAX_BUFFER_BYTES: usize = 64 * 1024;
/// Maximum size of the request headers of HTTP/2, in bytes.
const MAX_HEADER_LIST_BYTES: u32 = 64 * 1024;
/// Maximum number of concurrent requests on an HTTP/2 connection.
const MAX_STREAMS: u32 = 200;
/// How often a quiet HTTP/2 connection is pinged.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How long a connection may take to close gracefully.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(5);

/// An accepted connection.
pub struct Connection {
    pub stream: TcpStream,
    pub peer: SocketAddr,
    pub permit: Permit,
    pub router: Router,
    pub limits: Limits,
}

impl Connection {
    /// Serves it until it is closed or upgraded.
    pub async fn serve(self, mut stopping: watch::Receiver<bool>) {
        let Self { stream, peer, permit, router, limits } = self;
        let activity = Arc::new(Activity::new());
        let io = TokioIo::new(Stream { stream, activity: Arc::clone(&activity), _permit: permit });
        let service = service_fn(|request| respond(router.clone(), request, peer, &activity, &limits));
        let builder = builder();
        let mut connection = pin!(builder.serve_connection_with_upgrades(io, service));
        let mut watch = Watch::new(&activity, &limits);
        // A dropped sender means the same.
        let mut stopped = pin!(async { _ = stopping.wait_for(|stop| *stop).await });
        let mut is_told = false;
        let outcome = poll_fn(|context| {
            loop {
                if let Poll::Ready(outcome) = connection.as_mut().poll(context) {
                    return Poll::Ready(outcome);
                }
                if !is_told && stopped.as_mut().poll(context).is_ready() {
                    is_told = true;
                    connection.as_mut().graceful_shutdown();
                    continue;
                }
                match ready!(watch.poll(context)) {
                    Verdict::Close => connection.as_mut().graceful_shutdown(),
                    Verdict::Abort => return Poll::Ready(Ok(())),
                }
            }
        });
        if let Err(error) = outcome.await {
            tracing::trace!(%error, "Connection closed");
        }
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // The HTTP/1 time-outs are our own: hyper's header time-out also runs between two requests.
    builder.http1().header_read_timeout(None).max_buf_size(MAX_BUFFER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .max_header_list_size(MAX_HEADER_LIST_BYTES)
        .max_concurrent_streams(MAX_STREAMS);
    builder
}

/// Handles a request, which counts as active until the response is written.
fn respond(
    mut router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    activity: &Arc<Activity>,
    limits: &Limits,
) -> impl Future<Output = Result<Response<ResponseBody>, Infallible>> + use<> {
    let version = request.version();
    let active = activity.begin(version);
    let is_late = Arc::new(AtomicBool::new(false));
    let mut request = match limits.body.filter(|_| !request.body().is_end_stream()) {
        Some(pace) => request.map(|body| Body::new(PacedBody::new(body, pace, Arc::clone(&is_late)))),
        None => request.map(Body::new),
    };
    request.extensions_mut().insert(ConnectInfo(peer));
    // A router is always ready.
    let response = router.call(request);
    async move {
        let Ok(response) = response.await;
        let response = if is_late.load(Ordering::Relaxed) { too_slow(version) } else { response };
        Ok(response.map(|body| ResponseBody { body, _active: active }))
    }
}

/// The response to a request whose body was too slow (RFC 9110 15.5.9).
fn too_slow(version: Version) -> Response<Body> {
    let error = "the request took too long to arrive";
    let body = json!({ "success": false, "error": error, "message": error, "code": "REQUEST_TIMEOUT" });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if version < Version::HTTP_2 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// What a connection is doing.
struct Activity(Mutex<State>);

struct State {
    /// Requests without a complete response.
    requests: usize,
    is_http2: bool,
    phase: Phase,
}

/// What a connection without active requests is doing, and since when.
#[derive(Clone, Copy)]
enum Phase {
    /// Waiting for the next request.
    Idle(Instant),
    /// Receiving a request head.
    Head(Instant),
    /// Closing gracefully.
    Closing(Instant),
}

impl Activity {
    /// A new connection must send its request head at once.
    fn new() -> Self {
        Self(Mutex::new(State { requests: 0, is_http2: false, phase: Phase::Head(Instant::now()) }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn received(&self) {
        let mut state = self.state();
        // In HTTP/2, it may be a frame that belongs to no request.
        if state.requests == 0 && !state.is_http2 && matches!(state.phase, Phase::Idle(_)) {
            state.phase = Phase::Head(Instant::now());
        }
    }

    /// A response may still be on its way when the connection becomes idle.
    fn sent(&self) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Idle(_)) {
            state.phase = Phase::Idle(Instant::now());
        }
    }

    fn begin(self: &Arc<Self>, version: Version) -> Active {
        let mut state = self.state();
        state.requests += 1;
        state.is_http2 |= version == Version::HTTP_2;
        Active(Arc::clone(self))
    }
}

/// A request without a complete response.
struct Active(Arc<Activity>);

impl Drop for Active {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.requests -= 1;
        if state.requests == 0 && !matches!(state.phase, Phase::Closing(_)) {
            state.phase = Phase::Idle(Instant::now());
        }
    }
}

/// What to do with a connection that timed out.
enum Verdict {
    /// It was idle for too long: close it gracefully.
    Close,
    /// It was too slow: drop it.
    Abort,
}

/// Watches the time-outs of a connection. Its timer is moved only when it fires, or would fire too late.
struct Watch<'a> {
    activity: &'a Activity,
    limits: &'a Limits,
    timer: Pin<Box<Sleep>>,
}

impl<'a> Watch<'a> {
    fn new(activity: &'a Activity, limits: &'a Limits) -> Self {
        let timer = Box::pin(sleep_until(Instant::now() + limits.header_timeout));
        Self { activity, limits, timer }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Verdict> {
        loop {
            let (deadline, verdict) = self.deadline();
            if deadline < self.timer.deadline() {
                self.timer.as_mut().reset(deadline);
            }
            ready!(self.timer.as_mut().poll(context));
            let now = Instant::now();
            if deadline > now {
                self.timer.as_mut().reset(deadline);
                continue;
            }
            match verdict {
                Some(Verdict::Close) => self.activity.state().phase = Phase::Closing(now),
                Some(Verdict::Abort) => {}
                // There are active requests: check again later.
                None => {
                    self.timer.as_mut().reset(now + self.limits.idle_timeout);
                    continue;
                }
            }
            return Poll::Ready(verdict.unwrap_or(Verdict::Abort));
        }
    }

    /// When the connection times out if nothing happens, and what to do then.
    fn deadline(&self) -> (Instant, Option<Verdict>) {
        let state = self.activity.state();
        if state.requests > 0 {
            return (self.timer.deadline(), None);
        }
        match state.phase {
            Phase::Idle(since) => (since + self.limits.idle_timeout, Some(Verdict::Close)),
            Phase::Head(since) => (since + self.limits.header_timeout, Some(Verdict::Abort)),
            Phase::Closing(since) => (since + CLOSING_TIMEOUT, Some(Verdict::Abort)),
        }
    }
}

/// The stream of a connection, which records activity, and holds the permit until it is closed.
struct Stream {
    stream: TcpStream,
    activity: Arc<Activity>,
    _permit: Permit,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        if buffer.filled().len() > before {
            self.activity.received();
        }
        Poll::Ready(outcome)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = ready!(Pin::new(&mut self.stream).poll_write(context, bytes));
        self.activity.sent();
        Poll::Ready(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices));
        self.activity.sent();
        Poll::Ready(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A response body; the request is active until it is dropped.
struct ResponseBody {
    body: Body,
    _active: Active,
}

impl http_body::Body for ResponseBody {
    type Data = <Body as http_body::Body>::Data;
    type Error = <Body as http_body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
