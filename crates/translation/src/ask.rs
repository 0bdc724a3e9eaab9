//! A request to an engine, and the validation of its answer.

use crate::EngineError;
use crate::answer::{emptiness, flaw};
use crate::engine::{Engine, Translated, least};
use crate::mark::{is_mark, same_marks};
use crate::pair::Pair;
use crate::queue::Queues;
use crate::request::Urgency;
use crate::shouting::{has_plain_case, in_small_letters, is_shouted};
use crate::text::{Replaced, composed, lost, splice};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Why a segment has no translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The engine failed.
    Engine(EngineError),
    /// Its answer is invalid.
    Flaw(&'static str),
}

/// A valid translation, or why there is none.
pub(crate) type Checked = Result<Translated, Fault>;

/// A request to the engine of a step.
pub(crate) struct Question<'a> {
    pub(crate) queues: &'a Queues,
    pub(crate) engine: &'a Arc<dyn Engine>,
    pub(crate) pair: Pair,
    pub(crate) urgency: Urgency,
}

impl Question<'_> {
    /// Translates texts, preserving all marks and quantities. The results are in the same order.
    ///
    /// An engine that keeps quantities is given them; where it has lost some, the text is translated again with
    /// marks for these, and if that fails, for all.
    pub(crate) async fn translate(&self, texts: &[String]) -> Vec<Checked> {
        if !self.engine.keeps_quantities() {
            return self.translate_replaced(texts.iter().map(|text| Replaced::formatted(text))).await;
        }
        let mut answers = self.translate_marked(texts).await;
        self.correct(texts, &mut answers, Replaced::those_lost).await;
        self.correct(texts, &mut answers, |text, _| Replaced::all(text)).await;
        answers
    }

    /// Translates those texts again whose answers have lost quantities, with marks for the ones that `replace`
    /// chooses.
    async fn correct(
        &self,
        texts: &[String],
        answers: &mut [Checked],
        replace: impl Fn(&str, &[Range<usize>]) -> Replaced,
    ) {
        let lost = |(at, answer): (usize, &Checked)| {
            let lost = lost(&texts[at], &answer.as_ref().ok()?.text);
            (!lost.is_empty()).then(|| (at, replace(&texts[at], &lost)))
        };
        let (places, replaced): (Vec<usize>, Vec<Replaced>) =
            answers.iter().enumerate().filter_map(lost).unzip();
        let again = self.translate_replaced(replaced.into_iter()).await;
        for (at, answer) in places.into_iter().zip(again) {
            answers[at] = answer;
        }
    }

    /// Translates texts whose quantities are replaced by marks.
    async fn translate_replaced(&self, texts: impl Iterator<Item = Replaced>) -> Vec<Checked> {
        let replaced: Vec<Replaced> = texts.collect();
        let texts: Vec<String> = replaced.iter().map(|replaced| replaced.text.clone()).collect();
        let mut answers = self.translate_marked(&texts).await;
        for (answer, replaced) in answers.iter_mut().zip(&replaced) {
            if let Ok(answer) = answer {
                answer.text = replaced.put_back(&answer.text);
            }
        }
        answers
    }

    /// Translates texts, preserving all marks if possible: if marks are lost, the words between them are
    /// translated instead.
    async fn translate_marked(&self, texts: &[String]) -> Vec<Checked> {
        let mut answers = self.ask(texts).await;
        let lost: Vec<usize> = (0..texts.len())
            .filter(|&at| matches!(&answers[at], Ok(answer) if !same_marks(&texts[at], &answer.text)))
            .collect();
        let mut pieces = Vec::new();
        for &at in &lost {
            splice(&texts[at], |piece| {
                pieces.push(piece.to_owned());
                String::new()
            });
        }
        let mut translated = self.ask(&pieces).await.into_iter();
        for at in lost {
            let (mut fault, mut score, mut unknown_words) = (None, None, 0);
            let text = splice(&texts[at], |_| match translated.next() {
                // A piece contains no marks, so marks in the answer are invented.
                Some(Ok(answer)) => {
                    score = least(score, answer.score);
                    unknown_words += answer.unknown_words;
                    answer.text.replace(is_mark, "")
                }
                Some(Err(problem)) => {
                    fault = Some(problem);
                    String::new()
                }
                None => {
                    fault = Some(Fault::Flaw("too few texts"));
                    String::new()
                }
            });
            if let Ok(answer) = &mut answers[at] {
                *answer = Translated { text, score, unknown_words };
            }
            if let Some(fault) = fault {
                answers[at] = Err(fault);
            }
        }
        answers
    }

    /// Asks an engine and validates its answer: not empty, no control characters. The answers of servers are
    /// checked more thoroughly, because their models are unknown.
    async fn ask(&self, texts: &[String]) -> Vec<Checked> {
        if texts.is_empty() {
            return Vec::new();
        }
        let is_lowered =
            |text: &str| self.engine.needs_small_letters() && has_plain_case(self.pair) && is_shouted(text);
        let small = |text: &String| if is_lowered(text) { in_small_letters(text) } else { text.clone() };
        let asked = match texts.iter().any(|text| is_lowered(text)) {
            true => Cow::Owned(texts.iter().map(small).collect()),
            false => Cow::Borrowed(texts),
        };
        let answers = self.queues.ask(self.engine, self.pair, self.urgency, &asked).await;
        let check = |(answer, text): (Result<Translated, EngineError>, &String)| {
            let mut answer = answer.map_err(Fault::Engine)?;
            if is_lowered(text) {
                answer.text = answer.text.to_uppercase();
            }
            if answer.text.contains(char::is_control) {
                answer.text = answer.text.replace(char::is_control, " ");
            }
            if let Cow::Owned(text) = composed(&answer.text) {
                answer.text = text;
            }
            let flaw =
                if self.engine.is_remote() { flaw(text, &answer.text) } else { emptiness(&answer.text) };
            flaw.map_or(Ok(answer), |flaw| Err(Fault::Flaw(flaw)))
        };
        answers.into_iter().zip(texts).map(check).collect()
    }
}
