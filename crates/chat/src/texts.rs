//! Texts that are no messages: translated, detected; and what is known of all translations.

use crate::accounts::{declared_language, language};
use crate::delegation::state;
use crate::{Chat, ChatError};
use meeshy_domain::{Language, limits};
use meeshy_store::Tx;
use meeshy_store::translation_jobs;
use meeshy_store::translations::{self, Count, State};
use meeshy_translation::{Request, Tier};
use std::collections::BTreeMap;

/// A text to translate.
#[derive(Debug, Clone)]
pub struct TextRequest {
    /// The text.
    pub text: String,
    /// Its language; detected when not given, empty or `auto`.
    pub source: Option<String>,
    /// The language it is wanted in.
    pub target: String,
    /// How much quality is worth.
    pub tier: Tier,
}

/// What came of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct TextTranslation {
    /// The text as it was given.
    pub original: String,
    /// Its language; `None` where nothing in it is a word.
    pub source: Option<Language>,
    /// The language it was wanted in.
    pub target: Language,
    /// What came of it.
    pub state: State,
}

/// What language a text is in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detected {
    /// Which.
    pub language: Language,
    /// The share of the text that is probably in it, 0 to 1.
    pub confidence: f64,
}

/// A pair of languages that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// From this language.
    pub from: Language,
    /// Into this one.
    pub to: Language,
    /// By which engine, and over which languages: `firefox via en`; `None` where another process translates.
    pub engine: Option<String>,
}

/// How many translations there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranslationCounts {
    /// Those that have come to an end, by state, engine and languages.
    pub ended: Vec<Count>,
    /// Those that wait or are under way.
    pub waiting: i64,
}

impl Chat {
    /// Translates texts; one that cannot be taken hinders no other.
    ///
    /// # Errors
    /// When there are too many.
    pub async fn translate_texts(
        &self,
        requests: Vec<TextRequest>,
    ) -> Result<Vec<Result<TextTranslation, ChatError>>, ChatError> {
        if requests.len() > limits::TRANSLATED_TEXTS {
            return Err(ChatError::invalid("texts", format!("at most {} at once", limits::TRANSLATED_TEXTS)));
        }
        let (mut texts, mut tiers) = (Vec::with_capacity(requests.len()), Vec::new());
        for request in requests {
            tiers.push(request.tier);
            texts.push(self.readied(request).await);
        }
        let mut groups: BTreeMap<(Language, Language, Tier), Vec<&mut TextTranslation>> = BTreeMap::new();
        for (text, tier) in texts.iter_mut().zip(tiers) {
            let Ok(text) = text else { continue };
            if let Some(source) = text.source.filter(|source| *source != text.target) {
                groups.entry((source, text.target, tier)).or_default().push(text);
            }
        }
        let translated = async {
            for ((from, to, tier), group) in groups {
                let asked: Vec<String> = group.iter().map(|text| text.original.clone()).collect();
                let states = self.states(&Request { tier, ..Request::new(from, to) }, &asked).await?;
                for (text, state) in group.into_iter().zip(states) {
                    text.state = state;
                }
            }
            Ok::<_, ChatError>(())
        };
        let late = |_| ChatError::Busy("the translation takes too long; try again later".to_owned());
        tokio::time::timeout(limits::TRANSLATION_TIMEOUT, translated).await.map_err(late)??;
        Ok(texts)
    }

    /// What comes of texts, here or in another process.
    async fn states(&self, request: &Request, texts: &[String]) -> Result<Vec<State>, ChatError> {
        if self.is_delegated(request.pair.from, request.pair.to) {
            return self.delegate(request, texts).await;
        }
        let answers = self.inner.translator.translate(request, texts).await;
        Ok(answers.into_iter().zip(texts).map(|(answer, text)| state(answer, text)).collect())
    }

    /// Checks a text, and answers what needs no engine.
    async fn readied(&self, request: TextRequest) -> Result<TextTranslation, ChatError> {
        let TextRequest { text, source, target, .. } = request;
        check(&text)?;
        let target = language("target_language", &target)?;
        let source = match declared_language("source_language", source.as_deref())? {
            Some(declared) => Some(declared),
            None if !text.chars().any(char::is_alphabetic) => None,
            None => {
                let unknown =
                    || ChatError::invalid("source_language", "it cannot be told from the text; name it");
                Some(self.likeliest(&text).await.ok_or_else(unknown)?.language)
            }
        };
        let state = State::Identical { content: text.clone() };
        Ok(TextTranslation { original: text, source, target, state })
    }

    /// What language a text is in; `None` when nothing speaks for any.
    ///
    /// # Errors
    /// When the text is empty or too long.
    pub async fn detect_language(&self, text: &str) -> Result<Option<Detected>, ChatError> {
        check(text)?;
        Ok(self.likeliest(text).await)
    }

    /// Who asks for a text is told how sure its language is, so the likeliest is good enough.
    async fn likeliest(&self, text: &str) -> Option<Detected> {
        let evidence = self.inner.translator.evidence(text).await;
        evidence.candidates().first().map(|&(language, confidence)| Detected { language, confidence })
    }

    /// Every pair of languages that is served now, here or in another process.
    pub fn served(&self) -> Vec<Served> {
        let translator = &self.inner.translator;
        let here = translator.pairs().into_iter().map(|pair| (pair.from, pair.to));
        let elsewhere = self.inner.translators.pairs_but(|from, to| translator.serves(from, to));
        let served = |(from, to)| Served { from, to, engine: translator.engine(&Request::new(from, to)) };
        here.chain(elsewhere).map(served).collect()
    }

    /// How many translations of messages there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn translation_counts(&self) -> Result<TranslationCounts, ChatError> {
        let read = |tx: &mut Tx<'_>| {
            Ok(TranslationCounts {
                ended: translations::counts(tx)?,
                waiting: translation_jobs::waiting(tx)?,
            })
        };
        self.inner.store.read(read).await
    }
}

fn check(text: &str) -> Result<(), ChatError> {
    if text.trim().is_empty() {
        return Err(ChatError::invalid("text", "there is no text"));
    }
    // Counting stops early, so that a megabyte costs no more than a little over the limit.
    if text.chars().nth(limits::TRANSLATED_TEXT_CHARS).is_some() {
        return Err(ChatError::invalid(
            "text",
            format!("at most {} characters", limits::TRANSLATED_TEXT_CHARS),
        ));
    }
    Ok(())
}
