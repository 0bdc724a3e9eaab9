//! Segments on their way to a server and back to their places.

use super::http::Server;
use crate::EngineError;

/// How much goes into one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) segments: usize,
    pub(super) bytes: usize,
}

/// Cuts segments into requests. One that is too long by itself has a request of its own.
pub(super) fn requests(segments: &[String], limits: Limits) -> Vec<&[String]> {
    let mut requests = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, segment) in segments.iter().enumerate() {
        let full = at - start == limits.segments || bytes + segment.len() > limits.bytes;
        if full && at > start {
            requests.push(&segments[start..at]);
            (start, bytes) = (at, 0);
        }
        bytes += segment.len();
    }
    if start < segments.len() {
        requests.push(&segments[start..]);
    }
    requests
}

/// Some of the segments, in a form for the server.
pub(super) struct Batch {
    places: Vec<usize>,
    pub(super) texts: Vec<String>,
}

impl Batch {
    pub(super) fn of(
        segments: &[String],
        belongs: impl Fn(&String) -> bool,
        form: impl Fn(&str) -> String,
    ) -> Self {
        let (places, texts) = segments
            .iter()
            .enumerate()
            .filter(|(_, segment)| belongs(segment))
            .map(|(place, segment)| (place, form(segment)))
            .unzip();
        Self { places, texts }
    }

    /// As many answers as questions, or none can be told from another.
    pub(super) fn check(&self, server: &Server, answers: Vec<String>) -> Result<Vec<String>, EngineError> {
        if answers.len() == self.texts.len() {
            return Ok(answers);
        }
        let (asked, came) = (self.texts.len(), answers.len());
        Err(server.nonsense(&format!("answered {came} of {asked} segments")))
    }

    /// Puts the answers where their segments were.
    pub(super) fn fill(&self, texts: impl Iterator<Item = String>, answers: &mut [String]) {
        for (&place, text) in self.places.iter().zip(texts) {
            answers[place] = text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&[], &[])]
    #[case(&[1, 1, 1, 1, 1], &[2, 2, 1])]
    #[case(&[6, 6, 1], &[1, 2])]
    #[case(&[1, 99, 1], &[1, 1, 1])]
    fn requests_hold_what_they_may(#[case] lengths: &[usize], #[case] expected: &[usize]) {
        let segments: Vec<String> = lengths.iter().map(|&length| "a".repeat(length)).collect();
        let requests = requests(&segments, Limits { segments: 2, bytes: 10 });
        assert_eq!(requests.concat(), segments);
        assert_eq!(requests.iter().map(|request| request.len()).collect::<Vec<_>>(), expected);
    }
}
