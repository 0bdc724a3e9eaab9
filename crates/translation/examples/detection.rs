//! Measures language detection on a folder of `LANG.txt` files with one sentence per line: `cargo run
//! --release -p meeshy-translation --example detection -- FOLDER [EVERY_NTH_LINE]`.

#![expect(clippy::print_stdout, reason = "a program for the command line")]

use meeshy_domain::Language;
use meeshy_translation::detect::{Evidence, original_language};
use std::time::Instant;

/// How many words of a sentence the detector is given; scripts without spaces count three letters as a word.
const LENGTHS: [usize; 3] = [2, 5, usize::MAX];

/// Percentages of right and wrong answers; the rest are undetermined.
#[derive(Default)]
struct Tally {
    right: f64,
    wrong: f64,
    all: f64,
}

impl Tally {
    fn note(&mut self, answer: Option<Language>, truth: Language) {
        self.all += 1.0;
        match answer {
            Some(language) if language == truth => self.right += 1.0,
            Some(_) => self.wrong += 1.0,
            None => {}
        }
    }

    fn show(&self) -> String {
        format!("{:.0}/{:.0}", 100.0 * self.right / self.all, 100.0 * self.wrong / self.all)
    }
}

fn first_words(line: &str, words: usize) -> String {
    if line.split_whitespace().count() > 3 {
        line.split_whitespace().take(words).collect::<Vec<_>>().join(" ")
    } else {
        line.chars().take(words.saturating_mul(3)).collect()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let nth: usize = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let (english, french) = (Language::parse("en")?, Language::parse("fr")?);
    let mut files: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(std::fs::DirEntry::path);
    println!(
        "Right/wrong in percent for two words, five words, the whole sentence; the rest is undetermined."
    );
    println!("Each for authors whose usual language is: unknown, this language, another one.");
    let mut totals: [[Tally; 3]; 3] = Default::default();
    let (mut texts, mut slowest, mut spent) = (0_u32, 0, std::time::Duration::ZERO);
    for file in files {
        let path = file.path();
        let Some(truth) =
            path.file_stem().and_then(|stem| stem.to_str()).and_then(|code| Language::parse(code).ok())
        else {
            continue;
        };
        let other = if truth == english { french } else { english };
        let mut tallies: [[Tally; 3]; 3] = Default::default();
        for line in std::fs::read_to_string(&path)?.lines().step_by(nth) {
            for ((length, tallies), totals) in LENGTHS.iter().zip(&mut tallies).zip(&mut totals) {
                let text = first_words(line, *length);
                let start = Instant::now();
                let evidence = Evidence::of(&text);
                let took = start.elapsed();
                texts += 1;
                spent += took;
                slowest = slowest.max(took.as_micros());
                for ((habits, tally), total) in [&[][..], &[truth], &[other]].iter().zip(tallies).zip(totals)
                {
                    let answer = original_language(None, habits, &evidence);
                    tally.note(answer, truth);
                    total.note(answer, truth);
                }
            }
        }
        println!("{truth:4}{}", row(&tallies));
    }
    println!("all {}", row(&totals));
    println!("{texts} texts, {:?} each, the slowest {slowest} µs", spent / texts.max(1));
    let status = std::fs::read_to_string("/proc/self/status")?;
    for line in status.lines().filter(|line| line.starts_with("Rss") || line.starts_with("VmRSS")) {
        println!("{line}");
    }
    Ok(())
}

fn row(tallies: &[[Tally; 3]; 3]) -> String {
    tallies.iter().flatten().map(|tally| format!(" | {:>7}", tally.show())).collect()
}
