//! `meeshy translate`: a text, or standard input line by line, through the engines that are installed here.

use anyhow::{Context, bail};
use meeshy_domain::Language;
use meeshy_translation::{Failure, Outcome, Request, Tier, TranslationConfig, Translator};
use serde_json::json;
use std::io::{self, Write};
use tokio::io::{AsyncBufReadExt, BufReader};

/// What to translate.
#[derive(clap::Args)]
pub struct TranslateArgs {
    /// The language of the text, such as `en`.
    #[arg(long, value_name = "LANGUAGE", value_parser = Language::resolve)]
    from: Language,
    /// The language to read it in, such as `es`.
    #[arg(long, value_name = "LANGUAGE", value_parser = Language::resolve)]
    to: Language,
    /// What quality may cost: `basic`, `medium` or `premium`.
    #[arg(long, default_value = "medium")]
    tier: Tier,
    /// An engine, or a route such as `apertium via ca`, that is not to be used; can be given several times.
    #[arg(long, value_name = "ROUTE")]
    avoid: Vec<String>,
    /// The one path to take, as `meeshy languages --alternatives --json` names it.
    #[arg(long)]
    path: Option<String>,
    /// As one JSON object a text: its state, the text, and which engines made it.
    #[arg(long)]
    json: bool,
    /// The text; without it, standard input is translated line by line.
    text: Option<String>,
}

/// Translates and prints.
///
/// # Errors
/// When the pair is not served, an engine fails, or standard input or output is gone.
pub async fn run(args: TranslateArgs, config: TranslationConfig) -> anyhow::Result<()> {
    let translator = Translator::new(&config, None)?;
    let outcome = match &args.text {
        Some(text) => one(&translator, &args, text).await,
        None => lines(&translator, &args).await,
    };
    translator.shutdown().await;
    outcome
}

async fn lines(translator: &Translator, args: &TranslateArgs) -> anyhow::Result<()> {
    let mut input = BufReader::new(tokio::io::stdin()).split(b'\n');
    let mut number = 0;
    while let Some(line) = input.next_segment().await.context("cannot read standard input")? {
        number += 1;
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        let Ok(text) = str::from_utf8(line) else { bail!("line {number} is not UTF-8") };
        one(translator, args, text).await.with_context(|| format!("line {number}"))?;
    }
    Ok(())
}

async fn one(translator: &Translator, args: &TranslateArgs, text: &str) -> anyhow::Result<()> {
    let request = Request {
        tier: args.tier,
        avoid: args.avoid.clone(),
        path: args.path.clone(),
        ..Request::new(args.from, args.to)
    };
    let outcomes = translator.answer(&request, &[text.to_owned()]).await;
    let outcome = outcomes.into_iter().next().context("the translator did not answer")?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", as_json(text, &outcome))?;
        // Whoever reads us line by line waits for this one.
        out.flush()?;
    }
    match outcome {
        Ok(Outcome::Unavailable { reason }) => bail!(reason.text),
        Err(failure) => bail!(failure),
        Ok(_) if args.json => Ok(()),
        Ok(Outcome::Done { text: translated, .. }) => print_line(&mut out, &translated),
        Ok(Outcome::Identical { .. }) => print_line(&mut out, text),
    }
}

fn print_line(out: &mut impl Write, text: &str) -> anyhow::Result<()> {
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

fn as_json(source: &str, outcome: &Result<Outcome, Failure>) -> serde_json::Value {
    match outcome {
        Ok(Outcome::Done { text, engine, score }) => {
            json!({ "state": "done", "text": text, "engine": engine, "score": score })
        }
        Ok(Outcome::Identical { engine }) => {
            json!({ "state": "identical", "text": source, "engine": engine })
        }
        Ok(Outcome::Unavailable { reason }) => {
            json!({ "state": "unavailable", "reason": reason.text, "reasonCode": reason.code.name() })
        }
        Err(failure) => json!({ "state": "failed", "reason": failure.to_string() }),
    }
}
