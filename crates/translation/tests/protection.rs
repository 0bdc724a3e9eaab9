//! Whatever an engine does to a text, everything protected comes back, and layout stays, in any script.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use async_trait::async_trait;
use meeshy_translation::{Engine, EngineError, Offer, Outcome, Pair, Translated, Translator, is_mark};
use proptest::prelude::*;
use std::sync::Arc;
use support::translate_one;

/// Words in eighteen scripts, some of which have no spaces and some of which go from right to left.
const WORDS: [&str; 36] = [
    "hello",
    "naïve",
    "straße",
    "мир",
    "привет",
    "γειά",
    "κόσμε",
    "שלום",
    "עולם",
    "سلام",
    "مرحبا",
    "नमस्ते",
    "दुनिया",
    "হ্যালো",
    "வணக்கம்",
    "తెలుగు",
    "ಕನ್ನಡ",
    "മലയാളം",
    "ગુજરાતી",
    "ਪੰਜਾਬੀ",
    "สวัสดีครับ",
    "ສະບາຍດີ",
    "မင်္ဂလာပါ",
    "សួស្តី",
    "你好世界",
    "今日は東京",
    "カタカナ",
    "안녕하세요",
    "გამარჯობა",
    "բարև",
    "ሰላም",
    "e\u{301}te\u{301}",
    "I",
    "a",
    "Ünïcödé",
    "x",
];

const PROTECTED: [&str; 30] = [
    "https://example.org/a?b=c&d=%20#e",
    "http://xn--bcher-kva.example/",
    "www.example.org/path",
    "lea@example.org",
    "@marie",
    "@jean-luc.p",
    "#tag",
    "#été",
    "#日本",
    "m+abc123",
    "`inline code`",
    "``a`b``",
    ":smile:",
    "{name}",
    "12:30",
    "5 km",
    "100 %",
    "€20",
    "1,234.56",
    "2026-11-21",
    "+33 6 12 34 56 78",
    "😀",
    "👩🏽‍🚀",
    "👨‍👩‍👧‍👦",
    "🇫🇷🇯🇵",
    "1️⃣",
    "❤️",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "\u{E000}",
    "\u{F8FF}",
];

const BETWEEN: [&str; 16] = [
    " ",
    " ",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\n\n",
    "\n- ",
    "\n  * ",
    "\n1. ",
    "\n> ",
    ". ",
    "? ",
    "。",
    "\t",
    " \u{3000}",
];

/// How an engine can treat what it gets.
#[derive(Debug, Clone, Copy)]
enum Manner {
    Copies,
    DropsMarks,
    DoublesMarks,
    Reverses,
    Babbles,
}

struct Careless(Manner);

#[async_trait]
impl Engine for Careless {
    fn name(&self) -> &'static str {
        "careless"
    }

    fn offers(&self) -> Vec<Offer> {
        ["en-fr", "fr-ja"]
            .map(|pair| Offer {
                pair: pair.parse().unwrap(),
                version: String::new(),
                lost: 1.0,
                cost_ms: 1.0,
            })
            .into()
    }

    async fn translate(&self, _: Pair, segments: &[String]) -> Result<Vec<Translated>, EngineError> {
        let answer = |segment: &String| match self.0 {
            Manner::Copies => segment.clone(),
            Manner::DropsMarks => segment.replace(is_mark, ""),
            Manner::DoublesMarks => {
                segment.chars().flat_map(|c| std::iter::repeat_n(c, 1 + usize::from(is_mark(c)))).collect()
            }
            Manner::Reverses => segment.chars().rev().collect(),
            Manner::Babbles => "bla\n\u{E000}\0bla \u{F8FF}".to_owned(),
        };
        Ok(segments.iter().map(|segment| Translated { text: answer(segment), score: None }).collect())
    }

    async fn rest(&self) {}
}

#[derive(Debug, Clone)]
enum Piece {
    Word(&'static str),
    Protected(&'static str),
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        3 => proptest::sample::select(&WORDS[..]).prop_map(Piece::Word),
        1 => proptest::sample::select(&PROTECTED[..]).prop_map(Piece::Protected),
    ]
}

fn manner() -> impl Strategy<Value = Manner> {
    proptest::sample::select(vec![
        Manner::Copies,
        Manner::DropsMarks,
        Manner::DoublesMarks,
        Manner::Reverses,
        Manner::Babbles,
    ])
}

fn translate(manner: Manner, to: &str, text: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let translator = Translator::with_engines(vec![Arc::new(Careless(manner))], 0, None);
    match runtime.block_on(translate_one(&translator, "en", to, text)) {
        Outcome::Done { text, .. } => text,
        Outcome::Identical { .. } => text.to_owned(),
        Outcome::Unavailable { reason } => panic!("{reason}"),
    }
}

/// How often a piece stands in a text that is made of nothing else nearby: pieces do not overlap with each other.
fn count(text: &str, piece: &str) -> usize {
    text.matches(piece).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_protected_comes_back(
        pieces in proptest::collection::vec((piece(), proptest::sample::select(&BETWEEN[..])), 1..14),
        manner in manner(),
        to in proptest::sample::select(vec!["fr", "ja"]),
    ) {
        let text: String = pieces.iter().map(|(piece, between)| match piece {
            Piece::Word(text) => format!("{text}{between}"),
            // Spaces keep neighbours from becoming one other thing.
            Piece::Protected(text) => format!(" {text} {between}"),
        }).collect();
        let translated = translate(manner, to, &text);
        for protected in PROTECTED {
            prop_assert_eq!(count(&translated, protected), count(&text, protected), "{:?} in {:?} of {:?}", protected, translated, text);
        }
        let breaks = |text: &str| text.chars().filter(|c| c.is_control()).collect::<String>();
        prop_assert_eq!(breaks(&translated), breaks(&text));
    }

    #[test]
    fn an_engine_that_copies_changes_nothing(text in "(\\PC|[\n\r\t \u{0}`@#:.+/-]|https://|m\\+|[\u{1F300}-\u{1FAFF}\u{200D}\u{FE0F}]){0,80}") {
        prop_assert_eq!(translate(Manner::Copies, "ja", &text), text);
    }

    #[test]
    fn no_text_and_no_engine_make_it_panic(text in any::<String>(), manner in manner()) {
        translate(manner, "ja", &text);
    }
}
