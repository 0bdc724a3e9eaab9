//! A WebSocket client: one task, written as a state machine so that it is small while idle.

use crate::Service;
use crate::frame::{self, Decoder, Message, Violation};
use crate::outbox::Taken;
use crate::packet::{BadPacket, Incoming, Outgoing};
use crate::polling::Polling;
use crate::session::{Reaction, Session, Work};
use bytes::{Buf, Bytes};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};
use tungstenite::protocol::frame::coding::Control;

/// How many bytes are read at a time, on the stack.
const READ_BYTES: usize = 4096;
/// The maximum size of a probe packet, in bytes.
const MAX_PROBE: u64 = 125;
/// The maximum number of packets written in one call.
const MAX_WRITE_PACKETS: usize = 64;
/// How long a client may take to upgrade from polling, and to receive its last packets.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long it may then take to close.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves a client that starts with a WebSocket.
pub(crate) async fn serve<S: Service>(upgrade: OnUpgrade, mut session: Session<S>) {
    match upgrade.await {
        Ok(io) => {
            let work = session.open(&(session.hub().config.make_id)(), &[]);
            run(Connection::new(io, Stage::Open(session), work)).await;
        }
        Err(error) => tracing::debug!(%error, "Client disconnected during the WebSocket upgrade"),
    }
}

/// Upgrades a polling client to a WebSocket, and serves it then.
pub(crate) async fn upgrade<S: Service>(upgrade: OnUpgrade, polling: Arc<Polling<S>>) {
    let Ok(io) = upgrade.await else { return };
    let stage = Stage::Probing { polling, is_probing: false };
    run(Connection::new(io, stage, None)).await;
}

/// Serves a connection until its end.
async fn run<S: Service>(mut connection: Box<Connection<S>>) {
    let code = (&mut *connection).await;
    // Boxed: a farewell is larger than the state of the connection, and short-lived.
    Box::pin(connection.farewell(code)).await;
}

/// The owner of the connection.
enum Stage<S: Service> {
    /// None yet: the client probes the connection while it still polls.
    Probing {
        polling: Arc<Polling<S>>,
        is_probing: bool,
    },
    Open(Session<S>),
}

struct Connection<S: Service> {
    io: TokioIo<Upgraded>,
    stage: Stage<S>,
    decoder: Decoder,
    /// Frames to write; the first may be partly written.
    writing: VecDeque<Bytes>,
    /// The event that is being handled.
    work: Option<Work>,
    /// When the session has something to do, or a probe times out.
    deadline: Pin<Box<Sleep>>,
}

/// The code of the close frame; `None` if the client is gone.
type End = Option<u16>;

/// A normal closure (RFC 6455 7.4.1).
const NORMAL: End = Some(1000);

impl From<Violation> for Broken {
    fn from(violation: Violation) -> Self {
        Self(Some(violation as u16))
    }
}

