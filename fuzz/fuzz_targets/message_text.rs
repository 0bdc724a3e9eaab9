//! A message through the translator while the engine misbehaves: nothing panics, and nothing protected is
//! lost or duplicated.
//!
//! The first line of the input controls the engine, one byte at a time; the rest is the message.

#![no_main]

use async_trait::async_trait;
use libfuzzer_sys::fuzz_target;
use meeshy_domain::Language;
use meeshy_translation::{
    Engine, EngineError, Failure, Offer, Outcome, Pair, Translated, Translator, Urgency, is_mark,
};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Enclose protected pieces, to make them visible. Unicode reserves these characters for such uses.
const OPEN: char = '\u{FDD0}';
const CLOSE: char = '\u{FDD1}';
/// The only letter that the engine knows.
const LETTER: char = 'ⵣ';

fuzz_target!(|input: &[u8]| {
    let line = input.iter().position(|&byte| byte == b'\n').unwrap_or(0);
    let (whims, message) = input.split_at(line);
    let message = String::from_utf8_lossy(message).replace([OPEN, CLOSE, LETTER], "");
    let pieces = protected(&message);
    let adversary = Adversary { whims: whims.to_vec(), next: AtomicUsize::new(0) };
    // Over two steps; a failure is a valid result for an engine that omits something.
    if let Ok(translated) = translate(move |segment| adversary.answer(segment), "ja", &message) {
        check(&message, &pieces, &translated);
    }
});

/// The protected pieces within sentences, as marked by an engine. Everything else is copied, so nothing may
/// change.
fn protected(message: &str) -> HashMap<String, usize> {
    let show = |c: char| if is_mark(c) { format!("{OPEN}{c}{CLOSE}") } else { c.to_string() };
    let shown = translate(move |segment| Some(segment.chars().map(show).collect()), "fr", message);
    let shown = shown.expect("the engine answers everything");
    assert_eq!(shown.replace([OPEN, CLOSE], ""), message);
    let mut pieces = HashMap::new();
    for piece in shown.split(OPEN).skip(1).filter_map(|rest| rest.split(CLOSE).next()) {
        *pieces.entry(piece.to_owned()).or_default() += 1;
    }
    pieces
}

fn check(message: &str, pieces: &HashMap<String, usize>, translated: &str) {
    for (piece, &times) in pieces {
        let found = translated.char_indices().filter(|&(at, _)| translated[at..].starts_with(piece)).count();
        assert!(found >= times, "{piece:?} is {found} times and not {times} in {translated:?}");
    }
    let before = characters(message);
    for (character, times) in characters(translated) {
        let most = before.get(&character).copied().unwrap_or(0);
        assert!(times <= most, "{character:?} is {times} times and not {most} in {translated:?}");
    }
}

/// The number of occurrences of each character that the engine cannot have written. Control characters become
/// spaces.
fn characters(text: &str) -> HashMap<char, usize> {
    let mut counts = HashMap::new();
    for character in text.chars().filter(|&c| c != LETTER && !c.is_whitespace()) {
        *counts.entry(character).or_default() += 1;
    }
    counts
}

fn translate(
    answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    to: &str,
    message: &str,
) -> Result<String, Failure> {
    let translator = Translator::with_engines(vec![Arc::new(Made(answer))], 0, None);
    let language = |code| Language::parse(code).expect("a known language");
    let texts = [message.to_owned()];
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut outcomes = runtime.block_on(translator.translate(language("en"), language(to), &texts));
    match outcomes.remove(0)? {
        Outcome::Done { text, .. } => Ok(text),
        Outcome::Identical { .. } => Ok(message.to_owned()),
        Outcome::Unavailable { reason } => panic!("{reason}"),
    }
}

/// Drops, duplicates, moves and invents marks, and breaks every rule of an engine.
struct Adversary {
    whims: Vec<u8>,
    next: AtomicUsize,
}

impl Adversary {
    fn whim(&self) -> u8 {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        if self.whims.is_empty() { 0 } else { self.whims[at % self.whims.len()] % 8 }
    }

    fn answer(&self, segment: &str) -> Option<String> {
        let mut answer = String::new();
        let mut later = String::new();
        match self.whim() {
            1 => return Some(answer),
            2 => return None,
            3 => answer.push('\0'),
            4 => answer.push('\u{E000}'),
            5 => answer.push('\u{F8FF}'),
            _ => {}
        }
        for character in segment.chars() {
            if !is_mark(character) {
                answer.push(if character.is_alphabetic() { LETTER } else { character });
                continue;
            }
            match self.whim() {
                1 | 2 => later.insert(0, character),
                3 => answer.extend([character, character]),
                4 => {}
                _ => answer.push(character),
            }
        }
        Some(answer + &later)
    }
}

/// An engine that is a function; `None` omits a text.
struct Made<F>(F);

#[async_trait]
impl<F: Fn(&str) -> Option<String> + Send + Sync> Engine for Made<F> {
    fn name(&self) -> &'static str {
        "made"
    }

    fn offers(&self) -> Vec<Offer> {
        let pairs = ["en-fr", "fr-ja"].map(|pair| pair.parse().expect("a pair"));
        pairs.map(|pair| Offer { pair, model: None, version: String::new(), lost: 1.0, cost_ms: 1.0 }).into()
    }

    async fn translate(
        &self,
        _: Pair,
        segments: &[String],
        _: Urgency,
    ) -> Result<Vec<Translated>, EngineError> {
        let answers = segments.iter().filter_map(|segment| (self.0)(segment));
        Ok(answers.map(Translated::new).collect())
    }

    async fn rest(&self) {}
}
