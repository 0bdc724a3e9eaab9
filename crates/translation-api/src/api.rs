//! What every interface does: check what is asked, tell the languages apart, translate in time.

use meeshy_domain::{Language, Secret, is_same_secret};
use meeshy_translation::detect::Evidence;
use meeshy_translation::{Failure, Outcome, Pair, Route, Translator};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What can be set about the translation API.
#[derive(Debug, Clone)]
pub struct TranslationApiConfig {
    /// Who calls has to name one of these; when there are none, anybody may call.
    pub api_keys: Vec<Secret>,
    /// Characters of all texts of a request together, at most.
    pub chars: usize,
    /// Texts of a request, at most.
    pub texts: usize,
    /// How long a request may take.
    pub patience: Duration,
}

impl Default for TranslationApiConfig {
    fn default() -> Self {
        Self { api_keys: Vec::new(), chars: 100_000, texts: 100, patience: Duration::from_secs(60) }
    }
}

/// A language that a text may be in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    /// Which.
    pub language: Language,
    /// The share of the text that is probably in it, 0 to 1.
    pub confidence: f64,
}

/// How the language of a text is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Source {
    /// The caller named it.
    Named(Language),
    /// It was detected.
    Detected(Guess),
    /// Nothing in the text is a word, so it is the same in every language.
    Wordless,
}

impl Source {
    /// The language, where there is one.
    pub fn language(self) -> Option<Language> {
        match self {
            Self::Named(language) | Self::Detected(Guess { language, .. }) => Some(language),
            Self::Wordless => None,
        }
    }
}

/// Why a request cannot be taken or answered, in a sentence for the person who made it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A field is not there, or is empty.
    #[error("Invalid request: missing {0} parameter")]
    Missing(&'static str),
    /// What was given cannot be taken.
    #[error("Invalid request: {0}")]
    Invalid(String),
    /// A language that is in no table of ours.
    #[error("{0}")]
    UnknownLanguage(#[from] meeshy_domain::UnknownLanguage),
    /// The text could be in any language.
    #[error("the language of the text cannot be told; name the source")]
    Undetermined,
    /// The texts are too long.
    #[error("Invalid request: the text exceeds the limit of {0} characters")]
    TooLong(usize),
    /// There are too many texts.
    #[error("Invalid request: {texts} texts exceed the limit of {limit}")]
    TooMany {
        /// How many there are.
        texts: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The request has too many bytes.
    #[error("the request is too large")]
    TooLarge,
    /// A key is needed.
    #[error("Please contact the server operator to get an API key")]
    KeyRequired,
    /// There is no such key.
    #[error("Invalid API key")]
    WrongKey,
    /// No engine here connects the two languages.
    #[error("{0}")]
    Unavailable(String),
    /// It did not work this time.
    #[error("Cannot translate text: {0}")]
    Failed(String),
    /// It took too long.
    #[error("Cannot translate text: it took longer than {} seconds; try again with less", .0.as_secs())]
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

    /// What was set about it.
    pub fn config(&self) -> &TranslationApiConfig {
        &self.inner.config
    }

    pub(crate) fn translator(&self) -> &Translator {
        &self.inner.translator
    }

    /// How long it has been up.
    pub(crate) fn uptime(&self) -> Duration {
        self.inner.started.elapsed()
    }

    /// Whether it can translate anything.
    pub(crate) fn is_ready(&self) -> bool {
        !self.inner.translator.routes().is_empty()
    }

    /// Lets a caller in who names this key.
    ///
    /// # Errors
    /// When there are keys and this is none of them.
    pub fn admit(&self, key: Option<&str>) -> Result<(), Refusal> {
        let keys = &self.inner.config.api_keys;
        match key {
            _ if keys.is_empty() => Ok(()),
            // An empty key is none, even where one is configured by mistake.
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
    /// When there are too many, or they are too long together.
    pub fn check<'a>(&self, texts: impl ExactSizeIterator<Item = &'a str>) -> Result<(), Refusal> {
        let TranslationApiConfig { texts: limit, chars, .. } = self.inner.config;
        if texts.len() > limit {
            return Err(Refusal::TooMany { texts: texts.len(), limit });
        }
        let total: usize = texts.map(|text| text.chars().take(chars + 1).count()).sum();
        if total > chars { Err(Refusal::TooLong(chars)) } else { Ok(()) }
    }

    /// How the language of each text is known: named by a tag, or, where that is absent, empty or `auto`, detected.
    ///
    /// # Errors
    /// When the tag is unknown, or nothing in a text speaks for any language.
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

    /// The languages that each text may be in, the likeliest first; none when nothing speaks for any.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn guess(&self, texts: &[&str]) -> Result<Vec<Vec<Guess>>, Refusal> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let guess = |&(language, confidence): &(Language, f64)| Guess { language, confidence };
        let all = move || -> Vec<Vec<Guess>> {
            texts.iter().map(|text| Evidence::of(text).candidates().iter().map(guess).collect()).collect()
        };
        let patience = self.inner.config.patience;
        match tokio::time::timeout(patience, tokio::task::spawn_blocking(all)).await {
            Ok(guesses) => guesses.map_err(|error| Refusal::Failed(error.to_string())),
            Err(_) => Err(Refusal::TimedOut(patience)),
        }
    }

    /// One answer for each text, in order; texts of one language go to the engines together.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn translate(
        &self,
        texts: Vec<(Source, String)>,
        to: Language,
    ) -> Result<Vec<Result<Outcome, Failure>>, Refusal> {
        let patience = self.inner.config.patience;
        tokio::time::timeout(patience, self.by_language(texts, to))
            .await
            .map_err(|_| Refusal::TimedOut(patience))
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

    /// Every language that can be translated from, with those that it can be translated into.
    pub fn languages(&self) -> BTreeMap<Language, BTreeSet<Language>> {
        let mut languages: BTreeMap<Language, BTreeSet<Language>> = BTreeMap::new();
        for Pair { from, to } in self.inner.translator.routes().iter().filter_map(Route::pair) {
            languages.entry(from).or_default().insert(to);
        }
        languages
    }
}

/// The share of a text that is in no language that is known.
fn of_no_language(guesses: &[Guess]) -> f64 {
    1.0 - guesses.iter().map(|guess| guess.confidence).sum::<f64>()
}
