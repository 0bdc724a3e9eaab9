//! A client over a WebSocket: one task, written as a state machine so that it is small while nothing happens.

use crate::frame::{self, Decoder, Message, Violation};
use crate::packet::{Incoming, NoPacket, Outgoing};
use crate::polling::Poll as Polling;
use crate::session::{Reaction, Session, Version};
use crate::{Service, Socket};
use bytes::{Buf, Bytes};
use futures::future::BoxFuture;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};
use tungstenite::protocol::frame::coding::Control;

/// What is read at a time, over the stack.
const READ: usize = 4096;
/// Packets that are written with one call.
const WRITE: usize = 64;
/// How long a client may take to change over from polling, and to take its last packets.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may then take to close.
const LINGER: Duration = Duration::from_secs(1);

/// Serves a client that begins with a WebSocket.
pub(crate) async fn serve<S: Service>(upgrade: OnUpgrade, mut session: Session<S>) {
    let socket = session.socket.clone();
    match upgrade.await {
        Ok(io) => {
            let work = session.open(&[]);
            run(Connection::new(io, Stage::Open(session), work)).await;
        }
        Err(error) => tracing::debug!(%error, "A client went before it had its WebSocket"),
    }
    socket.hub().forget(&socket);
}

/// Lets a client that polls change over to a WebSocket, and serves it then.
pub(crate) async fn change_over<S: Service>(upgrade: OnUpgrade, polling: Arc<Polling<S>>) {
    let Ok(io) = upgrade.await else { return };
    if let Some(socket) = run(Connection::new(io, Stage::Probing(Arc::clone(&polling)), None)).await {
        socket.hub().forget(&socket);
    }
    polling.set_changing(false);
}

/// Serves a connection until its end, and says whose it was if it came to be anybody's.
async fn run<S: Service>(mut connection: Box<Connection<S>>) -> Option<Socket<S>> {
    let code = (&mut *connection).await;
    // Boxed: a farewell is larger than the connection's life, and shorter.
    Box::pin(connection.farewell(code)).await
}

/// Whose connection it is.
enum Stage<S: Service> {
    /// Nobody's yet: the client tries whether it works, and goes on polling meanwhile.
    Probing(Arc<Polling<S>>),
    Open(Session<S>),
}

struct Connection<S: Service> {
    io: TokioIo<Upgraded>,
    stage: Stage<S>,
    decoder: Decoder,
    /// What is to be written, after what waits in it.
    writing: VecDeque<Bytes>,
    /// The event that is being handled.
    work: Option<BoxFuture<'static, ()>>,
    /// When the client is asked whether it is there, or has not answered.
    heartbeat: Pin<Box<Sleep>>,
    asked: bool,
}

/// The code of the last frame; `None` when nobody is there to read it.
type End = Option<u16>;

/// The connection came to its end as it should (RFC 6455 7.4.1).
const NORMAL: End = Some(1000);

impl From<Violation> for Broken {
    fn from(violation: Violation) -> Self {
        Self(Some(violation as u16))
    }
}

impl From<NoPacket> for Broken {
    fn from(_: NoPacket) -> Self {
        Self(Some(Violation::Protocol as u16))
    }
}

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Self {
        Self(None)
    }
}

/// Why a connection ends.
struct Broken(End);

impl<S: Service> Future for Connection<S> {
    type Output = End;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<End> {
        match self.advance(context) {
            Ok(()) => Poll::Pending,
            Err(Broken(end)) => Poll::Ready(end),
        }
    }
}

impl<S: Service> Connection<S> {
    fn new(io: Upgraded, stage: Stage<S>, work: Option<BoxFuture<'static, ()>>) -> Box<Self> {
        let (hub, first) = match &stage {
            Stage::Probing(polling) => (polling.socket.hub(), PATIENCE),
            Stage::Open(session) => (session.socket.hub(), first_heartbeat(session)),
        };
        let decoder = Decoder::new(hub.config.max_payload);
        let (io, heartbeat) = (TokioIo::new(io), Box::pin(sleep(first)));
        Box::new(Self { io, stage, decoder, writing: VecDeque::new(), work, heartbeat, asked: false })
    }

