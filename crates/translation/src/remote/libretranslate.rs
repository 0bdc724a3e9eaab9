//! LibreTranslate's API: `GET languages`, `POST translate`.

use super::batch::{Batch, Limits};
use super::http::Server;
use super::marks;
use crate::EngineError;
use crate::mark::is_mark;
use crate::pair::Pair;
use meeshy_domain::Language;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// What servers accept by default; Argos translates sentence by sentence anyway.
pub(super) const LIMITS: Limits = Limits { segments: 32, bytes: 8_000 };

/// What a server offers.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Catalogue {
    /// The server's code of each language.
    pub(super) codes: HashMap<Language, String>,
    /// The pairs it translates.
    pub(super) pairs: HashSet<Pair>,
}

#[derive(Deserialize)]
pub(super) struct Listed {
    code: String,
    /// Older servers translate each language to all others, without listing targets.
    targets: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Question<'a> {
    q: &'a [String],
    source: &'a str,
    target: &'a str,
    format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'a str>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "translatedText")]
    translated: Vec<String>,
}

/// Requests the languages of the server.
pub(super) async fn catalogue(server: &Server) -> Result<Catalogue, EngineError> {
    let listed: Vec<Listed> = server.get("languages").await?;
    let catalogue = read(&listed);
    if catalogue.pairs.is_empty() {
        return Err(server.invalid("offers no language pair that Meeshy supports"));
    }
    Ok(catalogue)
}

fn read(listed: &[Listed]) -> Catalogue {
    let mut codes: HashMap<Language, String> = HashMap::new();
    for Listed { code, .. } in listed {
        let Ok(language) = Language::parse(code) else { continue };
        // Prefers `zh` to `zh-Hant` if both are listed.
        if code == language.code() || !codes.contains_key(&language) {
            codes.insert(language, code.clone());
        }
    }
    let mut pairs = HashSet::new();
    for Listed { code, targets } in listed {
        let Some(from) = known(&codes, code) else { continue };
        let all = || codes.keys().copied().collect();
        let named = |targets: &Vec<String>| targets.iter().filter_map(|code| known(&codes, code)).collect();
        let targets: Vec<Language> = targets.as_ref().map_or_else(all, named);
        pairs.extend(targets.into_iter().filter(|&to| to != from).map(|to| Pair { from, to }));
    }
    Catalogue { codes, pairs }
}

/// The language with this code on the server.
fn known(codes: &HashMap<Language, String>, code: &str) -> Option<Language> {
    let language = Language::parse(code).ok()?;
    (codes.get(&language).map(String::as_str) == Some(code)).then_some(language)
}

/// Translates a batch.
///
/// Segments with marks are sent as HTML, unless the server `keeps_marks`.
pub(super) async fn translate(
    server: &Server,
    source: &str,
    target: &str,
    segments: &[String],
    keeps_marks: bool,
) -> Result<Vec<String>, EngineError> {
    let as_html = |segment: &String| !keeps_marks && segment.contains(is_mark);
    let html = Batch::of(segments, as_html, marks::to_html);
    let plain = Batch::of(segments, |segment| !as_html(segment), ToOwned::to_owned);
    let ask = async |batch: &Batch, format| {
        if batch.texts.is_empty() {
            return Ok(Vec::new());
        }
        let question = Question { q: &batch.texts, source, target, format, api_key: server.api_key() };
        let answer: Answer = server.post("translate", &question, None).await?;
        batch.check(server, answer.translated)
    };
    let (marked, unmarked) = futures::try_join!(ask(&html, "html"), ask(&plain, "text"))?;
    let mut answers = vec![String::new(); segments.len()];
    html.fill(marked.iter().map(|text| marks::from_html(text).unwrap_or_default()), &mut answers);
    plain.fill(unmarked.into_iter(), &mut answers);
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(json: &str) -> Catalogue {
        read(&serde_json::from_str::<Vec<Listed>>(json).unwrap())
    }

    #[test]
    fn pairs_come_from_the_servers_list() {
        let catalogue = listed(
            r#"[{"code": "en", "name": "English", "targets": ["en", "fr", "zh-Hans", "zh", "xx"]},
                {"code": "zh-Hans", "targets": ["en"]}, {"code": "zh", "targets": ["en"]},
                {"code": "fr", "targets": []}, {"code": "xx", "targets": ["en"]}]"#,
        );
        let mut pairs: Vec<String> = catalogue.pairs.iter().map(ToString::to_string).collect();
        pairs.sort();
        assert_eq!(pairs, ["en-fr", "en-zh", "zh-en"]);
        assert_eq!(catalogue.codes[&Language::parse("zh").unwrap()], "zh");
    }

    #[test]
    fn requests_use_the_servers_codes() {
        let catalogue = listed(r#"[{"code": "pt-BR"}, {"code": "nb"}]"#);
        assert_eq!(catalogue.codes[&Language::parse("pt").unwrap()], "pt-BR");
        assert_eq!(catalogue.codes[&Language::parse("no").unwrap()], "nb");
        assert_eq!(catalogue.pairs.len(), 2);
    }
}
