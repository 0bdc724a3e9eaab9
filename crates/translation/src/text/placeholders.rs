//! What a program fills in: the placeholders of the usual message formats.
//!
//! A placeholder has no spaces in it, unless its form says clearly what it is (`<%= name %>`, `{{ name | upper }}`,
//! `{n, plural, …}`). What is only in brackets, `{the dog is red}`, is a text like others.

use super::protect::{Ranges, pattern};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Bytes between the braces of a message of ICU, at most.
const LONGEST_MESSAGE: usize = 1_000;

static FORMS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)
          <%[\ -~]{0,120}?%> | <\?(?:=|php\b)[\ -~]{0,120}?\?>              # ERB, EJS, PHP
        | \{%[\ -~]{0,120}?%\} | \[%[\ -~]{0,120}?%\]                      # Jinja, Twig, Template Toolkit
        | \$\{(?:[\ -z|~]|\{[\ -z|~]{0,60}\}){1,120}\}                     # JavaScript, the shell
        | \#\{[\ -z|~]{1,120}\} | [@%]\{[A-Za-z0-9_.-]{1,60}\}             # Ruby, Less
        | \$t\([\ -'*-~]{1,120}\)                                         # i18next
        | \$\([A-Za-z0-9_.:-]{1,60}\)                                     # make, MSBuild
        | \$[A-Za-z][A-Za-z0-9_@]{0,60}\$                                 # Chrome
        | \$[A-Za-z_][A-Za-z0-9_]{0,60}                                   # PHP, the shell
        | \[\[[!-Z\\^-~]{1,60}\]\]                                        # Polymer, Angular
        | </?[0-9]{1,2}\ ?/?>                                             # tags of i18next
        ",
    )
});

/// What stands in braces, one to three of them.
static BRACES: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\{\{\{?([ -z|~]{1,120})\}\}\}?|\{([ -z|~]{0,120})\}"));

/// What in double braces is more than words: a helper, a path, a filter, a call, an argument.
static EXPRESSION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"^\s*[#/^>&!~$@=-]|[|=_]|\w\.\w|\w\[|\w\(|^\s*[\w-]+\s+["'`]|^\s*else\s+if\b"#)
});

/// How a message of ICU begins.
static MESSAGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\{ ?[A-Za-z0-9_.#-]{1,60} ?, ?(?:plural|select|selectordinal|number|date|time|spellout|ordinal|duration|choice|list) ?[,}]",
    )
});

/// The placeholders of `printf` and its relatives. What follows them is looked at by [`is_of_printf`].
static PERCENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)
          %\([A-Za-z0-9_.-]{1,60}\)[-\#0+]*[0-9]*(?:\.[0-9]+)?[diouxXeEfFgGcrsa]             # Python
        | %<[A-Za-z0-9_]{1,60}>[-\#0+]*[0-9]*(?:\.[0-9]+)?[a-zA-Z]                           # Ruby
        | %%
        | %(?:[0-9]{1,2}\$)?[-\#0+']*(?:[0-9]{1,3}|\*)?(?:\.(?:[0-9]{1,3}|\*))?(?:hh|h|ll|l|L|z|j|t|q)?[diouxXeEfFgGcsSpn@]
        | %L?[1-9][0-9]?                                                                    # Qt
        ",
    )
});

/// A name between percent signs: Windows, Symfony.
static NAMED: LazyLock<Regex> = LazyLock::new(|| pattern(r"%[A-Za-z_][A-Za-z0-9_.-]{0,60}%"));

/// The placeholders of a text, in no order; some may overlap.
pub(super) fn find(text: &str) -> Ranges {
    let mut found = Vec::new();
    if text.contains('{') {
        found.extend(messages(text));
        found.extend(BRACES.captures_iter(text).filter_map(|braces| {
            let (whole, double, single) = (braces.get(0)?, braces.get(1), braces.get(2));
            let is_placeholder = double.is_some_and(|inside| is_expression(inside.as_str()))
                || single.is_some_and(|inside| is_field(inside.as_str()));
            is_placeholder.then(|| whole.range())
        }));
    }
    if text.contains(['$', '<', '[', '{', '#', '@', '%']) {
        let forms = FORMS.find_iter(text).map(|form| form.range());
        // `A$AP` is a name.
        found
            .extend(forms.filter(|range| {
                !text[range.clone()].starts_with('$') || !ends_in_word(&text[..range.start])
            }));
    }
    if text.contains('%') {
        // Of `%dx%d`, the `%dx%` is none.
        let named = NAMED.find_iter(text).map(|form| form.range());
        found.extend(named.filter(|range| {
            !ends_in_word(&text[..range.start])
                && !text[range.end..].starts_with(|c: char| c.is_ascii_alphanumeric())
        }));
        found.extend(
            PERCENT.find_iter(text).map(|form| form.range()).filter(|range| is_of_printf(text, range)),
        );
    }
    found
}

fn ends_in_word(before: &str) -> bool {
    before.ends_with(char::is_alphanumeric)
}

/// Whether double braces hold more than words.
fn is_expression(inside: &str) -> bool {
    is_field(inside) || EXPRESSION.is_match(inside)
}

