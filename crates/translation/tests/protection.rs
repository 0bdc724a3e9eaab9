//! Whatever an engine does to a text, protected pieces and layout are preserved, in any script.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use async_trait::async_trait;
use meeshy_translation::{
    Engine, EngineError, Offer, Outcome, Pair, Translated, Translator, Urgency, is_mark,
};
use proptest::prelude::*;
use std::sync::Arc;
use support::{computing_time, language};

/// Words in eighteen scripts, some of them without spaces, some right-to-left.
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

const PROTECTED: [&str; 56] = [
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
    "#️⃣",
    "🏽",
    "\u{E000}",
    "\u{F8FF}",
    "\u{F0000}",
    "\u{202E}",
    "\u{2066}",
    "\u{200F}",
    "{{count}}",
    r"\*",
    "%(name)s",
    "%1$d",
    "%s",
    "%NAME%",
    "%{count}",
    "${city-name}",
    "$t(a.key)",
    "$HOME",
    "#{user.name}",
    "{user_name!r}",
    "{0}",
    "{{ price | currency }}",
    "{n, plural, one {# cat} other {# cats}}",
    "<%= name %>",
    "{% trans %}",
    "[[name]]",
    "`a\nb`",
    "https://example.org/{id}",
];

/// Syntax around translated text.
const AROUND: [(&str, &str); 7] = [
    ("**", "**"),
    ("_", "_"),
    ("~~", "~~"),
    ("[", "](https://example.org/x_y)"),
    ("![", "](/cat.png \"a cat\")"),
    ("\u{202E}", "\u{202C}"),
    ("||", "||"),
];

const BETWEEN: [&str; 24] = [
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
    "  \n    ",
    "\n\n\n## ",
    "\n- [x] ",
    " | ",
    "\n|---|\n| ",
    "؟ ",
    "។ ",
    "\n```\nlet hello = \"мир\"; // **x**\n```\n",
];

/// How an engine treats its input.
#[derive(Debug, Clone, Copy)]
enum Manner {
    Copies,
    DropsMarks,
    DoublesMarks,
    Uppercases,
    Reverses,
    ReversesWords,
    SaysNothing,
    Babbles,
}

struct Careless(Manner);

#[async_trait]
impl Engine for Careless {
    fn name(&self) -> &str {
        "careless"
    }

    fn offers(&self) -> Vec<Offer> {
        ["en-fr", "fr-ja"]
            .map(|pair| Offer {
                pair: pair.parse().unwrap(),
                model: None,
                version: String::new(),
                lost: 1.0,
                cost_ms: 1.0,
            })
            .into()
    }

    async fn translate(
        &self,
        _: Pair,
        segments: &[String],
        _: Urgency,
    ) -> Result<Vec<Translated>, EngineError> {
        let answer = |segment: &String| match self.0 {
            Manner::Copies => segment.clone(),
            Manner::DropsMarks => segment.replace(is_mark, ""),
            Manner::DoublesMarks => {
                segment.chars().flat_map(|c| std::iter::repeat_n(c, 1 + usize::from(is_mark(c)))).collect()
            }
            Manner::Uppercases => segment.to_uppercase(),
            Manner::Reverses => segment.chars().rev().collect(),
            Manner::ReversesWords => segment.split(' ').rev().collect::<Vec<_>>().join(" "),
            Manner::SaysNothing => String::new(),
            Manner::Babbles => "bla\n\u{E000}\0bla \u{F8FF}".to_owned(),
        };
        Ok(segments.iter().map(|segment| Translated::new(answer(segment))).collect())
    }

    async fn rest(&self) {}
}

impl Manner {
    /// Whether it preserves the order of a text.
    fn keeps_order(self) -> bool {
        !matches!(self, Self::Reverses | Self::ReversesWords)
    }
}

#[derive(Debug, Clone)]
enum Piece {
    Word(&'static str),
    Protected(&'static str),
    Around((&'static str, &'static str), &'static str),
}

impl Piece {
    fn text(&self) -> String {
        match self {
            Self::Word(word) => (*word).to_owned(),
            // Spaces keep neighbours from merging into something else.
            Self::Protected(text) => format!(" {text} "),
            Self::Around((before, after), word) => format!("{before}{word}{after}"),
        }
    }
}

fn piece() -> impl Strategy<Value = Piece> {
    let word = || proptest::sample::select(&WORDS[..]);
    prop_oneof![
        6 => word().prop_map(Piece::Word),
        2 => proptest::sample::select(&PROTECTED[..]).prop_map(Piece::Protected),
        1 => (proptest::sample::select(&AROUND[..]), word())
            .prop_map(|(around, word)| Piece::Around(around, word)),
    ]
}

fn manner() -> impl Strategy<Value = Manner> {
    proptest::sample::select(vec![
        Manner::Copies,
        Manner::DropsMarks,
        Manner::DoublesMarks,
        Manner::Uppercases,
        Manner::Reverses,
        Manner::ReversesWords,
        Manner::SaysNothing,
        Manner::Babbles,
    ])
}

/// The translation of a text; `None` if the engine's answers are invalid.
fn translate(manner: Manner, to: &str, text: &str) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let translator = Translator::with_engines(vec![Arc::new(Careless(manner))], 0, None);
    let texts = [text.to_owned()];
    let outcome = runtime.block_on(translator.translate(language("en"), language(to), &texts)).remove(0);
    match outcome.ok()? {
        Outcome::Done { text, .. } => Some(text),
        Outcome::Identical { .. } => Some(text.to_owned()),
        Outcome::Unavailable { reason } => panic!("{reason}"),
    }
}

/// The protected pieces of a text that consists of nothing else, in order; the longest if several start.
fn protected_in(text: &str) -> Vec<&'static str> {
    let mut known: Vec<&'static str> =
        PROTECTED.into_iter().chain(AROUND.iter().map(|around| around.1)).collect();
    known.sort_unstable_by_key(|piece| std::cmp::Reverse(piece.len()));
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let piece = known.iter().find(|piece| rest.starts_with(**piece));
        found.extend(piece);
        rest = &rest[piece.map_or(first.len_utf8(), |piece| piece.len())..];
    }
    found
}

