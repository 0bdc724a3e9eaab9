//! `meeshy languages`: shows which languages can be translated, over which route, how well and at what cost.

use meeshy_domain::Language;
use meeshy_translation::{
    MEAN_ERROR, Pair, Quality, Request, Route, Step, Tier, TranslationConfig, Translator,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Which pairs to show.
#[derive(clap::Args)]
pub struct LanguagesArgs {
    /// Only translations from this language
    #[arg(long, value_name = "LANGUAGE", value_parser = Language::resolve)]
    from: Option<Language>,
    /// Only translations into this language
    #[arg(long, value_name = "LANGUAGE", value_parser = Language::resolve)]
    to: Option<Language>,
    /// The quality tier: `basic`, `medium` or `premium`
    #[arg(long, default_value = "medium")]
    tier: Tier,
    /// Show all useful routes, not only the best one
    #[arg(long)]
    alternatives: bool,
    /// Print one JSON object per route
    #[arg(long)]
    json: bool,
}

/// Prints the routes.
pub async fn run(args: LanguagesArgs, config: TranslationConfig) -> anyhow::Result<()> {
    let translator = Translator::new(&config, None)?;
    let routes = routes(&translator, &args);
    translator.shutdown().await;
    let mut out = io::stdout().lock();
    if args.json {
        for route in &routes {
            writeln!(out, "{}", as_json(route))?;
        }
        return Ok(());
    }
    if routes.is_empty() {
        writeln!(
            out,
            "no installed engine translates between these languages; see docs/translation.md for what to install"
        )?;
        return Ok(());
    }
    if args.from.is_none() && args.to.is_none() && !args.alternatives {
        matrix(&mut out, &routes)?;
        writeln!(out)?;
    }
    table(&mut out, &routes)?;
    Ok(())
}

fn routes(translator: &Translator, args: &LanguagesArgs) -> Vec<Route> {
    let wanted = |pair: &Pair| {
        args.from.is_none_or(|from| from == pair.from) && args.to.is_none_or(|to| to == pair.to)
    };
    let served: BTreeSet<Pair> = translator.routes().iter().filter_map(Route::pair).filter(wanted).collect();
    let routes_of = |pair: Pair| match args.alternatives {
        true => translator.alternatives(pair),
        false => {
            let request = Request { tier: args.tier, ..Request::new(pair.from, pair.to) };
            translator.route_for(&request).into_iter().collect()
        }
    };
    served.into_iter().flat_map(routes_of).collect()
}

fn as_json(route: &Route) -> serde_json::Value {
    let pivots: Vec<Language> = route.steps.iter().skip(1).map(|step| step.pair.from).collect();
    let pair = route.pair();
    json!({
        "from": pair.map(|pair| pair.from), "to": pair.map(|pair| pair.to), "label": route.label(), "path": route.path(),
        "pivots": pivots, "quality": route.quality, "loss": route.loss, "grade": route.grade(), "costMs": route.cost_ms, "steps": route.steps,
    })
}

/// A matrix of the number of steps from each language (rows) to each other (columns).
fn matrix(out: &mut impl Write, routes: &[Route]) -> io::Result<()> {
    let pairs: Vec<(Pair, usize)> =
        routes.iter().filter_map(|route| Some((route.pair()?, route.steps.len()))).collect();
    let languages: BTreeSet<Language> = pairs.iter().flat_map(|(pair, _)| [pair.from, pair.to]).collect();
    write!(out, "steps")?;
    for to in &languages {
        write!(out, " {:>3}", to.code())?;
    }
    writeln!(out)?;
    for &from in &languages {
        write!(out, "{:5}", from.code())?;
        for &to in &languages {
            match pairs.iter().find(|(pair, _)| (pair.from, pair.to) == (from, to)) {
                Some((_, steps)) => write!(out, " {steps:>3}")?,
                None => write!(out, " {:>3}", if from == to { "" } else { "-" })?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// One line per route; `~` marks an estimated quality, `?` an assumed one.
fn table(out: &mut impl Write, routes: &[Route]) -> io::Result<()> {
    let width = routes.iter().map(|route| route.label().chars().count()).max().unwrap_or_default();
    writeln!(out, "{:5} {:5} {:width$} {:>6} {:>8}  why", "from", "to", "over", "chrF", "ms")?;
    for route in routes {
        let Some(Pair { from, to }) = route.pair() else { continue };
        let quality = match route.quality {
            Quality::Measured(chrf) | Quality::Published(chrf) => format!("{chrf:.1}"),
            Quality::Estimated(chrf) => format!("~{chrf:.0}"),
            Quality::Assumed(chrf) => format!("?{chrf:.0}"),
        };
        let (from, to, label) = (from.code(), to.code(), route.label());
        writeln!(out, "{from:5} {to:5} {label:width$} {quality:>6} {:>8.1}  {}", route.cost_ms, why(route))?;
    }
    Ok(())
}

/// What the quality of a route is known from.
fn why(route: &Route) -> String {
    let chrf = |step: &Step| step.chrf.map_or("no figures".to_owned(), |chrf| format!("{chrf:.1}"));
    let steps: Vec<String> = route.steps.iter().map(|step| format!("{} {}", step.pair, chrf(step))).collect();
    match route.quality {
        Quality::Measured(_) => "measured".to_owned(),
        Quality::Published(_) => "published".to_owned(),
        Quality::Estimated(_) => format!("estimated ±{MEAN_ERROR:.1} from {}", steps.join(", ")),
        Quality::Assumed(_) => format!("assumed: {}", steps.join(", ")),
    }
}
