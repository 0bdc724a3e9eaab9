//! Batches of segments for a server.

use super::http::Server;
use crate::EngineError;

/// The limits of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) segments: usize,
    pub(super) bytes: usize,
}

/// Splits segments into requests. One that is too long gets its own request.
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

/// A selection of the segments, encoded for the server.
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

    /// Checks that there are as many answers as texts; otherwise they cannot be matched.
    pub(super) fn check(&self, server: &Server, answers: Vec<String>) -> Result<Vec<String>, EngineError> {
        if answers.len() == self.texts.len() {
            return Ok(answers);
        }
        let (asked, came) = (self.texts.len(), answers.len());
        Err(server.invalid(&format!("returned {came} of {asked} segments")))
    }

    /// Puts the answers at the indexes of their segments.
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
    fn requests_respect_the_limits(#[case] lengths: &[usize], #[case] expected: &[usize]) {
        let segments: Vec<String> = lengths.iter().map(|&length| "a".repeat(length)).collect();
        let requests = requests(&segments, Limits { segments: 2, bytes: 10 });
        assert_eq!(requests.concat(), segments);
        assert_eq!(requests.iter().map(|request| request.len()).collect::<Vec<_>>(), expected);
    }
}