    /// Does all that can be done now.
    fn advance(&mut self, context: &mut Context<'_>) -> Result<(), Broken> {
        loop {
            while self.handle(context)? {}
            self.beat(context)?;
            let all_written = self.write(context)?;
            // Who does not take what it gets is not heard.
            if self.work.is_some() || !all_written || self.read(context)?.is_pending() {
                return Ok(());
            }
        }
    }

    /// Handles what has come in; says whether there may be more.
    fn handle(&mut self, context: &mut Context<'_>) -> Result<bool, Broken> {
        if let Some(work) = &mut self.work {
            if work.as_mut().poll(context).is_pending() {
                return Ok(false);
            }
            self.work = None;
        }
        let Some(message) = self.decoder.message()? else { return Ok(false) };
        match message {
            Message::Text(text) => self.text(&text)?,
            Message::Binary => match &mut self.stage {
                Stage::Probing(_) => return Err(NoPacket.into()),
                Stage::Open(session) => {
                    let reaction = session.binary()?;
                    self.react(reaction)?;
                }
            },
            Message::Ping(data) => self.writing.push_back(frame::control(Control::Pong, &data)),
            Message::Pong => {}
            Message::Close => return Err(Broken(NORMAL)),
        }
        Ok(true)
    }

    fn text(&mut self, text: &str) -> Result<(), Broken> {
        let polling = match &mut self.stage {
            Stage::Open(session) => {
                let reaction = session.text(text)?;
                return self.react(reaction);
            }
            Stage::Probing(polling) => polling,
        };
        match Incoming::parse(text)? {
            Incoming::Ping(data) => {
                self.writing.push_back(Outgoing::new(&format!("3{data}")).frame().clone());
                // A poll that waits is answered now, or the client could not stop polling.
                polling.set_changing(true);
                let _ = polling.socket.send(Outgoing::new("6"));
            }
            Incoming::Upgrade => {
                let session = polling.take_session().ok_or(NoPacket)?;
                self.heartbeat.as_mut().reset(Instant::now() + first_heartbeat(&session));
                self.stage = Stage::Open(session);
            }
            _ => return Err(NoPacket.into()),
        }
        Ok(())
    }

    fn react(&mut self, reaction: Reaction) -> Result<(), Broken> {
        match reaction {
            Reaction::Nothing => {}
            Reaction::Alive => {
                if let Stage::Open(session) = &self.stage {
                    self.asked = false;
                    let next = Instant::now() + session.socket.hub().config.ping_interval;
                    self.heartbeat.as_mut().reset(next);
                }
            }
            Reaction::Answer(packet) => {
                self.writing.push_back(packet.frame().clone());
                // In version 3 it is the client's ping that shows that it is there.
                if let Stage::Open(session) = &self.stage
                    && session.version == Version::V3
                {
                    self.heartbeat.as_mut().reset(Instant::now() + first_heartbeat(session));
                }
            }
            Reaction::Work(work) => self.work = Some(work),
            Reaction::End => return Err(Broken(NORMAL)),
        }
        Ok(())
    }

    fn beat(&mut self, context: &mut Context<'_>) -> Result<(), Broken> {
        while self.heartbeat.as_mut().poll(context).is_ready() {
            let Stage::Open(session) = &self.stage else { return Err(Broken(NORMAL)) };
            let is_late = self.asked || !session.has_connected() || session.version == Version::V3;
            // While an event is handled nothing is read, an answer neither.
            if is_late && self.work.is_none() {
                return Err(Broken(NORMAL));
            }
            if !self.asked && session.version == Version::V4 {
                self.asked = true;
                self.writing.push_back(Outgoing::new("2").frame().clone());
            }
            let next = Instant::now() + session.socket.hub().config.ping_timeout;
            self.heartbeat.as_mut().reset(next);
        }
        Ok(())
    }

