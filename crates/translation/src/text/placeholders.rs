//! The placeholders of common message formats.
//!
//! A placeholder contains no spaces, unless its form is unambiguous (`<%= name %>`, `{{ name | upper }}`,
//! `{n, plural, …}`). Text in brackets, such as `{the dog is red}`, is ordinary text. Names consist of
//! letters of any script.

use super::pattern::{Ranges, pattern};
use super::scripts::needs_no_spaces;
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Maximum length of an ICU message in braces, in bytes.
const MAX_MESSAGE: usize = 1_000;

/// Maximum length of a name in a script without spaces, in letters: more are a sentence.
const MAX_UNSPACED: usize = 6;

/// The letters of names without a closing delimiter: in scripts without spaces between words, the sentence
/// continues right after them.
const LETTER: &str =
    r"[\w--[\p{Han}\p{Hira}\p{Kana}\p{Bopo}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]]";

static FORMS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        &r#"(?x)
          <%[^\n]{0,120}?%> | <\?(?:=|php\b)[^\n]{0,120}?\?> | <!--[^\n]{0,120}?-->  # ERB, EJS, PHP, HTML
        | \{%[^\n]{0,120}?%\} | \[%[^\n]{0,120}?%\] | \{\#[^\n]{0,120}?\#\}      # Jinja, Twig, Template Toolkit
        | \$\{(?:[^{}\n]|\{[^{}\n]*\})+\}                                      # JavaScript, the shell
        | \#\{[^{}\n]+\} | [@%]\{[\w.-]+\}                                     # Ruby, Less
        | \$t\([^()\n]{1,120}\)                                               # i18next
        | \$\([\w.:-]+\)                                                      # make, MSBuild
        | \$\p{L}[\w@]*\$                                                     # Chrome
        | \$[[\p{L}_]&&LETTER]LETTER*(?:\??->LETTER+|\[\w+\])*                # PHP, the shell
        | \\\([\w.$?!\[\]]+(?:\([^()\n\\]*\))?(?:,[^()\n\\]+)?\)               # Swift
        | \[\[\ *[^\[\]\s]+\ *\]\]                                            # Polymer, Angular
        | \*\|[^|*\n]{1,60}\|\*                                               # Mailchimp
        | %%\w+%% | \#\#\w+\#\# | @@\w+@@ | \$\$\w+\$\$ | ::\w+::              # marks on both sides
        | __(?:\p{Lu}[\p{Lu}\p{N}]*(?:_[\p{Lu}\p{N}]+)* | MSG_\w+? | [\p{L}\p{N}]+(?:_[\p{L}\p{N}]+)+)__
        | @(?:\.\w+)?:(?:\([\w.-]+\)|LETTER[LETTER-]*(?:\.LETTER[LETTER-]*)*)  # links of vue-i18n
        | :\p{Ll}[\p{Ll}\p{M}\p{N}_]+                                         # Laravel
        | </?(?:\p{L}[\w.:-]*|[0-9]{1,2})                                     # tags of React, of i18next
            (?:\s+[\w:.@-]+=(?:"[^"\n]{0,120}"|'[^'\n]{0,120}'|[^\s<>"']+))*\s*/?>
        | </?[\#@]\w[^<>\n]{0,80}> | <[@\#!:][\w:|.^-]+>                       # FreeMarker, JSP, Slack
        "#
        .replace("LETTER", LETTER),
    )
});

/// The contents of one to three braces.
static BRACES: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\{\{\{?([^{}\n]{1,120})\}\}\}?|\{([^{}\n]{0,120})\}"));

/// Contents of double braces that are more than words.
static EXPRESSION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?x)
          ^\s*[\#/^>&!~$@=-] | [|=_] | \w\.\w | \w\?\.\w | \w\[ | \w\(    # a sigil, a filter, a path, a call
        | \s[+*/%<>]\s | && | \?.*:                                         # an operator
        | (?:^|\s|\()\.(?:[\p{L}_]|\s*$) | \s\$\w | ^\s*\w+\s+\.\s            # `range .Items`, `len $names`
        | ^\s*[\w-]+(?:\s+[\w-]+){0,3}\s+["'`] | ^\s*[\w-]+(?:\s+\d+)+\s*$  # a helper with its arguments
        | ^\s*\p{Ll}{2,}\p{Lu}\w*\s
        | ^\s*\w+\s*,\s*\S+\s*$                                               # `date, YYYY-MM-DD`
        | ^\s*else\s+(?:if|with)\b
        | ^\s*(?:if|elseif|elsif|unless|each|range|with|for|foreach|block|define|template|include|partial|extends|end\w*)\s+\S+\s*$
        "#,
    )
});

