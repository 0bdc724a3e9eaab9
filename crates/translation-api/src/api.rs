//! The common part of all interfaces: validates requests, detects languages, translates in time.

use meeshy_domain::{Language, Secret, is_same_secret};
use meeshy_translation::detect::Evidence;
use meeshy_translation::{Failure, Outcome, Pair, Route, Translator};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The configuration of the translation API.
#[derive(Debug, Clone)]
pub struct TranslationApiConfig {
    /// Clients must send one of these keys; if there are none, anybody may call.
    pub api_keys: Vec<Secret>,
    /// Maximum length of all texts of a request together, in characters.
    pub chars: usize,
    /// Maximum number of texts in a request.
    pub texts: usize,
    /// The time-out of a request.
    pub timeout: Duration,
}

impl Default for TranslationApiConfig {
    fn default() -> Self {
        Self { api_keys: Vec::new(), chars: 100_000, texts: 100, timeout: Duration::from_secs(60) }
    }
}

/// A possible language of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    /// The language.
    pub language: Language,
    /// The probable share of the text that is in it, 0 to 1.
    pub confidence: f64,
}

/// The source language of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Source {
    /// The client specified it.
    Named(Language),
    /// It was detected.
    Detected(Guess),
    /// The text contains no words, so it is the same in every language.
    Wordless,
}

impl Source {
    /// The language, if there is one.
    pub fn language(self) -> Option<Language> {
        match self {
            Self::Named(language) | Self::Detected(Guess { language, .. }) => Some(language),
            Self::Wordless => None,
        }
    }
}

