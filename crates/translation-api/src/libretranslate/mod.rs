//! The API of LibreTranslate, so that programs written for it can use Meeshy: `/translate`, `/detect`,
//! `/languages`, `/frontend/settings`, `/health` and `/spec`, with its shapes and its errors
//! (`{"error":"…"}`).
//!
//! Differences: alternatives are never returned, a text whose language cannot be detected is rejected instead
//! of treated as English, and the error for an unsupported pair says what to install.

mod call;
mod spec;

pub use call::Call;
pub use spec::spec;

use crate::html::{Cut, Html};
use crate::{Guess, Refusal, Source, TranslationApi};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use meeshy_domain::Language;
use meeshy_translation::{Failure, Outcome, is_mark};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// One text or several, in the shape of the request.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Shaped<T> {
    /// If `q` was a string.
    One(T),
    /// If `q` was a list.
    Many(Vec<T>),
}

impl<T> Shaped<T> {
    fn new(mut list: Vec<T>, is_list: bool) -> Self {
        match list.pop() {
            Some(last) if !is_list && list.is_empty() => Self::One(last),
            last => Self::Many(list.into_iter().chain(last).collect()),
        }
    }
}

/// The response of `/translate`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "LibreTranslateTranslated")]
pub struct Translated {
    /// The translation.
    pub translated_text: Shaped<String>,
    /// The detected language, if the client sent `auto`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detected_language: Option<Shaped<Detected>>,
    /// Always empty, and only present if alternatives were requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternatives: Option<Shaped<[String; 0]>>,
}

/// A possible language of a text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "LibreTranslateDetected")]
pub struct Detected {
    /// The confidence, 0 to 100.
    pub confidence: f64,
    /// The language.
    pub language: Language,
}

impl From<Guess> for Detected {
    fn from(Guess { language, confidence }: Guess) -> Self {
        Self { confidence: (confidence * 100.0).round(), language }
    }
}

/// A source language.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "LibreTranslateLanguage")]
pub struct Listed {
    /// The code.
    pub code: &'static str,
    /// The English name.
    pub name: &'static str,
    /// The codes of the target languages.
    pub targets: Vec<&'static str>,
}

/// `POST /translate`.
///
/// # Errors
/// If the request is invalid, or a text has no translation.
pub async fn translate(api: &TranslationApi, call: &Call) -> Result<Translated, Refusal> {
    let (texts, is_list) = call.texts()?;
    let tag = Some(call.text("source")?);
    let to = Language::parse(call.text("target")?)?;
    let (is_html, alternatives) = (call.is_html()?, call.alternatives()?);
    api.check(texts.iter().copied())?;
    let documents: Vec<Document> = texts.iter().map(|text| Document::new(text, is_html)).collect();
    let readable: Vec<Cow<'_, str>> = documents.iter().map(Document::readable).collect();
    let sources = api.sources(tag, &readable.iter().map(AsRef::as_ref).collect::<Vec<_>>()).await?;
    let mut translated = assembled(api, &documents, &sources, to).await?;
    // If tags came back crossed, the text between them is translated piece by piece.
    for (at, text) in texts.iter().enumerate().filter(|_| is_html) {
        if translated[at].is_none() {
            let apart = [Document::Html(Html::cut(text, Cut::AtTags))];
            translated[at] = assembled(api, &apart, &sources[at..=at], to).await?.pop().flatten();
        }
    }
    let lost = || Refusal::Failed("the tags of a text came back in the wrong order".to_owned());
    let translated = translated.into_iter().map(|text| text.ok_or_else(lost)).collect::<Result<_, _>>()?;
    let is_auto = sources.iter().any(|source| !matches!(source, Source::Named(_)));
    Ok(Translated {
        translated_text: Shaped::new(translated, is_list),
        detected_language: is_auto
            .then(|| Shaped::new(sources.iter().map(|source| detected(*source, to)).collect(), is_list)),
        alternatives: (alternatives > 0).then(|| Shaped::new(vec![[]; texts.len()], is_list)),
    })
}