/// Contents of single braces that are more than words, despite spaces.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?x)
          ^\s*\$[\p{L}_] | ^\s*[\p{L}_][\w.]*\(.*\)\s*$ | \w\[["'] | \w=["'$]    # Fluent, a call, an index
        | ^\s*[\w.$]+\s*\|\s*\w+                                             # a filter
        | ^\s*\d{1,2}\s*(?:,\s*-?\d+\s*)?(?::[^\s\d].*)?$                    # `{0, 10}`, `{0:dd MMM}`
        | ^\s*\#(?:if|each|await|key|snippet)\b | ^\s*:(?:else|then|catch)\b | ^\s*@(?:html|const|debug|render)\b
        | ^\s*(?:if|elseif|foreach)\s+[$!(]
        "#,
    )
});

/// The start of an ICU message.
static MESSAGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\{\s?[\w.#-]+\s?,\s?(?:plural|select|selectordinal|number|date|time|spellout|ordinal|duration|choice|list)\s?[,}]",
    )
});

/// The placeholders of `printf` and its relatives. [`is_of_printf`] checks what follows them.
static PERCENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)
          %\([\w.\ -]{1,60}\)[-\#0+]*[0-9]*(?:\.[0-9]+)?[diouxXeEfFgGcrsa]                   # Python
        | %<\w{1,60}>[-\#0+]*[0-9]*(?:\.[0-9]+)?[a-zA-Z]                                     # Ruby
        | %%
        | %(?:[0-9]{1,2}\$)?[-\#0+']*(?:[0-9]{1,3}|\*)?(?:\.(?:[0-9]{1,3}|\*))?(?:hh|h|ll|l|L|z|j|t|q)?[diouxXeEfFgGcsSpn@]
        | %L?[1-9][0-9]?                                                                    # Qt
        ",
    )
});

/// A name between percent signs: Windows, Symfony.
static NAMED: LazyLock<Regex> = LazyLock::new(|| pattern(r"%[\p{L}_][\w.-]*%"));

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
    if text.contains(['$', '<', '[', '{', '#', '@', '%', ':', '*', '_', '\\']) {
        found.extend(FORMS.find_iter(text).map(|form| form.range()).filter(|range| is_form(text, range)));
    }
    if text.contains('%') {
        // In `%dx%d`, the `%dx%` is none.
        let named = NAMED.find_iter(text).map(|form| form.range());
        found.extend(
            named.filter(|range| {
                !ends_in_word(&text[..range.start]) && !text[range.end..].starts_with(goes_on)
            }),
        );
        found.extend(
            PERCENT.find_iter(text).map(|form| form.range()).filter(|range| is_of_printf(text, range)),
        );
    }
    found
}

/// Whether a character continues the adjacent word. Chinese, Thai and Korean need no space there.
fn goes_on(c: char) -> bool {
    c.is_alphanumeric()
        && !needs_no_spaces(c)
        && !matches!(c, '\u{1100}'..='\u{11FF}' | '\u{AC00}'..='\u{D7A3}')
}

fn ends_in_word(before: &str) -> bool {
    before.ends_with(goes_on)
}

/// Whether a form is separate from adjacent words, if required.
fn is_form(text: &str, range: &Range<usize>) -> bool {
    let (before, after) = (&text[..range.start], &text[range.end..]);
    match text.as_bytes()[range.start] {
        // `A$AP` is a name.
        b'$' | b'@' => !ends_in_word(before),
        b'_' => !ends_in_word(before) && !after.starts_with(|c: char| c == '_' || goes_on(c)),
        // Neither `10:30` nor `:smile:`, nor the end of a word.
        b':' if !text[range.clone()].starts_with("::") => {
            let is_first = before.chars().next_back().is_none_or(|c| {
                c.is_whitespace()
                    || "([{\"'«“‘¿¡".contains(c)
                    || !c.is_ascii() && c.is_alphanumeric() && !goes_on(c)
            });
            is_first && !after.starts_with(|c: char| c == ':' || goes_on(c))
        }
        _ => true,
    }
}

/// Whether double braces contain more than words.
fn is_expression(inside: &str) -> bool {
    is_word(inside) || EXPRESSION.is_match(inside)
}

