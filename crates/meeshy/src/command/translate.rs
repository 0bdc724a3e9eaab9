//! `meeshy translate`: translates a text, or standard input line by line, with the installed engines.

use anyhow::{Context, bail};
use meeshy_domain::Language;
use meeshy_translation::{Failure, Outcome, Request, Tier, TranslationConfig, Translator};
use serde_json::json;
use std::io::{self, Write};
use tokio::io::{AsyncBufReadExt, BufReader};

/// What to translate.
#[derive(clap::Args)]
pub struct TranslateArgs {
    /// The language of the text, such as `en`
    #[arg(long, value_name = "LANGUAGE", value_parser = Language::resolve)]
    from: Language,
    /// The language to translate into, such as `es`
    #[arg(long, value_name = "LANGUAGE", value_parser = Language::resolve)]
    to: Language,
    /// The quality tier: `basic`, `medium` or `premium`
    #[arg(long, default_value = "medium")]
    tier: Tier,
    /// An engine or route not to use, such as `apertium via ca`; can be repeated
    #[arg(long, value_name = "ROUTE")]
    avoid: Vec<String>,
    /// The one route to use, as named by `meeshy languages --alternatives --json`
    #[arg(long)]
    path: Option<String>,
    /// Print one JSON object per text: its state, the translation and the engines
    #[arg(long)]
    json: bool,
    /// The text; if missing, standard input is translated line by line
    text: Option<String>,
}

/// Translates and prints. Fails if no engine serves the pair, or an engine fails.
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
    while let Some(line) = input.next_segment().await.context("failed to read standard input")? {
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
        // A program that reads our output line by line may be waiting for this one.
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
        Ok(Outcome::Done { text, engine, score, grade }) => {
            json!({ "state": "done", "text": text, "engine": engine, "score": score, "grade": grade })
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
