//! The best route of a pair: what engines lose and cost, tiers, figures, what is avoided.

use super::*;
use crate::quality;
use crate::request::Tier;
use rstest::rstest;

/// Synthetic engines: expected loss and cost.
const FAST: (&str, f32, f32) = ("apertium", quality::LOST_BY_APERTIUM, quality::APERTIUM_MS);
const GOOD: (&str, f32, f32) = ("firefox", quality::LOST_BY_FIREFOX, quality::FIREFOX_MS);
const LARGE: (&str, f32, f32) = ("large", 0.5, 900.0);

type Offers = Vec<(&'static str, Offer)>;

fn pair(text: &str) -> Pair {
    text.parse().unwrap()
}

fn offers(engine: (&'static str, f32, f32), pairs: &str) -> Offers {
    let offer =
        |pair| Offer { pair, model: None, version: "1".to_owned(), lost: engine.1, cost_ms: engine.2 };
    pairs.split_whitespace().map(|text| (engine.0, offer(pair(text)))).collect()
}

/// Small Firefox models.
fn models(pairs: &str) -> Offers {
    let mut models = offers(GOOD, pairs);
    for (_, offer) in &mut models {
        offer.model = Some("tiny".to_owned());
    }
    models
}

fn built_in() -> Figures {
    Figures::load(std::path::Path::new("/nonexistent")).unwrap()
}

fn find(offers: &Offers, figures: &str) -> Routes {
    let figures = format!("path,chrf,bleu,ms,sentences,data\n{figures}");
    let figures = Figures::parse(&figures).unwrap();
    Routes::find(offers.iter().map(|(engine, offer)| (*engine, offer)), &figures)
}

fn best(routes: &Routes, tier: Tier, wanted: &str) -> Option<String> {
    let Pair { from, to } = pair(wanted);
    routes.best(&Request { tier, ..Request::new(from, to) }).map(|route| route.label())
}

fn label(offers: &Offers, wanted: &str) -> Option<String> {
    best(&find(offers, ""), Tier::Medium, wanted)
}

const DEBIAN: &str =
    "en-es es-en en-ca ca-en es-ca ca-es es-fr fr-es ca-fr fr-ca es-pt pt-es es-it it-es pt-ca ca-pt";

#[rstest]
#[case("en-es", ["apertium", "apertium", "apertium"])]
#[case("en-fr", ["apertium via es", "apertium via ca", "apertium via ca"])]
#[case("en-pt", ["apertium via es", "apertium via es", "apertium via ca"])]
#[case("it-en", ["apertium via es", "apertium via es", "apertium via es"])]
fn apertium_takes_the_best_measured_route(#[case] wanted: &str, #[case] expected: [&str; 3]) {
    let all = offers(FAST, DEBIAN);
    let routes = Routes::find(all.iter().map(|(engine, offer)| (*engine, offer)), &built_in());
    let tiers = [Tier::Basic, Tier::Medium, Tier::Premium];
    assert_eq!(tiers.map(|tier| best(&routes, tier, wanted).unwrap()), expected);
}

#[test]
fn a_firefox_model_wins_over_apertium_even_over_english() {
    let mut all = offers(GOOD, "en-es fr-en en-de");
    all.extend(offers(FAST, DEBIAN));
    assert_eq!(label(&all, "en-es").as_deref(), Some("firefox"));
    assert_eq!(label(&all, "fr-es").as_deref(), Some("firefox via en"));
    assert_eq!(label(&all, "es-de").as_deref(), Some("apertium, firefox via en"));
}

#[test]
fn measurements_take_precedence_over_expectations() {
    let mut all = offers(GOOD, "en-es fr-en");
    all.extend(offers(FAST, "en-es fr-es fr-ca ca-es"));
    let routes = find(
        &all,
        "apertium:en-es,60,30,1,9,d\nfirefox:en-es,50,20,9,9,d\napertium:fr-ca>apertium:ca-es,58,28,4,9,d",
    );
    assert_eq!(best(&routes, Tier::Premium, "en-es").as_deref(), Some("apertium"));
    let over = |label| routes.alternatives(pair("fr-es")).into_iter().find(|route| route.label() == label);
    assert_eq!(over("apertium via ca").unwrap().quality, Quality::Measured(58.0));
    // Nobody measured the steps of the other one; it is scaled like the measured one.
    let Quality::Assumed(assumed) = over("firefox via en").unwrap().quality else { panic!() };
    assert!((65.0..80.0).contains(&assumed), "{assumed}");
    // Measured 4 ms where 2 were expected: a slow machine. Via English, 20 are expected.
    assert_eq!(over("apertium via ca").unwrap().cost_ms, 4.0);
    assert_eq!(over("firefox via en").unwrap().cost_ms, 40.0);
    assert!(matches!(routes.alternatives(pair("fr-en"))[0].quality, Quality::Assumed(_)));
}

/// With the two models of English and Portuguese beside Debian's packages.
#[rstest]
#[case("en-pt", &["firefox"])]
#[case("pt-en", &["firefox"])]
#[case("es-en", &["apertium, firefox via pt"])]
#[case("it-en", &["apertium, firefox via es, pt"])]
// Measured 49.4, and 49.0 without Catalan.
#[case("en-es", &["firefox, apertium via pt, ca", "firefox, apertium via pt"])]
#[case("ca-en", &["apertium, firefox via pt"])]
#[case("en-ca", &["firefox, apertium via pt"])]
#[case("en-fr", &["firefox, apertium via pt, ca"])]
#[case("fr-en", &["apertium, firefox via ca, pt"])]
#[case("en-it", &["firefox, apertium via pt, es"])]
#[case("es-pt", &["apertium"])]
#[case("pt-es", &["apertium"])]
#[case("es-ca", &["apertium"])]
#[case("ca-es", &["apertium"])]
#[case("ca-pt", &["apertium"])]
#[case("pt-ca", &["apertium"])]
#[case("fr-ca", &["apertium"])]
#[case("ca-fr", &["apertium"])]
#[case("es-it", &["apertium"])]
#[case("it-es", &["apertium"])]
fn good_models_serve_related_languages_too(#[case] wanted: &str, #[case] expected: &[&str]) {
    let mut all = models("en-pt pt-en");
    all.extend(offers(FAST, DEBIAN));
    // As measured, and as estimated from the steps alone.
    for figures in [built_in(), built_in().without_composed()] {
        let routes = Routes::find(all.iter().map(|(engine, offer)| (*engine, offer)), &figures);
        let best = best(&routes, Tier::Medium, wanted).unwrap();
        assert!(expected.contains(&best.as_str()), "{best}");
    }
}

#[test]
fn every_quality_says_what_it_is_known_from() {
    let mut all = models("en-pt pt-en en-de");
    all.extend(offers(FAST, DEBIAN));
    all.extend(offers(LARGE, "de-en"));
    let routes = Routes::find(all.iter().map(|(engine, offer)| (*engine, offer)), &built_in());
    let quality = |wanted, label: &str| {
        let found = routes.alternatives(pair(wanted)).into_iter().find(|route| route.label() == label);
        found.map(|route| route.quality).unwrap()
    };
    assert!(matches!(quality("en-ca", "apertium"), Quality::Measured(_)));
    assert!(matches!(quality("en-pt", "firefox"), Quality::Measured(_)));
    assert!(matches!(quality("en-ca", "firefox, apertium via pt"), Quality::Measured(_)));
    assert_eq!(quality("en-de", "firefox"), Quality::Published(64.6));
    assert!(matches!(quality("pt-de", "firefox via en"), Quality::Estimated(_)));
    assert!(matches!(quality("de-en", "large"), Quality::Assumed(_)));
    assert!(matches!(quality("de-pt", "large, firefox via en"), Quality::Assumed(_)));
}

#[test]
fn the_figures_are_those_of_the_installed_model() {
    let figure = |model: &str| {
        let mut all = models("en-fr");
        all[0].1.model = Some(model.to_owned());
        let routes = Routes::find(all.iter().map(|(engine, offer)| (*engine, offer)), &built_in());
        routes.alternatives(pair("en-fr"))[0].quality
    };
    assert_eq!(figure("tiny"), Quality::Published(70.3));
    assert_eq!(figure("base-memory"), Quality::Published(71.3));
    assert!(matches!(figure("huge"), Quality::Assumed(_)));
}

#[test]
fn the_tier_trades_quality_for_cost() {
    let mut all = offers(LARGE, "es-fr en-es");
    all.extend(offers(GOOD, "es-en en-fr en-es"));
    all.extend(offers(FAST, "es-fr en-es"));
    let measured = "apertium:es-fr,50,20,1,9,d\nfirefox:es-en>firefox:en-fr,56,26,20,9,d\nlarge:es-fr,57,27,900,9,d\n\
        apertium:en-es,44,12,1,9,d\nfirefox:en-es,56,26,10,9,d\nlarge:en-es,57,27,900,9,d";
    let routes = find(&all, measured);
    let labels =
        |wanted| [Tier::Basic, Tier::Medium, Tier::Premium].map(|tier| best(&routes, tier, wanted).unwrap());
    assert_eq!(labels("es-fr"), ["apertium", "firefox via en", "large"]);
    assert_eq!(labels("en-es"), ["firefox", "firefox", "large"]);
}

#[test]
fn rejected_engines_and_routes_are_avoided() {
    let mut all = offers(GOOD, "en-es");
    all.extend(offers(FAST, "en-es en-ca ca-es"));
    let routes = find(&all, "");
    let avoiding = |names: &[&str]| {
        let Pair { from, to } = pair("en-es");
        let avoid = names.iter().map(ToString::to_string).collect();
        routes.best(&Request { avoid, ..Request::new(from, to) }).map(|route| route.label())
    };
    assert_eq!(avoiding(&[]).as_deref(), Some("firefox"));
    assert_eq!(avoiding(&["firefox"]).as_deref(), Some("apertium"));
    assert_eq!(avoiding(&["firefox", "apertium via ca"]).as_deref(), Some("apertium"));
    assert_eq!(avoiding(&["firefox", "apertium"]), None);
}

#[test]
fn a_single_path_can_be_requested() {
    let routes = find(&offers(FAST, DEBIAN), "");
    let Pair { from, to } = pair("en-fr");
    let path = "apertium:en-es>apertium:es-fr".to_owned();
    let route = routes.best(&Request { path: Some(path.clone()), ..Request::new(from, to) }).unwrap();
    assert_eq!(route.path(), path);
}

#[rstest]
#[case("firefox/tiny:en-pt", true)]
#[case("firefox:en-pt", true)]
#[case("firefox/base:en-pt", false)]
#[case("firefox/tiny:en-pt>apertium:pt-es", false)]
#[case("nonsense", false)]
fn a_requested_path_may_leave_out_the_model(#[case] path: &str, #[case] expected: bool) {
    let routes = Routes::find(models("en-pt").iter().map(|(engine, offer)| (*engine, offer)), &built_in());
    let Pair { from, to } = pair("en-pt");
    let route = routes.best(&Request { path: Some(path.to_owned()), ..Request::new(from, to) });
    assert_eq!(route.map(|route| route.path()), expected.then(|| "firefox/tiny:en-pt".to_owned()));
}

#[test]
fn at_most_two_pivots_are_used() {
    let chain = offers(FAST, "en-es es-ca ca-fr fr-oc");
    assert_eq!(label(&chain, "en-fr").as_deref(), Some("apertium via es, ca"));
    assert_eq!(label(&chain, "en-oc"), None);
    assert_eq!(label(&chain, "fr-en"), None);
}

#[test]
fn the_cheapest_route_is_kept_among_many_better_ones() {
    let pivots = ["es", "ca", "it", "pt", "de", "nl", "sv", "da"];
    let mut all: Offers = pivots
        .iter()
        .flat_map(|pivot| {
            let pairs: &'static str = Box::leak(format!("fr-{pivot} {pivot}-en").into_boxed_str());
            offers(LARGE, pairs)
        })
        .collect();
    all.extend(offers(FAST, "fr-oc oc-en"));
    let routes = find(&all, "");
    let labels: Vec<String> = routes.alternatives(pair("fr-en")).iter().map(Route::label).collect();
    assert!(labels.contains(&"apertium via oc".to_owned()), "{labels:?}");
    assert!(labels.contains(&"large via es".to_owned()), "{labels:?}");
}
