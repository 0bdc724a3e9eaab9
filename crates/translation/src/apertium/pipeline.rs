//! The running processes of a pair.

use super::mode::{Mode, Stage};
use super::stream::{self, Decoded};
use crate::EngineError;
use crate::engine::Translated;
use crate::pair::Pair;
use std::io;
use std::process::Stdio;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// A pipeline that has answered before and is silent for this long hangs: a sentence takes milliseconds, and
/// only loading the data takes longer.
const STALL_TIMEOUT: Duration = Duration::from_secs(1);

/// The maximum size of an answer in bytes, in addition to a multiple of the segment. More cannot be a
/// translation.
const MIN_ANSWER_LIMIT: usize = 64 * 1024;
/// The maximum ratio of answer to segment size.
const MAX_ANSWER_GROWTH: usize = 16;

/// Holds a pipeline between requests. One request at a time; others wait.
pub(super) struct Slot {
    pair: Pair,
    mode: Mode,
    idle: Duration,
    timeout: Duration,
    pipeline: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Taken out during a request: a cancelled request drops the pipeline, which kills it.
    pipeline: Option<Pipeline>,
    last_used: Option<Instant>,
}

impl Slot {
    pub(super) fn new(pair: Pair, mode: Mode, idle: Duration, timeout: Duration) -> Self {
        Self { pair, mode, idle, timeout, pipeline: Mutex::default() }
    }

    pub(super) fn version(&self) -> &str {
        &self.mode.version
    }

    /// Translates segments; the results are in the same order.
    ///
    /// # Errors
    /// If a process cannot be started (the pair is then broken), or does not answer.
    pub(super) async fn translate(
        self: &Arc<Self>,
        segments: &[String],
    ) -> Result<Vec<Translated>, EngineError> {
        let mut kept = self.pipeline.lock().await;
        let mut pipeline = match kept.pipeline.take() {
            Some(pipeline) => pipeline,
            None => self.start()?,
        };
        let mut outcome = self.exchange(&mut pipeline, segments).await;
        // Retried once, if it has worked before. The circuit breaker handles repeated failures.
        if pipeline.has_answered
            && let Err(error) = &outcome
        {
            tracing::warn!(pair = %self.pair, %error, "Restarting an Apertium pipeline that hung or exited");
            pipeline.stop().await;
            pipeline = self.start()?;
            outcome = self.exchange(&mut pipeline, segments).await;
        }
        match outcome {
            Ok(answers) => {
                pipeline.has_answered = true;
                kept.pipeline = Some(pipeline);
                kept.last_used = Some(Instant::now());
                Ok(answers
                    .into_iter()
                    .zip(segments)
                    .map(|(answer, segment)| answer.tidied(segment))
                    .collect())
            }
            Err(error) => {
                pipeline.stop().await;
                let (pair, seconds) = (self.pair, self.timeout.as_secs());
                Err(EngineError::Interrupted(match error.kind() {
                    io::ErrorKind::TimedOut => {
                        format!("Apertium did not answer for {pair} within {seconds} s")
                    }
                    _ => format!("Apertium exited while translating {pair}: {error}"),
                }))
            }
        }
    }

    async fn exchange(&self, pipeline: &mut Pipeline, segments: &[String]) -> io::Result<Vec<Decoded>> {
        let stall = if pipeline.has_answered { STALL_TIMEOUT.min(self.timeout) } else { self.timeout };
        timeout(self.timeout, pipeline.exchange(segments, stall)).await.map_err(io::Error::from)?
    }

    /// Starts the processes, which take a while to load, unless they are running or in use.
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
            let message = format!("failed to start Apertium's `{program}` for {}: {error}", self.pair);
            match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => EngineError::Broken(message),
                _ => EngineError::Interrupted(message),
            }
        })?;
        tokio::spawn(stop_when_idle(Arc::downgrade(self), self.idle));
        Ok(pipeline)
    }

    /// Stops the processes and waits until they exit.
    pub(super) async fn stop(&self) {
        let pipeline = self.pipeline.lock().await.pipeline.take();
        if let Some(pipeline) = pipeline {
            pipeline.stop().await;
        }
    }
}

/// Stops a pipeline once it has been idle for `idle`. Lives as long as the pipeline.
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
                tracing::debug!(pair = %slot.pair, "Stopping an idle Apertium pipeline");
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
    /// Whether it has loaded, and answered at least once.
    has_answered: bool,
}

impl Pipeline {
    /// Starts every stage; the error says which one could not be started.
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
                // Ctrl-C on the terminal is for Meeshy, which drains first; these exit when their input is
                // closed.
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

    /// Writes all segments and reads all answers concurrently, so that no pipe between the stages fills up.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] if an answer takes longer than `stall`; others if a process has exited.
    async fn exchange(&mut self, segments: &[String], stall: Duration) -> io::Result<Vec<Decoded>> {
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
                let limit = MIN_ANSWER_LIMIT + MAX_ANSWER_GROWTH * segment.len();
                texts.push(timeout(stall, read_text(output, limit)).await??);
            }
            Ok(texts)
        };
        let ((), texts) = tokio::try_join!(write, read)?;
        Ok(texts)
    }

    async fn stop(mut self) {
        for stage in &mut self.stages {
            // If it has already exited, there is nothing to kill, only to reap.
            let _ = stage.start_kill();
        }
        for stage in &mut self.stages {
            let _ = stage.wait().await;
        }
    }
}

async fn read_text(output: &mut BufReader<ChildStdout>, limit: usize) -> io::Result<Decoded> {
    let mut written = Vec::new();
    // A `usize` has at most 64 bits on all supported platforms.
    output.take(limit as u64).read_until(stream::FLUSH, &mut written).await?;
    if written.len() >= limit {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the output is much longer than a translation",
        ));
    }
    let whole = written.pop() == Some(stream::FLUSH);
    let text = if whole { stream::decode(&written) } else { None };
    text.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "one of its programs exited"))
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
    #[case("exit 3", "one of its programs exited")]
    #[case("sleep 60", "did not answer for en-es within 2 s")]
    #[case("printf 'hola\\000'; sleep 60", "one of its programs exited")]
    #[case("yes", "much longer than a translation")]
    #[tokio::test]
    async fn crashing_hanging_and_babbling_programs_fail(#[case] script: &str, #[case] expected: &str) {
        let error = slot(script).translate(&["Hello".to_owned()]).await.unwrap_err();
        assert!(matches!(error, EngineError::Interrupted(_)), "{error:?}");
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[tokio::test]
    async fn a_pipeline_that_worked_before_is_restarted_at_once() {
        // Copies two texts, each up to its flush, and exits.
        let slot = slot("head -z -n 1; head -z -n 1");
        for text in ["uno", "dos", "tres", "cuatro", "cinco"] {
            assert_eq!(slot.translate(&[text.to_owned()]).await.unwrap()[0].text, text);
        }
    }
}