/// Whether braces hold one word of a program, or nothing.
fn is_field(inside: &str) -> bool {
    let field = inside.trim_matches(' ');
    field.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whole messages of ICU, with all that is in their braces.
fn messages(text: &str) -> Ranges {
    let mut found: Ranges = Vec::new();
    for start in MESSAGE.find_iter(text).map(|message| message.start()) {
        if found.last().is_some_and(|last| start < last.end) {
            continue;
        }
        found.extend(closing_brace(&text[start..]).map(|end| start..start + end));
    }
    found
}

/// Where the braces that a text begins with are closed.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().take(LONGEST_MESSAGE).enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at + 1),
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Whether such characters are a placeholder and no share of a hundred: `5 %d'intérêt`, `100%sure`.
fn is_of_printf(text: &str, range: &Range<usize>) -> bool {
    let form = &text[range.clone()];
    if form.starts_with("%(") || form.starts_with("%<") || form.contains('$') || form == "%%" {
        return true;
    }
    let rest = &text[range.end..];
    let before = &text[..range.start];
    let number = before.trim_end_matches([' ', '\u{A0}', '\u{202F}']);
    // `12:30 %s` has a space before a placeholder that stands alone.
    let stands_alone = number.len() < before.len()
        && !rest.starts_with(|c: char| c.is_alphanumeric() || c == '\'' || c == '’');
    if number.ends_with(|c: char| c.is_numeric()) && !stands_alone {
        return false;
    }
    let letters = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    // `%dpx`, `%dh`: a number with its unit.
    let most = if form.ends_with(['d', 'i', 'u', 'f', 'g']) { 2 } else { 0 };
    letters <= most || letters == 1 && rest[1..].starts_with('%')
}

#[cfg(test)]
mod tests {
    use crate::text::protect::protected;
    use rstest::rstest;

    fn pieces(text: &str) -> Vec<&str> {
        protected(text, |_| Vec::new()).0.into_iter().map(|range| &text[range]).collect()
    }

    #[rstest]
    #[case::python("Hello %(name)s, you have %(count)d letters and %(price).2f", &["%(name)s", "%(count)d", "%(price).2f"])]
    #[case::printf("%s has %d of %5.2f, %-10s, %ld, %1$s, %2$d, %05d, %@ and %%", &["%s", "%d", "%5.2f", "%-10s", "%ld", "%1$s", "%2$d", "%05d", "%@", "%%"])]
    #[case::units("%dpx, %dx%d, %dh", &["%d", "%d", "%d", "%d"])]
    #[case::qt("%1 of %2, %L1 and %n", &["%1", "%2", "%L1", "%n"])]
    #[case::ruby("%{count} of %<total>d, #{user.name}", &["%{count}", "%<total>d", "#{user.name}"])]
    #[case::windows("%NAME% and %user_name%", &["%NAME%", "%user_name%"])]
    #[case::a_share("100%sure, 5 %d'intérêt, 20 % of it", &["100%", "5 %", "20 %"])]
    #[case::no_conversion("%score and %y", &[])]
    #[case::javascript("Welcome to ${city-name}, ${ user.name } and ${f({a: 1})}", &["${city-name}", "${ user.name }", "${f({a: 1})}"])]
    #[case::shell("$HOME, $user_name, $(TARGET) and $NAME$", &["$HOME", "$user_name", "$(TARGET)", "$NAME$"])]
    #[case::i18next("see $t(common.name, {count: 1}) <0>here</0> <1/>", &["$t(common.name, {count: 1})", "<0>", "</0>", "<1/>"])]
    #[case::fields("{name} {0} {} {user_name!r} {price:.2f} {0:N2} {user.name} {items[0]} {city-name} { name } {:?}",
        &["{name}", "{0}", "{}", "{user_name!r}", "{price:.2f}", "{0:N2}", "{user.name}", "{items[0]}", "{city-name}", "{ name }", "{:?}"])]
    #[case::mustache("{{name}} {{ user.name }} {{{raw}}} {{#if is_admin}} {{/if}} {{> part}} {{ price | currency }} {{t 'a key'}}",
        &["{{name}}", "{{ user.name }}", "{{{raw}}}", "{{#if is_admin}}", "{{/if}}", "{{> part}}", "{{ price | currency }}", "{{t 'a key'}}"])]
    #[case::templates("<%= name %>, <% if x %>, <?= $x ?>, {% trans %}, [% name %] and [[name]]",
        &["<%= name %>", "<% if x %>", "<?= $x ?>", "{% trans %}", "[% name %]", "[[name]]"])]
    #[case::icu("You have {n, plural, =0 {no cats} one {# cat} other {# cats}} and {d, date, short}",
        &["{n, plural, =0 {no cats} one {# cat} other {# cats}}", "{d, date, short}"])]
    #[case::a_mention("{@name} and {{user@example}}", &["{@name}", "{{user@example}}"])]
    #[case::a_link("https://example.org/{id}/x?a=%20$b", &["https://example.org/{id}/x?a=%20$b"])]
    #[case::sentences("The cat {the dog is red} and {{the house is blue}} [[White House]] {собака}", &[])]
    #[case::never_closed("{n, plural, one {a} and {name", &["{a}"])]
    #[case::amounts("US$ 7 and A$AP", &[])]
    fn what_a_program_fills_in(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(pieces(text), expected);
    }
}
