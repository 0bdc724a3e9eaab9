//! The running processes of one pair.

use super::mode::{Mode, Stage};
use super::stream;
use crate::EngineError;
use crate::engine::Pair;
use std::io;
use std::process::Stdio;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// A pipeline that has answered before and now says nothing for so long is stuck: a sentence takes some milliseconds,
/// and only the loading of the data takes longer.
const STALL: Duration = Duration::from_secs(1);

/// What the answer to a segment may take up, in bytes, beyond a multiple of the segment: whoever writes more does not
/// translate.
const ANSWER_BYTES: usize = 64 * 1024;
/// An answer may be so many times as long as its segment.
const ANSWER_GROWTH: usize = 16;

/// Where a pipeline is kept between requests. One request at a time; others wait their turn.
pub(super) struct Slot {
    pair: Pair,
    mode: Mode,
    idle: Duration,
    patience: Duration,
    pipeline: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Taken out for the time of a request: whoever gives up half-way drops it, and so kills it.
    pipeline: Option<Pipeline>,
    last_used: Option<Instant>,
}

impl Slot {
    pub(super) fn new(pair: Pair, mode: Mode, idle: Duration, patience: Duration) -> Self {
        Self { pair, mode, idle, patience, pipeline: Mutex::default() }
    }

    pub(super) fn version(&self) -> &str {
        &self.mode.version
    }

    /// One text for each segment.
    ///
    /// # Errors
    /// When a process cannot be started (then the pair is broken) or does not answer.
    pub(super) async fn translate(self: &Arc<Self>, segments: &[String]) -> Result<Vec<String>, EngineError> {
        let mut kept = self.pipeline.lock().await;
        let mut pipeline = match kept.pipeline.take() {
            Some(pipeline) => pipeline,
            None => self.start()?,
        };
        let mut outcome = self.exchange(&mut pipeline, segments).await;
        // Once, if it has worked before; what fails twice in a row is left alone by whoever asks (`breaker`).
        if pipeline.has_answered
            && let Err(error) = &outcome
        {
            tracing::warn!(pair = %self.pair, %error, "An Apertium pipeline hangs or has ended, and is started anew");
            pipeline.stop().await;
            pipeline = self.start()?;
            outcome = self.exchange(&mut pipeline, segments).await;
        }
        match outcome {
            Ok(texts) => {
                pipeline.has_answered = true;
                kept.pipeline = Some(pipeline);
                kept.last_used = Some(Instant::now());
                Ok(texts.iter().zip(segments).map(|(text, segment)| stream::tidy(segment, text)).collect())
            }
            Err(error) => {
                pipeline.stop().await;
                let (pair, seconds) = (self.pair, self.patience.as_secs());
                Err(EngineError::Interrupted(match error.kind() {
                    io::ErrorKind::TimedOut => format!("Apertium did not answer for {pair} in {seconds} s"),
                    _ => format!("Apertium stopped while it translated {pair}: {error}"),
                }))
            }
        }
    }

    async fn exchange(&self, pipeline: &mut Pipeline, segments: &[String]) -> io::Result<Vec<String>> {
        let stall = if pipeline.has_answered { STALL.min(self.patience) } else { self.patience };
        timeout(self.patience, pipeline.exchange(segments, stall)).await.map_err(io::Error::from)?
    }

    /// Starts the processes, which take a while to load, unless they run or are in use.
    pub(super) fn prepare(self: &Arc<Self>) {
        let Ok(mut kept) = self.pipeline.try_lock() else { return };
        if kept.pipeline.is_none()
            && let Ok(pipeline) = self.start()
        {
            kept.pipeline = Some(pipeline);
            kept.last_used = Some(Instant::now());
        }
    }

    fn start(self: &Arc<Self>) -> Result<Pipeline, EngineError> {
        let pipeline = Pipeline::start(&self.mode.stages).map_err(|(program, error)| {
            let message = format!("cannot start `{program}` of Apertium for {}: {error}", self.pair);
            match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => EngineError::Broken(message),
                _ => EngineError::Interrupted(message),
            }
        })?;
        tokio::spawn(stop_when_idle(Arc::downgrade(self), self.idle));
        Ok(pipeline)
    }

    /// Stops the processes and waits for their end.
    pub(super) async fn stop(&self) {
        let pipeline = self.pipeline.lock().await.pipeline.take();
        if let Some(pipeline) = pipeline {
            pipeline.stop().await;
        }
    }
}