/// How each line starts and ends, and what separates lines and columns.
fn layout(text: &str) -> Vec<(&str, &str, String)> {
    text.split_inclusive(|c: char| c.is_control() || c == '|')
        .map(|line| {
            let words = line.trim_end_matches(|c: char| c.is_control() || c == '|');
            let start = &words[..words.len() - words.trim_start().len()];
            (start, &words[words.trim_end().len()..], line[words.len()..].to_owned())
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn protected_pieces_are_preserved(
        pieces in proptest::collection::vec((piece(), proptest::sample::select(&BETWEEN[..])), 1..14),
        manner in manner(),
        to in proptest::sample::select(vec!["fr", "ja"]),
    ) {
        let text: String = pieces.iter().flat_map(|(piece, between)| [piece.text(), (*between).to_owned()]).collect();
        let Some(translated) = translate(manner, to, &text) else {
            prop_assert!(matches!(manner, Manner::SaysNothing | Manner::Babbles), "{:?} gave nothing", manner);
            return Ok(());
        };
        let (mut before, mut after) = (protected_in(&text), protected_in(&translated));
        if !manner.keeps_order() {
            before.sort_unstable();
            after.sort_unstable();
        }
        prop_assert_eq!(after, before, "{:?} of {:?}", translated, text);
        for mark in ['*', '_', '~', '[', ']', '(', ')', '`', '#', '>', '\\'] {
            let count = |text: &str| text.matches(mark).count();
            prop_assert_eq!(count(&translated), count(&text), "{} in {:?} of {:?}", mark, translated, text);
        }
        prop_assert_eq!(layout(&translated), layout(&text), "{:?} of {:?}", translated, text);
        if matches!(manner, Manner::Copies) {
            prop_assert_eq!(translated, text);
        }
    }

    #[test]
    fn an_engine_that_copies_changes_nothing(text in "(\\PC|[\n\r\t \u{0}`@#:.+/*_~|\\[\\]()\\\\-]|https://|m\\+|[\u{1F300}-\u{1FAFF}\u{200D}\u{FE0F}\u{202A}-\u{202E}]){0,80}") {
        prop_assert_eq!(translate(Manner::Copies, "ja", &text), Some(text));
    }

    #[test]
    fn no_text_and_no_engine_cause_a_panic(text in any::<String>(), manner in manner()) {
        translate(manner, "ja", &text);
    }
}

/// Inputs that make careless patterns and loops quadratic, 100 KB each. A debug build takes 0.3 s for the
/// slowest.
#[test]
fn no_input_takes_quadratic_time() {
    let shapes = [
        "a",
        "a ",
        "a. ",
        "@",
        "a@",
        "@a ",
        "a@b.",
        "*",
        "*a",
        "**a ",
        "_a",
        "~~",
        "[",
        "]",
        "[a](",
        "[a](b \"",
        "`",
        "``a",
        "`a",
        "```\n",
        "~~~\n",
        "{",
        "{a",
        "{www.a ",
        "{a, plural,",
        "{{a",
        "${",
        "$t(",
        "%(",
        "%d",
        "%a",
        "<%",
        "[[a",
        "`a\n",
        "https://a(",
        "https://a(http://b[",
        "看https://看",
        "> ```\n",
        "- `\n",
        "_@a_",
        "1",
        "1.",
        "1,1 ",
        "+1",
        "+1-",
        "€1 ",
        "12:",
        "www.",
        "http://",
        "https://a.",
        "m+",
        ":a",
        "\u{E000}",
        "a\u{E000}",
        "😀",
        "👩\u{200D}",
        "🇫🇷",
        "e\u{301}",
        "\u{301}",
        "สวัสดี",
        "漢",
        "あ",
        "한",
        "ሰ",
        "\u{202E}",
        "|",
        "\n",
        "\t",
        "- ",
        "> ",
        "# ",
        "(",
        "\"",
        "\\",
        "\\*",
        "。",
        "…",
        "\u{200B}",
        "\0",
        "a\u{200D}",
        "Dr. ",
        "a'",
        "-",
        ".",
        "م",
        "क्",
    ];
    let mut slow = Vec::new();
    for shape in shapes {
        let text = shape.repeat(100_000 / shape.len());
        let start = computing_time();
        assert_eq!(translate(Manner::Copies, "fr", &text), Some(text), "{shape:?}");
        let took = computing_time() - start;
        if took.as_millis() > 2000 {
            slow.push((shape, took));
        }
    }
    assert!(slow.is_empty(), "{slow:?}");
}