    /// Writes what waits; says whether that was all.
    fn write(&mut self, context: &mut Context<'_>) -> Result<bool, Broken> {
        loop {
            if self.writing.is_empty() {
                let Stage::Open(session) = &self.stage else { return Ok(true) };
                match session.socket.outbox().poll_take(context) {
                    Poll::Ready(Some(packets)) => {
                        self.writing = packets.into_iter().map(|packet| packet.frame().clone()).collect();
                    }
                    Poll::Ready(None) => return Err(Broken(NORMAL)),
                    Poll::Pending => {
                        // An idle connection keeps no memory.
                        self.writing = VecDeque::new();
                        return Ok(true);
                    }
                }
            }
            match self.write_some(context) {
                Poll::Ready(written) => self.written(written?)?,
                Poll::Pending => return Ok(false),
            }
        }
    }

    fn write_some(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let io = Pin::new(&mut self.io);
        // Most often there is one, and the simpler call costs the system less.
        if let (Some(packet), 1) = (self.writing.front(), self.writing.len()) {
            return io.poll_write(context, packet);
        }
        let mut slices = [IoSlice::new(&[]); WRITE];
        for (slice, packet) in slices.iter_mut().zip(&self.writing) {
            *slice = IoSlice::new(packet);
        }
        io.poll_write_vectored(context, &slices[..self.writing.len().min(WRITE)])
    }

    fn written(&mut self, mut bytes: usize) -> Result<(), Broken> {
        if bytes == 0 {
            return Err(Broken(None));
        }
        while let Some(packet) = self.writing.front_mut() {
            if bytes < packet.len() {
                packet.advance(bytes);
                break;
            }
            bytes -= packet.len();
            self.writing.pop_front();
        }
        Ok(())
    }

    fn read(&mut self, context: &mut Context<'_>) -> Result<Poll<()>, Broken> {
        let mut space = [0; READ];
        let mut buffer = ReadBuf::new(&mut space);
        match Pin::new(&mut self.io).poll_read(context, &mut buffer) {
            Poll::Pending => Ok(Poll::Pending),
            Poll::Ready(outcome) => {
                outcome?;
                if buffer.filled().is_empty() {
                    return Err(Broken(None));
                }
                self.decoder.extend(buffer.filled());
                Ok(Poll::Ready(()))
            }
        }
    }

    /// Finishes what was begun, sees the socket off, and sends the last packets.
    async fn farewell(mut self: Box<Self>, code: End) -> Option<Socket<S>> {
        if let Some(work) = self.work.take() {
            work.await;
        }
        let socket = match &self.stage {
            Stage::Probing(_) => None,
            Stage::Open(session) => Some(session.socket.clone()),
        };
        if let Some(socket) = &socket {
            socket.outbox().close();
            socket.leave_all();
            socket.hub().service.disconnected(socket).await;
        }
        if let Some(code) = code {
            // Whoever does not take the end finds it out.
            if let Ok(Ok(())) = tokio::time::timeout(PATIENCE, self.last_words(code)).await {
                let _ = tokio::time::timeout(LINGER, self.linger()).await;
            }
        }
        socket
    }

    async fn last_words(&mut self, code: u16) -> io::Result<()> {
        if let Stage::Open(session) = &self.stage {
            let rest = std::future::poll_fn(|context| session.socket.outbox().poll_take(context)).await;
            self.writing.extend(rest.into_iter().flatten().map(|packet| packet.frame().clone()));
        }
        self.writing.push_back(frame::close(code));
        for packet in std::mem::take(&mut self.writing) {
            self.io.write_all(&packet).await?;
        }
        self.io.shutdown().await
    }

    /// Closed with something unread, a connection is reset, and the last packets may never be read.
    async fn linger(&mut self) -> io::Result<()> {
        let mut space = vec![0; READ];
        while self.io.read(&mut space).await? > 0 {}
        Ok(())
    }
}

/// When the client is first asked whether it is there, or has to have asked.
fn first_heartbeat<S: Service>(session: &Session<S>) -> Duration {
    let config = &session.socket.hub().config;
    match session.version {
        Version::V4 => config.ping_interval,
        Version::V3 => config.ping_interval + config.ping_timeout,
    }
}