/// Lives as long as one pipeline, and stops it once nobody has used it for `idle`.
async fn stop_when_idle(slot: Weak<Slot>, idle: Duration) {
    let mut wake = Instant::now() + idle;
    loop {
        tokio::time::sleep_until(wake).await;
        let Some(slot) = slot.upgrade() else { return };
        let mut kept = slot.pipeline.lock().await;
        let rested = kept.last_used.map(|used| used + idle);
        match (kept.pipeline.take(), rested) {
            (None, _) => return,
            (Some(pipeline), Some(rested)) if rested > Instant::now() => {
                kept.pipeline = Some(pipeline);
                wake = rested;
            }
            (Some(pipeline), _) => {
                tracing::debug!(pair = %slot.pair, "An Apertium pipeline was idle and is stopped");
                pipeline.stop().await;
                return;
            }
        }
    }
}

struct Pipeline {
    stages: Vec<Child>,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Whether it has loaded, and worked at least once.
    has_answered: bool,
}

impl Pipeline {
    /// Starts every stage; says which one could not be started.
    fn start(stages: &[Stage]) -> Result<Self, (String, io::Error)> {
        let mut children: Vec<Child> = Vec::with_capacity(stages.len());
        let mut input = None;
        let mut upstream: Option<ChildStdout> = None;
        for stage in stages {
            let failed = |error| (stage.program.clone(), error);
            let stdin = match upstream.take() {
                Some(output) => output.try_into().map_err(failed)?,
                None => Stdio::piped(),
            };
            let mut child = Command::new(&stage.program)
                .args(&stage.arguments)
                .stdin(stdin)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                // Ctrl-C at the terminal is for Meeshy, which drains first; these end when their input ends.
                .process_group(0)
                .kill_on_drop(true)
                .spawn()
                .map_err(failed)?;
            input = input.or(child.stdin.take());
            upstream = child.stdout.take();
            children.push(child);
        }
        match (input, upstream) {
            (Some(input), Some(output)) => {
                Ok(Self { stages: children, input, output: BufReader::new(output), has_answered: false })
            }
            _ => Err((String::new(), io::Error::other("the pipeline has no stages"))),
        }
    }

    /// Writes all segments and reads all answers at the same time, so that no pipe between the stages can fill up.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] when an answer takes longer than `stall`; others when a process has ended.
    async fn exchange(&mut self, segments: &[String], stall: Duration) -> io::Result<Vec<String>> {
        let mut request = Vec::new();
        for segment in segments {
            stream::encode(segment, &mut request);
        }
        let (input, output) = (&mut self.input, &mut self.output);
        let write = async {
            input.write_all(&request).await?;
            input.flush().await
        };
        let read = async {
            let mut texts = Vec::with_capacity(segments.len());
            for segment in segments {
                let limit = ANSWER_BYTES + ANSWER_GROWTH * segment.len();
                texts.push(timeout(stall, read_text(output, limit)).await??);
            }
            Ok(texts)
        };
        let ((), texts) = tokio::try_join!(write, read)?;
        Ok(texts)
    }

    async fn stop(mut self) {
        for stage in &mut self.stages {
            // It may have ended by itself; then there is nothing to kill, only to reap.
            let _ = stage.start_kill();
        }
        for stage in &mut self.stages {
            let _ = stage.wait().await;
        }
    }
}

async fn read_text(output: &mut BufReader<ChildStdout>, limit: usize) -> io::Result<String> {
    let mut written = Vec::new();
    // A `usize` has at most 64 bits wherever this runs.
    output.take(limit as u64).read_until(stream::FLUSH, &mut written).await?;
    if written.len() >= limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it wrote far more than a translation"));
    }
    let whole = written.pop() == Some(stream::FLUSH);
    let text = if whole { stream::decode(&written) } else { None };
    text.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "one of its programs ended"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn slot(script: &str) -> Arc<Slot> {
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        let mode =
            Mode { stages: vec![Stage { program: "sh".to_owned(), arguments }], version: String::new() };
        let pair = "en-es".parse().expect("a pair");
        Arc::new(Slot::new(pair, mode, Duration::from_secs(60), Duration::from_secs(2)))
    }

    #[rstest]
    #[case("exit 3", "one of its programs ended")]
    #[case("sleep 60", "did not answer for en-es in 2 s")]
    #[case("printf 'hola\\000'; sleep 60", "one of its programs ended")]
    #[case("yes", "far more than a translation")]
    #[tokio::test]
    async fn a_program_that_crashes_hangs_or_babbles_fails(#[case] script: &str, #[case] expected: &str) {
        let error = slot(script).translate(&["Hello".to_owned()]).await.unwrap_err();
        assert!(matches!(error, EngineError::Interrupted(_)), "{error:?}");
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[tokio::test]
    async fn one_that_worked_before_is_started_anew_at_once() {
        // Copies two texts, each up to its flush, and ends.
        let slot = slot("head -z -n 1; head -z -n 1");
        for text in ["uno", "dos", "tres", "cuatro", "cinco"] {
            assert_eq!(slot.translate(&[text.to_owned()]).await.unwrap(), [text]);
        }
    }
}
