//! A message, split into segments to translate and parts to keep byte for byte.

use super::compose::composed_message;
use super::protect::protected;
use super::quantities::{Replaced, has_words};
use super::sentences::sentences;
use crate::glossary::{Found, Glossary};
use crate::mark::{is_mark, mark, mark_index};
use meeshy_domain::Language;
use regex::Regex;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::LazyLock;

/// Line prefixes that are not part of a sentence: indentation, quotes, bullets, numbers, headings, check
/// boxes.
static LINE_START: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[\s\u{3000}]*(?:(?:>|[-*+•‣◦–—]|\d{1,3}[.)]|#{1,6}|\[[ xX]\])\s+|>)*")
        .expect("a constant pattern is valid")
});

/// A message prepared for translation.
#[derive(Debug)]
pub(crate) struct Document {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    /// Kept as it is.
    Fixed(String),
    /// To be translated; each mark in the text stands for one of the pieces.
    Segment { text: String, pieces: Vec<String> },
}

impl Document {
    /// Splits a message. Reassembled without translation, it is the same message, with composed letters.
    pub(crate) fn cut(message: &str) -> Self {
        Self::cut_around(message, |_, _| Vec::new())
    }

    /// Splits a message for a target language; terms of the glossary are replaced.
    pub(crate) fn with_terms(message: &str, glossary: &Glossary, to: Language) -> Self {
        Self::cut_around(message, |message, gap| glossary.find(message, gap, to))
    }

    fn cut_around(message: &str, terms: impl Fn(&str, &Range<usize>) -> Vec<Found>) -> Self {
        let message = composed_message(message);
        let (protected, instead) = protected(&message, |gap| terms(&message, gap));
        let mut cutter = Cutter { message: &message, protected, instead, parts: Vec::new() };
        for line in cutter.lines() {
            cutter.line(line);
        }
        Self { parts: cutter.parts }
    }

    /// The segments, in order.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Segment { text, .. } => Some(text.as_str()),
            Part::Fixed(_) => None,
        })
    }

    /// The message with each segment replaced by its `translation`.
    ///
    /// The translation must contain the same marks as the segment; surrounding space is taken from the
    /// source.
    pub(crate) fn assemble<'a>(&self, mut translation: impl FnMut(&str) -> &'a str) -> String {
        let mut message = String::new();
        for part in &self.parts {
            match part {
                Part::Fixed(text) => message.push_str(text),
                Part::Segment { text, pieces } => put_back(translation(text).trim(), pieces, &mut message),
            }
        }
        message
    }
}

fn put_back(text: &str, pieces: &[String], message: &mut String) {
    for character in text.chars() {
        match mark_index(character).and_then(|index| pieces.get(index)) {
            Some(piece) => message.push_str(piece),
            None => message.push(character),
        }
    }
}

/// Calls `translate` for the words between the marks of a segment, and puts the marks back in place.
pub(crate) fn splice(segment: &str, mut translate: impl FnMut(&str) -> String) -> String {
    let mut whole = String::new();
    for part in segment.split_inclusive(is_mark) {
        let words = part.trim_end_matches(is_mark);
        let core = words.trim();
        if core.chars().any(char::is_alphabetic) {
            let start = words.len() - words.trim_start().len();
            whole.push_str(&words[..start]);
            whole.push_str(&translate(core));
            whole.push_str(&words[start + core.len()..]);
        } else {
            whole.push_str(words);
        }
        whole.push_str(&part[words.len()..]);
    }
    whole
}

struct Cutter<'a> {
    message: &'a str,
    protected: Vec<Range<usize>>,
    /// Replacements of some of the protected pieces.
    instead: HashMap<Range<usize>, String>,
    parts: Vec<Part>,
}

