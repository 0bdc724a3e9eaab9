//! E-mail addresses as people write them: letters and digits of any script, `._%+'-`, and a host of two or
//! more labels.

use super::address;
use super::characters::{is_mark, is_word, joins, needs_no_space};
use std::ops::Range;

const MAILTO: &str = "mailto:";

/// The e-mail address around the `@` at `at`, if it is one, in a part of a text.
///
/// `@lena@example.social`, a name on another server, counts as one too: it mentions nobody here.
pub(super) fn around(text: &str, at: usize, part: Range<usize>) -> Option<Range<usize>> {
    let host_end = host_end(&text[at + 1..part.end])? + at + 1;
    let local = local_part(&text[part.start..at], &text[host_end..])?;
    let start = at - local.len();
    let before = &text[part.start..start];
    let length = before.len();
    let is_mailto = length
        .checked_sub(MAILTO.len())
        .and_then(|from| before.get(from..))
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case(MAILTO));
    if is_mailto {
        let start = start - MAILTO.len();
        let has_fields = text[host_end..part.end].starts_with('?');
        return Some(
            start..if has_fields { address::end(text, start, host_end, part.end) } else { host_end },
        );
    }
    Some(start - usize::from(before.ends_with('@'))..host_end)
}

/// The part before the `@`, without surrounding Markdown marks and quotes.
fn local_part<'a>(before: &'a str, after: &str) -> Option<&'a str> {
    let is_part = |c: char| joins(c) || matches!(c, '.' | '_' | '%' | '+' | '\'' | '-');
    let start = before.char_indices().rev().take_while(|&(_, c)| is_part(c)).last()?.0;
    let mut local = before[start..].trim_start_matches(['.', '\'', '-', '+', '%']);
    if after.starts_with('_') {
        local = local.trim_start_matches('_');
    }
    // A combining mark belongs to the character before it.
    let is_whole = !local.starts_with(is_mark) && local.contains(is_word) && !local.ends_with('.');
    is_whole.then_some(local)
}

/// The length of the host at the start of a text.
pub(super) fn host_end(text: &str) -> Option<usize> {
    let (mut labels, mut end) = (0, 0);
    loop {
        let label = label(&text[end..]);
        if label.is_empty() {
            // A dot before it ends the sentence.
            end -= usize::from(labels > 0);
            break;
        }
        labels += 1;
        end += label.len();
        if !text[end..].starts_with('.') {
            break;
        }
        end += 1;
    }
    let top = text[..end].rsplit('.').next()?;
    let is_name = top.chars().nth(1).is_some() && !top.chars().all(char::is_numeric);
    (labels >= 2 && is_name).then_some(end)
}

/// The label at the start of a text: entirely of scripts with spaces, or entirely of one without.
fn label(text: &str) -> &str {
    let first = text.chars().next();
    let is_dense = first.is_some_and(needs_no_space);
    let belongs =
        |c: char| is_mark(c) && is_word(c) || c == '-' || is_word(c) && needs_no_space(c) == is_dense;
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    let label = text[..end].trim_end_matches('-');
    if first.is_some_and(|c| c == '-' || is_mark(c)) { "" } else { label }
}