/// Why a request is rejected or failed, in a sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A field is missing or empty.
    #[error("Invalid request: missing {0} parameter")]
    Missing(&'static str),
    /// Invalid input.
    #[error("Invalid request: {0}")]
    Invalid(String),
    /// An unknown language.
    #[error("{0}")]
    UnknownLanguage(#[from] meeshy_domain::UnknownLanguage),
    /// The text could be in any language.
    #[error("the language of the text cannot be detected; specify the source language")]
    Undetermined,
    /// The texts are too long.
    #[error("Invalid request: the text exceeds the limit of {0} characters")]
    TooLong(usize),
    /// There are too many texts.
    #[error("Invalid request: {texts} texts exceed the limit of {limit}")]
    TooMany {
        /// The number of texts.
        texts: usize,
        /// The limit.
        limit: usize,
    },
    /// The request body is too large.
    #[error("the request is too large")]
    TooLarge,
    /// An API key is required.
    #[error("Please contact the server operator to get an API key")]
    KeyRequired,
    /// The API key is wrong.
    #[error("Invalid API key")]
    WrongKey,
    /// No engine translates between the two languages.
    #[error("{0}")]
    Unavailable(String),
    /// The translation failed.
    #[error("Cannot translate text: {0}")]
    Failed(String),
    /// The request timed out.
    #[error("Cannot translate text: timed out after {} seconds; try again with less text", .0.as_secs())]
    TimedOut(Duration),
}

/// The translator behind the interfaces. Cheap to clone.
#[derive(Clone)]
pub struct TranslationApi {
    inner: Arc<Inner>,
}

struct Inner {
    translator: Translator,
    config: TranslationApiConfig,
    started: Instant,
}

impl TranslationApi {
    /// A translation API in front of `translator`.
    pub fn new(translator: Translator, config: TranslationApiConfig) -> Self {
        Self { inner: Arc::new(Inner { translator, config, started: Instant::now() }) }
    }

    /// The configuration.
    pub fn config(&self) -> &TranslationApiConfig {
        &self.inner.config
    }

    pub(crate) fn translator(&self) -> &Translator {
        &self.inner.translator
    }

    /// How long it has been running.
    pub(crate) fn uptime(&self) -> Duration {
        self.inner.started.elapsed()
    }

    /// Whether it can translate anything.
    pub(crate) fn is_ready(&self) -> bool {
        !self.inner.translator.routes().is_empty()
    }

    /// Checks a client's API key.
    ///
    /// # Errors
    /// If keys are configured and this is not one of them.
    pub fn admit(&self, key: Option<&str>) -> Result<(), Refusal> {
        let keys = &self.inner.config.api_keys;
        match key {
            _ if keys.is_empty() => Ok(()),
            // An empty key is never valid, even if one is configured by mistake.
            None | Some("") => Err(Refusal::KeyRequired),
            Some(key)
                if keys.iter().any(|known| is_same_secret(known.expose().as_bytes(), key.as_bytes())) =>
            {
                Ok(())
            }
            Some(_) => Err(Refusal::WrongKey),
        }
    }

    /// Checks the number of texts and their length.
    ///
    /// # Errors
    /// If there are too many, or they are too long together.
    pub fn check<'a>(&self, texts: impl ExactSizeIterator<Item = &'a str>) -> Result<(), Refusal> {
        let TranslationApiConfig { texts: limit, chars, .. } = self.inner.config;
        if texts.len() > limit {
            return Err(Refusal::TooMany { texts: texts.len(), limit });
        }
        let total: usize = texts.map(|text| text.chars().take(chars + 1).count()).sum();
        if total > chars { Err(Refusal::TooLong(chars)) } else { Ok(()) }
    }

    /// The source language of each text: specified by a tag, or detected if that is missing, empty or `auto`.
    ///
    /// # Errors
    /// If the tag is unknown, or the language of a text cannot be detected.
    pub async fn sources(&self, tag: Option<&str>, texts: &[&str]) -> Result<Vec<Source>, Refusal> {
        if let Some(tag) = tag.filter(|tag| !tag.is_empty() && !tag.eq_ignore_ascii_case("auto")) {
            let language = Language::parse(tag)?;
            return Ok(texts.iter().map(|_| Source::Named(language)).collect());
        }
        let guesses = self.guess(texts).await?.into_iter().zip(texts);
        let source = |(guesses, text): (Vec<Guess>, &&str)| match guesses.first() {
            Some(likeliest) if likeliest.confidence < of_no_language(&guesses) => Err(Refusal::Undetermined),
            Some(likeliest) => Ok(Source::Detected(*likeliest)),
            None if text.chars().any(char::is_alphabetic) => Err(Refusal::Undetermined),
            None => Ok(Source::Wordless),
        };
        guesses.map(source).collect()
    }

    /// The possible languages of each text, the likeliest first; none if there is no evidence for any.
    ///
    /// # Errors
    /// If it takes too long.
    pub async fn guess(&self, texts: &[&str]) -> Result<Vec<Vec<Guess>>, Refusal> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let guess = |&(language, confidence): &(Language, f64)| Guess { language, confidence };
        let all = move || -> Vec<Vec<Guess>> {
            texts.iter().map(|text| Evidence::of(text).candidates().iter().map(guess).collect()).collect()
        };
        let timeout = self.inner.config.timeout;
        match tokio::time::timeout(timeout, tokio::task::spawn_blocking(all)).await {
            Ok(guesses) => guesses.map_err(|error| Refusal::Failed(error.to_string())),
            Err(_) => Err(Refusal::TimedOut(timeout)),
        }
    }

    /// Translates texts; the results are in the same order. Texts of one language go to the engines together.
    ///
    /// # Errors
    /// If it takes too long.
    pub async fn translate(
        &self,
        texts: Vec<(Source, String)>,
        to: Language,
    ) -> Result<Vec<Result<Outcome, Failure>>, Refusal> {
        let timeout = self.inner.config.timeout;
        tokio::time::timeout(timeout, self.by_language(texts, to))
            .await
            .map_err(|_| Refusal::TimedOut(timeout))
    }

    async fn by_language(&self, texts: Vec<(Source, String)>, to: Language) -> Vec<Result<Outcome, Failure>> {
        let mut answers: Vec<Result<Outcome, Failure>> =
            texts.iter().map(|_| Ok(Outcome::Identical { engine: None })).collect();
        let mut groups: BTreeMap<Language, (Vec<usize>, Vec<String>)> = BTreeMap::new();
        for (at, (source, text)) in texts.into_iter().enumerate() {
            if let Some(language) = source.language() {
                let (places, texts) = groups.entry(language).or_default();
                places.push(at);
                texts.push(text);
            }
        }
        for (from, (places, texts)) in groups {
            let translated = self.inner.translator.translate(from, to, &texts).await;
            for (at, answer) in places.into_iter().zip(translated) {
                answers[at] = answer;
            }
        }
        answers
    }

    /// All source languages, with their target languages.
    pub fn languages(&self) -> BTreeMap<Language, BTreeSet<Language>> {
        let mut languages: BTreeMap<Language, BTreeSet<Language>> = BTreeMap::new();
        for Pair { from, to } in self.inner.translator.routes().iter().filter_map(Route::pair) {
            languages.entry(from).or_default().insert(to);
        }
        languages
    }
}

/// The probable share of a text that is in no known language.
fn of_no_language(guesses: &[Guess]) -> f64 {
    1.0 - guesses.iter().map(|guess| guess.confidence).sum::<f64>()
}