impl Cutter<'_> {
    /// The lines and, as separate ranges, their separators. A protected piece may span several lines.
    fn lines(&self) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let mut start = 0;
        let mut pieces = self.protected.iter().peekable();
        for (at, character) in self.message.char_indices() {
            while pieces.next_if(|piece| piece.end <= at).is_some() {}
            if is_separator(character) && pieces.peek().is_none_or(|piece| at < piece.start) {
                ranges.push(start..at);
                start = at + character.len_utf8();
                ranges.push(at..start);
            }
        }
        ranges.push(start..self.message.len());
        ranges
    }

    fn line(&mut self, line: Range<usize>) {
        let (text, mut pieces) = self.marked(&line);
        let start = LINE_START.find(&text).map_or(0, |found| found.end());
        self.keep(&text[..start], &mut pieces);
        // A sentence does not end within a quantity.
        let rest = Replaced::formatted(&text[start..]);
        for range in sentences(&rest.text) {
            self.sentence(&rest.put_back(&rest.text[range]), &mut pieces);
        }
    }

    /// The line with the same mark for each protected piece, and the pieces in order.
    fn marked(&self, line: &Range<usize>) -> (String, VecDeque<String>) {
        let first = self.protected.partition_point(|piece| piece.start < line.start);
        let mut text = String::with_capacity(line.len());
        let mut pieces = VecDeque::new();
        let mut at = line.start;
        for piece in self.protected[first..].iter().take_while(|piece| piece.end <= line.end) {
            text.push_str(&self.message[at..piece.start]);
            text.push(mark(0));
            let own = || self.message[piece.clone()].to_owned();
            pieces.push_back(self.instead.get(piece).cloned().unwrap_or_else(own));
            at = piece.end;
        }
        text.push_str(&self.message[at..line.end]);
        (text, pieces)
    }

    /// Splits off what needs no translation at both ends; the rest becomes a segment if it contains a word.
    fn sentence(&mut self, text: &str, pieces: &mut VecDeque<String>) {
        let inert = |c: char| c.is_whitespace() || is_mark(c);
        let core = text.trim_matches(inert);
        if !has_words(core) {
            self.keep(text, pieces);
            return;
        }
        let start = text.len() - text.trim_start_matches(inert).len();
        self.keep(&text[..start], pieces);
        // Numbered from the first in each sentence, so that sentences of the same form share a cache entry.
        let mut own = Vec::new();
        let mut segment = String::with_capacity(core.len());
        for character in core.chars() {
            if is_mark(character) {
                segment.push(mark(own.len()));
                own.extend(pieces.pop_front());
            } else {
                segment.push(character);
            }
        }
        self.parts.push(Part::Segment { text: segment, pieces: own });
        self.keep(&text[start + core.len()..], pieces);
    }

    fn keep(&mut self, text: &str, pieces: &mut VecDeque<String>) {
        if text.is_empty() {
            return;
        }
        if !matches!(self.parts.last(), Some(Part::Fixed(_))) {
            self.parts.push(Part::Fixed(String::new()));
        }
        let Some(Part::Fixed(kept)) = self.parts.last_mut() else { return };
        for character in text.chars() {
            if is_mark(character) {
                kept.extend(pieces.pop_front());
            } else {
                kept.push(character);
            }
        }
    }
}

/// Line breaks of all kinds, tabs, `|` (which forms columns), and other control characters: engines should
/// not see them.
fn is_separator(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}' | '|') || character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn segments(message: &str) -> Vec<String> {
        Document::cut(message).segments().map(|segment| segment.replace(is_mark, "◆")).collect()
    }

    #[rstest]
    #[case("Hello 😀", &["Hello"])]
    #[case("@marie are you there?", &["are you there?"])]
    #[case("ask @marie about https://example.org now", &["ask ◆ about ◆ now"])]
    #[case("- one\n  2. two\n> ## three\n[x] four", &["one", "two", "three", "four"])]
    #[case("😀 https://example.org 12 !", &[])]
    #[case("at 12:30 we walk 5 km", &["at 12:30 we walk 5 km"])]
    #[case("5 km! 12:30. €20, 3 pm", &[])]
    #[case("a\r\nb\0c\u{2028}d", &["a", "b", "c", "d"])]
    #[case("| Name | Age |\n|---|:-:|\n| Ana M. | **ten** |", &["Name", "Age", "Ana M.", "ten"])]
    #[case("**FolderHealth**: see [the page](https://example.org).", &["FolderHealth◆: see ◆the page◆."])]
    #[case("## A *big* title", &["A ◆big◆ title"])]
    #[case("a || b", &["a", "b"])]
    #[case("before\n```\ncode\n```\nafter", &["before", "after"])]
    fn what_is_translated(#[case] message: &str, #[case] expected: &[&str]) {
        assert_eq!(segments(message), expected);
    }

    #[test]
    fn everything_else_is_kept_byte_for_byte() {
        let message = "  * Hi @a and @b!  \r\n\r\n\t3) See `x y`. Then go 5 km  \n\n";
        let document = Document::cut(message);
        let shouted: Vec<(String, String)> =
            document.segments().map(|s| (s.to_owned(), s.to_uppercase())).collect();
        let translated =
            document.assemble(|segment| &shouted.iter().find(|(from, _)| from == segment).unwrap().1);
        assert_eq!(translated, "  * HI @a AND @b!  \r\n\r\n\t3) SEE `x y`. THEN GO 5 KM  \n\n");
    }

    #[test]
    fn sentences_of_the_same_form_are_the_same_segment() {
        let document = Document::cut("Ask @ana now. Ask @bob now.");
        let segments: Vec<&str> = document.segments().collect();
        assert_eq!(segments.len(), 2);
        assert_eq!(segments[0], segments[1]);
    }

    #[test]
    fn a_splice_leaves_the_marks_where_they_were() {
        let segment = format!("ask {} about{}, 5 now", mark(0), mark(1));
        assert_eq!(splice(&segment, str::to_uppercase), format!("ASK {} ABOUT{}, 5 NOW", mark(0), mark(1)));
    }
}