impl From<BadPacket> for Broken {
    fn from(packet: BadPacket) -> Self {
        let violation = match packet {
            BadPacket::Malformed => Violation::Protocol,
            BadPacket::Binary => Violation::NotAcceptable,
        };
        violation.into()
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
    fn new(io: Upgraded, stage: Stage<S>, work: Option<Work>) -> Box<Self> {
        let first = match &stage {
            Stage::Probing { .. } => Instant::now() + CLOSE_TIMEOUT,
            Stage::Open(session) => session.deadline(),
        };
        let decoder = Decoder::default();
        let (io, deadline) = (TokioIo::new(io), Box::pin(sleep_until(first)));
        Box::new(Self { io, stage, decoder, writing: VecDeque::new(), work, deadline })
    }

    /// Does everything that can be done now.
    fn advance(&mut self, context: &mut Context<'_>) -> Result<(), Broken> {
        loop {
            while self.handle(context)? {}
            self.beat(context)?;
            let all_written = self.write(context)?;
            // A client that does not receive its packets is not read from.
            if self.work.is_some() || !all_written || self.read(context)?.is_pending() {
                return Ok(());
            }
        }
    }

    /// Handles decoded packets; returns whether there may be more.
    fn handle(&mut self, context: &mut Context<'_>) -> Result<bool, Broken> {
        if let Some(work) = &mut self.work {
            if work.as_mut().poll(context).is_pending() {
                return Ok(false);
            }
            self.work = None;
            if let Stage::Open(session) = &mut self.stage {
                session.resume();
            }
        }
        let max_payload = match &self.stage {
            Stage::Probing { .. } => MAX_PROBE,
            Stage::Open(session) => session.max_payload(),
        };
        let Some(message) = self.decoder.message(max_payload)? else { return Ok(false) };
        match message {
            Message::Text(text) => self.text(&text)?,
            Message::Binary => match &mut self.stage {
                Stage::Probing { .. } => return Err(BadPacket::Malformed.into()),
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
        let (polling, is_probing) = match &mut self.stage {
            Stage::Open(session) => {
                let reaction = session.text(text)?;
                return self.react(reaction);
            }
            Stage::Probing { polling, is_probing } => (polling, is_probing),
        };
        match Incoming::parse(text)? {
            // Any other ping ends it, as in the reference implementation; the client continues to poll.
            Incoming::Ping(data) if data == "probe" && !*is_probing && polling.begin_probe() => {
                *is_probing = true;
                self.writing.push_back(Outgoing::new("3probe").frame().clone());
            }
            Incoming::Upgrade if *is_probing => {
                let session = polling.hand_over().ok_or(BadPacket::Malformed)?;
                self.stage = Stage::Open(session);
            }
            _ => return Err(BadPacket::Malformed.into()),
        }
        Ok(())
    }

    fn react(&mut self, reaction: Reaction) -> Result<(), Broken> {
        match reaction {
            Reaction::Continue => Ok(()),
            Reaction::Work(work) => {
                self.work = Some(work);
                Ok(())
            }
            Reaction::End => Err(Broken(NORMAL)),
        }
    }

    fn beat(&mut self, context: &mut Context<'_>) -> Result<(), Broken> {
        loop {
            if let Stage::Open(session) = &self.stage
                && self.deadline.deadline() != session.deadline()
            {
                self.deadline.as_mut().reset(session.deadline());
            }
            if self.deadline.as_mut().poll(context).is_pending() {
                return Ok(());
            }
            let Stage::Open(session) = &mut self.stage else { return Err(Broken(NORMAL)) };
            if !session.beat(Instant::now(), self.work.is_some()) {
                return Err(Broken(NORMAL));
            }
        }
    }

    /// Writes queued packets; returns whether all are written.
    fn write(&mut self, context: &mut Context<'_>) -> Result<bool, Broken> {
        loop {
            if self.writing.is_empty() {
                let Stage::Open(session) = &self.stage else { return Ok(true) };
                match session.outbox().poll_take(context) {
                    Poll::Ready(Taken { packets, is_last: true }) if packets.is_empty() => {
                        return Err(Broken(NORMAL));
                    }
                    Poll::Ready(Taken { packets, .. }) => {
                        self.writing = packets.into_iter().map(|packet| packet.frame().clone()).collect();
                    }
                    Poll::Pending => {
                        // An idle connection keeps no buffer.
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
        // Usually there is only one, and the simpler call is cheaper.
        if let (Some(packet), 1) = (self.writing.front(), self.writing.len()) {
            return io.poll_write(context, packet);
        }
        let mut slices = [IoSlice::new(&[]); MAX_WRITE_PACKETS];
        for (slice, packet) in slices.iter_mut().zip(&self.writing) {
            *slice = IoSlice::new(packet);
        }
        io.poll_write_vectored(context, &slices[..self.writing.len().min(MAX_WRITE_PACKETS)])
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
        let mut space = [0; READ_BYTES];
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

    /// Finishes the work in progress, closes the session, and sends the last packets.
    async fn farewell(mut self: Box<Self>, code: End) {
        if let Some(work) = self.work.take() {
            work.await;
        }
        match &mut self.stage {
            Stage::Probing { polling, is_probing: true } => polling.end_probe(),
            Stage::Probing { .. } => {}
            Stage::Open(session) => {
                if let Some(work) = session.close() {
                    work.await;
                }
            }
        }
        if let Some(code) = code {
            // A client that does not read the end notices anyway.
            if let Ok(Ok(())) = tokio::time::timeout(CLOSE_TIMEOUT, self.send_last_packets(code)).await {
                let _ = tokio::time::timeout(LINGER_TIMEOUT, self.linger()).await;
            }
        }
    }

    async fn send_last_packets(&mut self, code: u16) -> io::Result<()> {
        if let Stage::Open(session) = &self.stage {
            let outbox = session.outbox();
            let rest = std::future::poll_fn(|context| outbox.poll_take(context)).await.packets;
            self.writing.extend(rest.into_iter().map(|packet| packet.frame().clone()));
        }
        self.writing.push_back(frame::close(code));
        for packet in std::mem::take(&mut self.writing) {
            self.io.write_all(&packet).await?;
        }
        self.io.shutdown().await
    }

    /// If unread data is left, closing resets the connection, and the last packets may never be received.
    async fn linger(&mut self) -> io::Result<()> {
        let mut space = vec![0; READ_BYTES];
        while self.io.read(&mut space).await? > 0 {}
        Ok(())
    }
}
