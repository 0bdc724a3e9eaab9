//! Measures language detection on a folder of `CODE.txt` files with one sentence per line: `cargo run
//! --release -p meeshy-translation --example detection -- FOLDER [EVERY_NTH_LINE]`.
//!
//! A file whose name is not the code of one of our languages has no right answer but "undetermined".

#![expect(clippy::print_stdout, reason = "a program for the command line")]

use meeshy_domain::Language;
use meeshy_translation::detect::{Evidence, original_language};
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

/// How many words of a sentence the detector is given; scripts without spaces count three letters as a word.
const LENGTHS: [usize; 4] = [2, 3, 5, usize::MAX];

/// The authors: what they usually write, and how the row of the table is called.
const AUTHORS: [&str; 3] = ["unknown", "this language", "another language"];

/// Numbers of answers.
#[derive(Default, Clone, Copy)]
struct Tally {
    right: u32,
    wrong: u32,
    undetermined: u32,
}

type Tallies = [[Tally; LENGTHS.len()]; AUTHORS.len()];

impl Tally {
    fn note(&mut self, answer: Option<Language>, truth: Option<Language>) {
        *match answer {
            None => &mut self.undetermined,
            Some(_) if answer == truth => &mut self.right,
            Some(_) => &mut self.wrong,
        } += 1;
    }

    /// Percentages of right, wrong and undetermined.
    fn show(&self) -> String {
        let all = f64::from(self.right + self.wrong + self.undetermined).max(1.0);
        let [right, wrong, undetermined] =
            [self.right, self.wrong, self.undetermined].map(|count| 100.0 * f64::from(count) / all);
        format!("{right:.1} / {wrong:.1} / {undetermined:.1}")
    }
}

/// How long the detector took.
#[derive(Default)]
struct Pace {
    texts: u32,
    spent: Duration,
}

fn first_words(line: &str, words: usize) -> String {
    if line.split_whitespace().count() > 3 {
        line.split_whitespace().take(words).collect::<Vec<_>>().join(" ")
    } else {
        line.chars().take(words.saturating_mul(3)).collect()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let nth: usize = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let mut files: Vec<_> =
        std::fs::read_dir(folder)?.map(|file| Ok(file?.path())).collect::<Result<_, std::io::Error>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    println!("Right / wrong / undetermined in percent for two, three, five words, the whole sentence.");
    let (mut totals, mut pace) = (Tallies::default(), Pace::default());
    for path in files {
        let tallies = measure(&path, nth, &mut pace)?;
        println!("{:4}{}", path.file_stem().unwrap_or_default().display(), row(&tallies[0]));
        for (total, one) in totals.iter_mut().flatten().zip(tallies.iter().flatten()) {
            total.right += one.right;
            total.wrong += one.wrong;
            total.undetermined += one.undetermined;
        }
    }
    for (author, total) in AUTHORS.iter().zip(&totals) {
        println!("the author writes {author}:{}", row(total));
    }
    println!("{} texts, {:?} each", pace.texts, pace.spent / pace.texts.max(1));
    let status = std::fs::read_to_string("/proc/self/status")?;
    for line in status.lines().filter(|line| line.starts_with("Rss") || line.starts_with("VmRSS")) {
        println!("{line}");
    }
    Ok(())
}

fn measure(path: &Path, nth: usize, pace: &mut Pace) -> Result<Tallies, Box<dyn Error>> {
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let truth = Language::parse(name).ok();
    let (english, french) = (Language::parse("en")?, Language::parse("fr")?);
    let other = if truth == Some(english) { french } else { english };
    let mut tallies = Tallies::default();
    for line in std::fs::read_to_string(path)?.lines().step_by(nth) {
        for (at, length) in LENGTHS.into_iter().enumerate() {
            let text = first_words(line, length);
            let start = Instant::now();
            let evidence = Evidence::of(&text);
            pace.spent += start.elapsed();
            pace.texts += 1;
            let own: Vec<Language> = truth.into_iter().collect();
            for (tallies, habits) in tallies.iter_mut().zip([&[][..], &own, &[other]]) {
                tallies[at].note(original_language(None, habits, &evidence), truth);
            }
        }
    }
    Ok(tallies)
}

fn row(tallies: &[Tally]) -> String {
    tallies.iter().map(|tally| format!(" | {:>18}", tally.show())).collect()
}