/// The translation of each document; `None` if its tags came back crossed.
async fn assembled(
    api: &TranslationApi,
    documents: &[Document<'_>],
    sources: &[Source],
    to: Language,
) -> Result<Vec<Option<String>>, Refusal> {
    let pieces = documents.iter().zip(sources).flat_map(|(document, source)| {
        document.pieces().into_iter().map(|piece| (*source, piece.to_owned()))
    });
    let pieces: Vec<(Source, String)> = pieces.collect();
    let originals: Vec<String> = pieces.iter().map(|(_, piece)| piece.clone()).collect();
    let answers = api.translate(pieces, to).await?.into_iter().zip(originals);
    let mut translated = answers
        .map(|(answer, original)| text_of(answer, original))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter();
    Ok(documents.iter().map(|document| document.assemble(&mut translated)).collect())
}

/// A text to translate: plain, or HTML piece by piece.
enum Document<'a> {
    Plain(&'a str),
    Html(Html<'a>),
}

impl<'a> Document<'a> {
    fn new(text: &'a str, is_html: bool) -> Self {
        if is_html { Self::Html(Html::cut(text, Cut::AtBlocks)) } else { Self::Plain(text) }
    }

    /// Its readable text.
    fn readable(&self) -> Cow<'a, str> {
        match self {
            Self::Plain(text) => Cow::Borrowed(text),
            Self::Html(html) => Cow::Owned(html.texts().collect::<Vec<_>>().join(" ").replace(is_mark, " ")),
        }
    }

    fn pieces(&self) -> Vec<&str> {
        match self {
            Self::Plain(text) => vec![text],
            Self::Html(html) => html.texts().collect(),
        }
    }

    /// Consumes as many translations as there are pieces.
    fn assemble(&self, translations: &mut impl Iterator<Item = String>) -> Option<String> {
        match self {
            Self::Plain(_) => translations.next(),
            Self::Html(html) => html.assemble(translations.take(html.texts().count())),
        }
    }
}

fn text_of(answer: Result<Outcome, Failure>, original: String) -> Result<String, Refusal> {
    match answer {
        Ok(Outcome::Done { text, .. }) => Ok(text),
        Ok(Outcome::Identical { .. }) => Ok(original),
        Ok(Outcome::Unavailable { reason }) => Err(Refusal::Unavailable(reason.text)),
        Err(failure) => Err(Refusal::Failed(failure.to_string())),
    }
}

/// A text without words could be in any language, so the target language is reported.
fn detected(source: Source, to: Language) -> Detected {
    match source {
        Source::Named(language) => Detected { confidence: 100.0, language },
        Source::Detected(guess) => guess.into(),
        Source::Wordless => Detected { confidence: 0.0, language: to },
    }
}

/// `POST /detect`: the likeliest language first, without those below one percent; none if there is no
/// evidence for any.
///
/// # Errors
/// If there is no text.
pub async fn detect(api: &TranslationApi, call: &Call) -> Result<Vec<Detected>, Refusal> {
    let text = call.text("q")?;
    api.check(std::iter::once(text))?;
    let guesses = api.guess(&[text]).await?;
    Ok(guesses.into_iter().flatten().map(Detected::from).filter(|known| known.confidence >= 1.0).collect())
}

/// `GET /languages`, sorted by code.
pub fn languages(api: &TranslationApi) -> Vec<Listed> {
    let listed = |(from, to): (Language, BTreeSet<Language>)| Listed {
        code: from.code(),
        name: from.english_name(),
        targets: to.into_iter().map(Language::code).collect(),
    };
    api.languages().into_iter().map(listed).collect()
}

/// Settings for front ends.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "LibreTranslateSettings")]
pub struct Settings {
    /// Whether API keys are used.
    pub api_keys: bool,
    /// The maximum length of a text, in characters.
    pub char_limit: usize,
    /// Whether files are translated.
    pub files_translation: bool,
    /// How long a page waits after a key press, in milliseconds.
    pub frontend_timeout: u32,
    /// Whether an API key is required.
    pub key_required: bool,
    /// The default.
    pub language: Chosen,
    /// Whether users can suggest translations.
    pub suggestions: bool,
    /// The kinds of file that are translated.
    pub supported_files_format: [&'static str; 0],
}

/// The default languages.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "LibreTranslateChosen")]
pub struct Chosen {
    /// The source language.
    pub source: Choice,
    /// The target language.
    pub target: Choice,
}

/// The default languages.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "LibreTranslateChoice")]
pub struct Choice {
    /// Its code, or `auto`.
    pub code: &'static str,
    /// The English name.
    pub name: &'static str,
}

/// `GET /frontend/settings`. `key_required` says whether callers need a key.
pub fn settings(api: &TranslationApi, key_required: bool) -> Settings {
    Settings {
        api_keys: key_required,
        char_limit: api.config().chars,
        files_translation: false,
        frontend_timeout: 500,
        key_required,
        language: Chosen {
            source: Choice { code: "auto", name: "Auto Detect" },
            target: Choice { code: "en", name: "English" },
        },
        suggestions: false,
        supported_files_format: [],
    }
}

/// Always `ok`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "LibreTranslateHealth")]
pub struct Health {
    /// Always `ok`.
    pub status: &'static str,
}

/// `GET /health`.
pub fn health() -> Health {
    Health { status: "ok" }
}

impl Refusal {
    /// The matching HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Missing(_)
            | Self::Invalid(_)
            | Self::UnknownLanguage(_)
            | Self::Undetermined
            | Self::TooLong(_)
            | Self::TooMany { .. }
            | Self::Unavailable(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::KeyRequired | Self::WrongKey => StatusCode::FORBIDDEN,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TimedOut(_) => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

/// An error in LibreTranslate's shape.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status(), Json(json!({ "error": self.to_string() }))).into_response()
    }
}
