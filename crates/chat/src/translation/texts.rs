//! Translation and detection of texts that are not messages.

use super::delegation::Delegation;
use super::engines::{Engines, Served};
use crate::ChatError;
use crate::languages::{declared_language, language};
use meeshy_domain::{Grade, Language, limits};
use meeshy_store::translations::State;
use meeshy_translation::{Pair, Request, Tier};
use std::collections::BTreeMap;

/// A text to translate.
#[derive(Debug, Clone)]
pub struct TextRequest {
    /// The text.
    pub text: String,
    /// The source language; detected if absent, empty or `auto`.
    pub source: Option<String>,
    /// The target language.
    pub target: String,
    /// The trade-off between speed and quality.
    pub tier: Tier,
}

/// The result for one text.
#[derive(Debug, Clone, PartialEq)]
pub struct TextTranslation {
    /// The original text.
    pub original: String,
    /// The source language; `None` if it contains no words.
    pub source: Option<Language>,
    /// The target language.
    pub target: Language,
    /// The result.
    pub state: State,
}

/// The detected language of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detected {
    /// The language.
    pub language: Language,
    /// The share of the text that is probably in this language, 0 to 1.
    pub confidence: f64,
}

/// Translates texts that are not messages. Cheap to clone.
#[derive(Clone)]
pub struct Texts {
    engines: Engines,
    delegation: Delegation,
}

impl Texts {
    pub(crate) fn new(engines: Engines, delegation: Delegation) -> Self {
        Self { engines, delegation }
    }

    /// Translates texts. An invalid one does not affect the others.
    ///
    /// # Errors
    /// When there are too many.
    pub async fn translate(
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

    /// The results for texts, from here or from another process.
    async fn states(&self, request: &Request, texts: &[String]) -> Result<Vec<State>, ChatError> {
        if self.engines.are_remote(request.pair.from, request.pair.to) {
            return self.delegation.delegate(request, texts).await;
        }
        let answers = self.engines.translator.translate(request, texts).await;
        Ok(answers.into_iter().zip(texts).map(|(answer, text)| answer.into_state(text)).collect())
    }

    /// Checks a text, and returns what needs no engine.
    async fn readied(&self, request: TextRequest) -> Result<TextTranslation, ChatError> {
        let TextRequest { text, source, target, .. } = request;
        check(&text)?;
        let target = language("target_language", &target)?;
        let source = match declared_language("source_language", source.as_deref())? {
            Some(declared) => Some(declared),
            None if !text.chars().any(char::is_alphabetic) => None,
            None => {
                let unknown = || {
                    ChatError::invalid("source_language", "the language could not be detected; specify it")
                };
                Some(self.likeliest(&text).await.ok_or_else(unknown)?.language)
            }
        };
        let state = State::Identical { content: text.clone() };
        Ok(TextTranslation { original: text, source, target, state })
    }

    /// Detects the language of a text; `None` if there is no evidence for any.
    ///
    /// # Errors
    /// When the text is empty or too long.
    pub async fn detect_language(&self, text: &str) -> Result<Option<Detected>, ChatError> {
        check(text)?;
        Ok(self.likeliest(text).await)
    }

    /// The response says how certain the language is, so the most likely one will do.
    async fn likeliest(&self, text: &str) -> Option<Detected> {
        let evidence = self.engines.translator.evidence(text).await;
        evidence.candidates().first().map(|&(language, confidence)| Detected { language, confidence })
    }

    /// Every language pair that is available now, here or in another process, and how good its translations are
    /// expected to be, if known.
    pub fn grades(&self) -> BTreeMap<Pair, Option<Grade>> {
        self.engines.grades()
    }

    /// Every language pair that is available now, here or in another process.
    pub fn served(&self) -> Vec<Served> {
        self.engines.served()
    }
}

fn check(text: &str) -> Result<(), ChatError> {
    if text.trim().is_empty() {
        return Err(ChatError::invalid("text", "there is no text"));
    }
    // Counting stops early, so a megabyte costs no more than slightly too long a text.
    if text.chars().nth(limits::TRANSLATED_TEXT_CHARS).is_some() {
        return Err(ChatError::invalid(
            "text",
            format!("at most {} characters", limits::TRANSLATED_TEXT_CHARS),
        ));
    }
    Ok(())
}
