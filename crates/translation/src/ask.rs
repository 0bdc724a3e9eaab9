//! A question to an engine, and what of its answer can be used.

use crate::EngineError;
use crate::answer::{emptiness, flaw};
use crate::engine::{Engine, Pair, Translated, is_mark, same_marks};
use crate::text::splice;

/// A translation, or what is wrong with the answer.
pub(crate) type Checked = Result<Translated, &'static str>;

/// One step, with every mark where it can be: where marks are lost, the words between them are translated instead.
pub(crate) async fn translate(
    engine: &dyn Engine,
    pair: Pair,
    texts: &[String],
) -> Result<Vec<Checked>, EngineError> {
    let mut answers = ask(engine, pair, texts).await?;
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
    let mut translated = ask(engine, pair, &pieces).await?.into_iter();
    for at in lost {
        let mut flaw = None;
        let text = splice(&texts[at], |_| match translated.next() {
            // A piece has no marks, so any in the answer stand for nothing.
            Some(Ok(answer)) => answer.text.replace(is_mark, ""),
            Some(Err(problem)) => flaw.insert(problem).to_string(),
            None => flaw.insert("too few texts").to_string(),
        });
        if let Ok(answer) = &mut answers[at] {
            answer.text = text;
        }
        if let Some(flaw) = flaw {
            answers[at] = Err(flaw);
        }
    }
    Ok(answers)
}

/// Asks an engine, and holds it to its contract: as many answers as questions, none empty, no control characters. What
/// a server says is looked at more closely: nobody here has chosen its models.
async fn ask(engine: &dyn Engine, pair: Pair, texts: &[String]) -> Result<Vec<Checked>, EngineError> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let answers = engine.translate(pair, texts).await?;
    if answers.len() != texts.len() {
        let (asked, came) = (texts.len(), answers.len());
        return Err(EngineError::Unusable(format!("{} answered {came} of {asked} segments", engine.name())));
    }
    let check = |(mut answer, text): (Translated, &String)| {
        if answer.text.contains(char::is_control) {
            answer.text = answer.text.replace(char::is_control, " ");
        }
        let flaw = if engine.is_remote() { flaw(text, &answer.text) } else { emptiness(&answer.text) };
        flaw.map_or(Ok(answer), Err)
    };
    Ok(answers.into_iter().zip(texts).map(check).collect())
}