/// Whether single braces contain a field.
fn is_field(inside: &str) -> bool {
    is_word(inside) || FIELD.is_match(inside)
}

/// Whether braces contain an identifier, or nothing.
fn is_word(inside: &str) -> bool {
    let word = inside.trim_matches([' ', '\t']);
    let is_part = |c: char| c.is_ascii_graphic() || !c.is_ascii() && (c.is_alphanumeric() || is_combining(c));
    let unspaced = word.chars().filter(|&c| needs_no_spaces(c) && !is_combining(c)).count();
    word.chars().all(is_part) && unspaced <= MAX_UNSPACED
}

fn is_combining(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// Whole ICU messages, including everything in their braces.
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

/// The position of the brace that closes the one at the start of a text.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().take(MAX_MESSAGE).enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at + 1),
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Whether such characters are a placeholder and not a percentage: `5 %d'intérêt`, `100%sure`.
fn is_of_printf(text: &str, range: &Range<usize>) -> bool {
    let form = &text[range.clone()];
    if form.starts_with("%(") || form.starts_with("%<") || form.contains('$') || form == "%%" {
        return true;
    }
    let rest = &text[range.end..];
    let before = &text[..range.start];
    let number = before.trim_end_matches([' ', '\u{A0}', '\u{202F}']);
    // `12:30 %s` has a space before a separate placeholder.
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
    #[case::a_share("100%sure, 5 %d'intérêt, 20 % of it", &[])]
    #[case::no_conversion("%score and %y", &[])]
    #[case::javascript("Welcome to ${city-name}, ${ user.name } and ${f({a: 1})}", &["${city-name}", "${ user.name }", "${f({a: 1})}"])]
    #[case::shell("$HOME, $user_name, $(TARGET) and $NAME$", &["$HOME", "$user_name", "$(TARGET)", "$NAME$"])]
    #[case::i18next("see $t(common.name, {count: 1}) <0>here</0> <1/>", &["$t(common.name, {count: 1})", "<0>", "</0>", "<1/>"])]
    #[case::fields("{name} {0} {} {user_name!r} {price:.2f} {0:N2} {user.name} {items[0]} {city-name} { name } {:?}",
        &["{name}", "{0}", "{}", "{user_name!r}", "{price:.2f}", "{0:N2}", "{user.name}", "{items[0]}", "{city-name}", "{ name }", "{:?}"])]
    #[case::letters_of_any_script("${prénom} {prénom} {{prénom}} %(prénom)s %{prénom} <%= prénom %> #{tamaño} [[tamaño]] %año% $año {имя} {名前} {{ tên_người }} %<año>d {tamaño, plural, other {#}}",
        &["${prénom}", "{prénom}", "{{prénom}}", "%(prénom)s", "%{prénom}", "<%= prénom %>", "#{tamaño}", "[[tamaño]]", "%año%", "$año", "{имя}", "{名前}", "{{ tên_người }}", "%<año>d", "{tamaño, plural, other {#}}"])]
    #[case::letters_apart("{pre\u{301}nom} and {{ pre\u{301}nom }}", &["{pre\u{301}nom}", "{{ pre\u{301}nom }}"])]
    #[case::i18next_formats("{{value, uppercase}} {{date, YYYY-MM-DD}} {{n, number(minimumFractionDigits: 2)}}",
        &["{{value, uppercase}}", "{{date, YYYY-MM-DD}}", "{{n, number(minimumFractionDigits: 2)}}"])]
    #[case::go("{{if .Name}}boss{{end}} {{range .X}} {{with .Site.Params}} {{len .X}} {{eq .X 1}} {{index .A 0}} {{not .X}} {{template \"t\" .}} {{- if .X -}} {{block \"a\" .}} {{range $i, $e := .X}} {{len $x}} {{ .Values.name | quote }}",
        &["{{if .Name}}", "{{end}}", "{{range .X}}", "{{with .Site.Params}}", "{{len .X}}", "{{eq .X 1}}", "{{index .A 0}}", "{{not .X}}", "{{template \"t\" .}}", "{{- if .X -}}", "{{block \"a\" .}}", "{{range $i, $e := .X}}", "{{len $x}}", "{{ .Values.name | quote }}"])]
    #[case::handlebars("{{formatDate date \"long\"}} {{#if x}} {{/if}} {{else}} {{formatDate date}} {{add 1 2}} {{if name}} {{lookup . 'x'}}",
        &["{{formatDate date \"long\"}}", "{{#if x}}", "{{/if}}", "{{else}}", "{{formatDate date}}", "{{add 1 2}}", "{{if name}}", "{{lookup . 'x'}}"])]
    #[case::in_scripts_without_spaces("你好$name，您有:count条、%name%です、$user->nameさん @:a.b中 __NAME__님 $name님",
        &["$name", ":count", "%name%", "$user->name", "@:a.b", "__NAME__", "$name"])]
    #[case::laravel("you have :count houses, :name (:tamaño)", &[":count", ":name", ":tamaño"])]
    #[case::no_laravel("at 10:30 a note :smile: a list: one, deux : trois :p http:x Note :Word", &[":smile:"])]
    #[case::swift(r"Hello \(name), \(user.first) and \(count, specifier: x) or \(not this\)", &[r"\(name)", r"\(user.first)", r"\(count, specifier: x)", r"\(", r"\)"])]
    #[case::fluent("{ $name } { DATETIME($d, month: \"long\") } { NUMBER($n) } { -brand-name } {$n :number style=percent}",
        &["{ $name }", "{ DATETIME($d, month: \"long\") }", "{ NUMBER($n) }", "{ -brand-name }", "{$n :number style=percent}"])]
    #[case::on_both_sides("__NAME__ __USER_NAME__ __MSG_appName__ %%name%% *|first_name|* ##name## @@name@@ $$name$$ ::name::",
        &["__NAME__", "__USER_NAME__", "__MSG_appName__", "%%name%%", "*|first_name|*", "##name##", "@@name@@", "$$name$$", "::name::"])]
    #[case::php("$user->name and $row[name], {$user->name} [[ name ]]", &["$user->name", "$row[name]", "{$user->name}", "[[ name ]]"])]
    #[case::vue("@:common.name and @.lower:common.name, @:(a.b)", &["@:common.name", "@.lower:common.name", "@:(a.b)"])]
    #[case::tags("<link>the red cat</link> <bold> <br/> <0>x</0> <a href=\"/x y\">z</a> <c:out value='x'/> a < b and c > d",
        &["<link>", "</link>", "<bold>", "<br/>", "<0>", "</0>", "<a href=\"/x y\">", "</a>", "<c:out value='x'/>"])]
    #[case::comments("{# a comment #} <!-- the house --> {{! the house }}", &["{# a comment #}", "<!-- the house -->", "{{! the house }}"])]
    #[case::formats_with_spaces("{0, 10} {0:dd MMM} {name | upper} {user[\"first name\"]} {#if x} {:else if y}",
        &["{0, 10}", "{0:dd MMM}", "{name | upper}", "{user[\"first name\"]}", "{#if x}", "{:else if y}"])]
    #[case::mustache("{{name}} {{ user.name }} {{{raw}}} {{#if is_admin}} {{/if}} {{> part}} {{ price | currency }} {{t 'a key'}}",
        &["{{name}}", "{{ user.name }}", "{{{raw}}}", "{{#if is_admin}}", "{{/if}}", "{{> part}}", "{{ price | currency }}", "{{t 'a key'}}"])]
    #[case::templates("<%= name %>, <% if x %>, <?= $x ?>, {% trans %}, [% name %] and [[name]]",
        &["<%= name %>", "<% if x %>", "<?= $x ?>", "{% trans %}", "[% name %]", "[[name]]"])]
    #[case::icu("You have {n, plural, =0 {no cats} one {# cat} other {# cats}} and {d, date, short}",
        &["{n, plural, =0 {no cats} one {# cat} other {# cats}}", "{d, date, short}"])]
    #[case::a_mention("{@name} and {{user@example}}", &["{@name}", "{{user@example}}"])]
    #[case::a_link("https://example.org/{id}/x?a=%20$b", &["https://example.org/{id}/x?a=%20$b"])]
    #[case::sentences("The cat {the dog is red} and {{the house is blue}} [[White House]] {собака красная} <the dog is red> {这只猫是红色的猫} {12 cats: two dogs} {{my name is \u{201C}Ana\u{201D}}}", &[])]
    #[case::never_closed("{n, plural, one {a} and {name", &["{a}"])]
    #[case::amounts("US$ 7 and A$AP", &[])]
    fn placeholders_are_found(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(pieces(text), expected);
    }
}
