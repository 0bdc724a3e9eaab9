//! What is translated of HTML, and what comes back as it was.

use super::*;
use proptest::prelude::*;
use rstest::rstest;

fn shouted(html: &str) -> String {
    let cut = Html::cut(html, Cut::AtBlocks);
    let shouted: Vec<String> = cut.texts().map(str::to_uppercase).collect();
    cut.assemble(shouted).unwrap()
}

#[rstest]
#[case("<p class=\"green\">Hello!</p>", "<p class=\"green\">HELLO!</p>")]
#[case("a <b>big</b> world", "A <b>BIG</b> WORLD")]
#[case("<a title='x > y'>x</a>", "<a title='x > y'>X</a>")]
#[case("<script>if (a < b) go()</script>now", "<script>if (a < b) go()</script>NOW")]
#[case("<CODE>let x</Code> is code<br/>", "<CODE>let x</Code> IS CODE<br/>")]
#[case("<!-- keep > me -->x", "<!-- keep > me -->X")]
#[case("a <b translate=\"no\">big</b> x", "A <b translate=\"no\">big</b> X")]
#[case("a <b class='x notranslate y'>big</b> x", "A <b class='x notranslate y'>big</b> X")]
#[case("<DIV TRANSLATE=NO><div>a</div>b</DIV>c", "<DIV TRANSLATE=NO><div>a</div>b</DIV>C")]
#[case("<p translate=\"no\">a <b>b</b><p>c</p>", "<p translate=\"no\">a <b>b</b><p>C</p>")]
#[case(
    "<i class=notranslate>a<!-- </i> --><script>'</i>'</script>b</i>c",
    "<i class=notranslate>a<!-- </i> --><script>'</i>'</script>b</i>C"
)]
#[case(
    "<img translate=no alt=x>a<br class=\"notranslate\">b",
    "<img translate=no alt=x>A<br class=\"notranslate\">B"
)]
#[case(
    "<b class=\"notranslated\" data-translate=\"no\" title='translate=\"no\"'>a</b>",
    "<b class=\"notranslated\" data-translate=\"no\" title='translate=\"no\"'>A</b>"
)]
#[case(
    "<b translate=\"yes\">a</b><b translate>b</b><b\ntranslate = 'no' >c</b>",
    "<b translate=\"yes\">A</b><b translate>B</b><b\ntranslate = 'no' >c</b>"
)]
#[case("<x-a translate=no><x-b>a</x-b>b</x-a>c", "<x-a translate=no><x-b>a</x-b>b</x-a>C")]
#[case("<div translate=no>never <div>closed</div>", "<div translate=no>never <div>closed</div>")]
#[case("caf&eacute; &amp; bar", "CAFÉ &amp; BAR")]
#[case("1 < 2 &#60; x", "1 &lt; 2 &lt; X")]
#[case("two\n  lines", "TWO LINES")]
#[case("open <b", "OPEN <b")]
#[case("<pre>never closed", "<pre>never closed")]
#[case("<>", "<>")]
#[case("", "")]
fn only_readable_text_is_translated(#[case] html: &str, #[case] expected: &str) {
    assert_eq!(shouted(html), expected);
}

#[test]
fn unchanged_text_is_identical_byte_for_byte() {
    let html = "a&nbsp;<i>b</i>\n c &lt; d";
    let cut = Html::cut(html, Cut::AtBlocks);
    let texts: Vec<String> = cut.texts().map(str::to_owned).collect();
    assert_eq!(cut.assemble(texts).unwrap(), html);
}

#[test]
fn a_sentence_spans_inline_tags() {
    let html = "<p>See <a href='/x'>the <b>big</b> page</a>, run <code>ls</code>.</p><p>Then <br>go.</p>";
    let cut = Html::cut(html, Cut::AtBlocks);
    let texts: Vec<String> = cut.texts().map(|text| text.replace(is_mark, "◆")).collect();
    assert_eq!(texts, ["See ◆the ◆big◆ page◆, run ◆.", "Then", "go."]);
    assert_eq!(Html::cut(html, Cut::AtTags).texts().count(), 8);
}

#[rstest]
#[case("a <b>b</b> <i>c</i>", &[2, 3, 0, 1], Some("<i>x</i><b>x</b>"))]
#[case("a <b>b</b> <i>c</i>", &[0, 2, 1, 3], None)]
#[case("a <b>b</b> c", &[1, 0], None)]
#[case("a <b>b</b> c", &[0], None)]
#[case("a <b>b</b> c", &[0, 1, 1], None)]
#[case("a <b>b</b> c", &[0, 7], None)]
#[case("a <code>ls</code> b <b>c</b>", &[1, 2, 0], Some("<b>x</b><code>ls</code>"))]
fn tags_may_be_reordered_but_not_crossed(
    #[case] html: &str,
    #[case] order: &[u32],
    #[case] expected: Option<&str>,
) {
    let mut text = String::new();
    for (at, index) in order.iter().enumerate() {
        text.extend(char::from_u32(FIRST_MARK + index));
        text.push_str(if at % 2 == 0 && order.len() > at + 1 { "x" } else { "" });
    }
    assert_eq!(Html::cut(html, Cut::AtBlocks).assemble([text]).as_deref(), expected);
}

proptest! {
    #[test]
    fn any_text_survives(html in r#"([a-z <>/!\-"'&;é漢\n]|<b>|</b>|<script>|</script|<!--|-->|&lt;|<b translate=no>|<p class="notranslate">|<br translate=no>){0,40}"#) {
        for cut in [Cut::AtBlocks, Cut::AtTags] {
            let cut = Html::cut(&html, cut);
            let texts: Vec<String> = cut.texts().map(str::to_owned).collect();
            let assembled = cut.assemble(texts);
            prop_assert_eq!(assembled.as_ref(), Some(&html));
        }
    }
}
