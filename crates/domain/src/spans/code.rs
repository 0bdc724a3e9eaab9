//! Code: fenced blocks (`CommonMark` 4.5) and inline code (6.1).
//!
//! Indented text is not code here, because people indent messages for other reasons.

use std::collections::HashMap;
use std::ops::Range;

/// The code ranges of a text, in order and disjoint.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    if !text.contains('`') && !text.contains("~~~") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut fence: Option<Fence> = None;
    let mut paragraph = 0..0;
    let mut quotes = 0;
    for line in lines(text) {
        let start = Start::of(&text[line.clone()]);
        if let Some(open) = fence.take_if(|open| open.is_left_by(&text[line.clone()])) {
            found.push(open.at..before_break(text, line.start));
        }
        if let Some(open) = &fence {
            if open.is_closed_by(&text[line.clone()]) {
                found.push(open.at..before_break(text, line.end));
                fence = None;
            }
            paragraph = line.end..line.end;
            continue;
        }
        let opened = Fence::opened_by(&start, &line);
        if opened.is_some() || start.is_blank() || start.begins_block || start.quotes > quotes {
            inline(text, paragraph.clone(), &mut found);
            paragraph = line.start..line.start;
        }
        quotes = start.quotes;
        paragraph.end = line.end;
        if opened.is_some() {
            paragraph = line.end..line.end;
            fence = opened;
        }
    }
    inline(text, paragraph, &mut found);
    found.extend(fence.map(|open| open.at..text.len()));
    found
}

/// The lines of a text, each with its line break.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        start..at
    })
}

/// The position before the line break at `end`.
fn before_break(text: &str, end: usize) -> usize {
    text[..end].strip_suffix('\n').map_or(end, |line| line.strip_suffix('\r').unwrap_or(line).len())
}

/// The start of a line.
struct Start<'a> {
    /// The depth of block quotes.
    quotes: usize,
    /// Whether it starts a list item or a heading.
    begins_block: bool,
    /// The rest of the line.
    rest: &'a str,
}

impl<'a> Start<'a> {
    fn of(line: &'a str) -> Self {
        let mut start = Self { quotes: 0, begins_block: false, rest: line };
        loop {
            let rest = start.rest.trim_start_matches([' ', '\t']);
            if let Some(quoted) = rest.strip_prefix('>') {
                start.quotes += 1;
                start.rest = quoted;
            } else if let Some(item) = after_bullet(rest) {
                start.begins_block = true;
                start.rest = item;
            } else {
                start.begins_block |= rest.starts_with('#');
                start.rest = rest.trim_end_matches(['\n', '\r']);
                return start;
            }
        }
    }

    fn is_blank(&self) -> bool {
        self.rest.trim().is_empty()
    }
}

/// What follows a list marker.
fn after_bullet(line: &str) -> Option<&str> {
    let digits = line.bytes().take(9).take_while(u8::is_ascii_digit).count();
    let after = match digits {
        0 => line.strip_prefix(['-', '*', '+']),
        _ => line[digits..].strip_prefix(['.', ')']),
    };
    after.filter(|rest| rest.starts_with([' ', '\t']))
}

/// An open fence.
struct Fence {
    /// Where its line starts.
    at: usize,
    quotes: usize,
    mark: char,
    length: usize,
}

impl Fence {
    fn opened_by(start: &Start<'_>, line: &Range<usize>) -> Option<Self> {
        let mark = start.rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let info = start.rest.trim_start_matches(mark);
        let length = start.rest.len() - info.len();
        (length >= 3 && !(mark == '`' && info.contains('`'))).then_some(Self {
            at: line.start,
            quotes: start.quotes,
            mark,
            length,
        })
    }

    /// The line without the quote markers of the fence, and their number.
    fn within<'a>(&self, line: &'a str) -> (usize, &'a str) {
        let mut rest = line;
        for depth in 0..self.quotes {
            match rest.trim_start_matches([' ', '\t']).strip_prefix('>') {
                Some(quoted) => rest = quoted,
                None => return (depth, rest),
            }
        }
        (self.quotes, rest)
    }

    /// Whether a line is outside the block quote of the fence.
    fn is_left_by(&self, line: &str) -> bool {
        self.within(line).0 < self.quotes
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let rest = self.within(line).1.trim();
        rest.len() >= self.length && rest.chars().all(|c| c == self.mark)
    }
}

/// The inline code of a paragraph: from a run of backticks to the next one of the same length.
fn inline(text: &str, paragraph: Range<usize>, found: &mut Vec<Range<usize>>) {
    let runs: Vec<Range<usize>> = runs(text, paragraph.clone());
    let mut by_length: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, run) in runs.iter().enumerate() {
        by_length.entry(run.len()).or_default().push(index);
    }
    let mut index = 0;
    while let Some(run) = runs.get(index) {
        let start = run.start + usize::from(is_escaped(&text[paragraph.start..run.start]));
        let partner = by_length
            .get(&(run.end - start))
            .and_then(|same| same.get(same.partition_point(|&other| other <= index)).copied());
        match partner.filter(|_| start < run.end) {
            Some(partner) => {
                found.push(start..runs[partner].end);
                index = partner + 1;
            }
            None => index += 1,
        }
    }
}

fn runs(text: &str, paragraph: Range<usize>) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, _) in text[paragraph.clone()].match_indices('`') {
        let at = paragraph.start + at;
        match runs.last_mut().filter(|run| run.end == at) {
            Some(run) => run.end += 1,
            None => runs.push(at..at + 1),
        }
    }
    runs
}

/// Whether what follows is escaped by a backslash.
fn is_escaped(before: &str) -> bool {
    before.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}
