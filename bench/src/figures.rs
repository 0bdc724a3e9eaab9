//! Results of several rounds, side by side.

use serde::Serialize;
use std::fmt::{self, Write};

/// The direction in which a value is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Costs and times.
    Lower,
    /// Rates.
    Higher,
    /// Neither: it describes the conditions of the measurement.
    Neither,
}

/// One measured value.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// What it is, with its unit.
    pub name: &'static str,
    /// Which direction is better.
    pub better: Better,
    /// The value.
    pub value: f64,
}

/// A value that is better when it is lower.
pub fn lower(name: &'static str, value: f64) -> Figure {
    Figure { name, better: Better::Lower, value }
}

/// A value that is better when it is higher.
pub fn higher(name: &'static str, value: f64) -> Figure {
    Figure { name, better: Better::Higher, value }
}

/// A value that describes the conditions.
pub fn neither(name: &'static str, value: f64) -> Figure {
    Figure { name, better: Better::Neither, value }
}

/// The results of one subject in all rounds.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Who was measured.
    pub subject: String,
    /// Its values.
    pub series: Vec<Series>,
}

/// One value in all rounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// What it is, with its unit.
    pub name: &'static str,
    /// Which direction is better.
    pub better: Better,
    /// The median of the rounds.
    pub median: f64,
    /// The lowest round.
    pub min: f64,
    /// The highest round.
    pub max: f64,
}

impl Row {
    /// The row of a subject, from the values of each round; each round has the same ones.
    pub fn new(subject: String, rounds: &[Vec<Figure>]) -> Self {
        let first = rounds.first().map(Vec::as_slice).unwrap_or_default();
        let series = first.iter().enumerate().map(|(place, figure)| {
            let values = rounds.iter().filter_map(|round| round.get(place)).map(|figure| figure.value);
            Series::new(figure.name, figure.better, values.collect())
        });
        Self { subject, series: series.collect() }
    }
}

impl Series {
    fn new(name: &'static str, better: Better, mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let (lower_middle, upper_middle) = (values.len().saturating_sub(1) / 2, values.len() / 2);
        let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
        let median = f64::midpoint(at(lower_middle), at(upper_middle));
        Self { name, better, median, min: at(0), max: at(values.len().saturating_sub(1)) }
    }

    /// How many times better `self` is than `peer`; below one if it is worse.
    fn advantage_over(&self, peer: &Self) -> Option<f64> {
        match self.better {
            Better::Lower => Some(peer.median / self.median),
            Better::Higher => Some(self.median / peer.median),
            Better::Neither => None,
        }
    }
}

/// A table of subjects by values.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// What was measured.
    pub title: String,
    /// How, in a sentence or two.
    pub method: String,
    /// The results of Meeshy.
    pub ours: Vec<Row>,
    /// The results of the peers, which are compared with the first row of ours.
    pub peers: Vec<Row>,
}

/// Formats the table as Markdown.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "### {}\n\n{}\n", self.title, self.method)?;
        let Some(ours) = self.ours.first() else { return Ok(()) };
        let names = ours.series.iter().map(|series| series.name);
        writeln!(f, "| |{}", cells(names.map(str::to_owned)))?;
        writeln!(f, "|---|{}", "---:|".repeat(ours.series.len()))?;
        for row in self.ours.iter().chain(&self.peers) {
            let values = row.series.iter().map(|series| shown(series.median, series.min, series.max));
            writeln!(f, "| {} |{}", row.subject, cells(values))?;
        }
        for peer in &self.peers {
            let ratios = ours.series.iter().zip(&peer.series).map(|(ours, peer)| {
                ours.advantage_over(peer).map_or_else(String::new, |ratio| format!("**{}×**", number(ratio)))
            });
            writeln!(f, "| better than {} by |{}", peer.subject, cells(ratios))?;
        }
        Ok(())
    }
}

fn cells(texts: impl Iterator<Item = String>) -> String {
    texts.fold(String::new(), |mut line, text| {
        // Writing to a string cannot fail.
        let _ = write!(line, " {text} |");
        line
    })
}

fn shown(median: f64, min: f64, max: f64) -> String {
    let (median, min, max) = (number(median), number(min), number(max));
    if min == max { median } else { format!("{median} ({min}–{max})") }
}

/// Three significant digits, with no more precision than a reader needs.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => {
            let digits = format!("{value:.0}");
            let head = digits.len() % 3;
            let groups = digits.as_bytes()[head..].chunks(3).map(String::from_utf8_lossy);
            let head = (head > 0).then(|| digits[..head].into());
            head.into_iter().chain(groups).collect::<Vec<_>>().join(",")
        }
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(subject: &str, cost: &[f64], rate: &[f64]) -> Row {
        let rounds: Vec<Vec<Figure>> = (cost.iter().zip(rate))
            .map(|(cost, rate)| vec![lower("µs", *cost), higher("/s", *rate), neither("busy", 50.0)])
            .collect();
        Row::new(subject.into(), &rounds)
    }

    #[test]
    fn a_table_has_medians_ranges_and_ratios_that_show_losses() {
        let ours = vec![row("ours", &[2.0, 1.0, 3.0], &[50.0, 50.0, 50.0])];
        let peers = vec![row("peer", &[8.0, 8.0, 9.0], &[1e5, 1e5, 2e5])];
        let table = Table { title: "B".into(), method: "How.".into(), ours, peers };
        assert_eq!(
            table.to_string(),
            "### B\n\nHow.\n\n\
             | | µs | /s | busy |\n\
             |---|---:|---:|---:|\n\
             | ours | 2.00 (1.00–3.00) | 50.0 | 50.0 |\n\
             | peer | 8.00 (8.00–9.00) | 100,000 (100,000–200,000) | 50.0 |\n\
             | better than peer by | **4.00×** | **0.00×** |  |\n"
        );
    }

    #[test]
    fn the_median_of_two_is_between_them() {
        let series = Series::new("µs", Better::Lower, vec![3.0, 1.0]);
        assert_eq!((series.median, series.min, series.max), (2.0, 1.0, 3.0));
    }

    #[test]
    fn numbers_have_three_digits_and_groups() {
        let shown = [0.123, 12.34, 123.4, 1234.0, 123_456.0].map(number);
        assert_eq!(shown, ["0.12", "12.3", "123", "1,234", "123,456"]);
    }
}
