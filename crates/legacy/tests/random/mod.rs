//! Properties of every dump, tested with random ones.

mod dumps;
mod round;

use crate::support::{Small, differences, everything, export, import, options, small};
use bson::{Bson, Document};
use dumps::{Collections, Two, two};
use meeshy_legacy::dump::Dump;
use meeshy_legacy::import::{self, Count, Options, Progress, Report};
use meeshy_legacy::mapping::{SOURCES, source_of};
use meeshy_store::{Exclusive, Location};
use meeshy_testkit::{Database, rows};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use round::{side_by_side, spoiled, stay, there_and_back};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// How many random dumps each property is tested with on each database; `MEESHY_DUMPS` overrides it.
const DUMPS: u32 = 8;

fn config() -> ProptestConfig {
    #[expect(clippy::disallowed_methods, reason = "the number of cases of a test can be configured")]
    let asked: Option<u32> = std::env::var("MEESHY_DUMPS").ok().and_then(|number| number.parse().ok());
    // A higher number is for finding new failures; by default the cases are reproducible.
    let rng_seed = if asked.is_some() { RngSeed::Random } else { RngSeed::Fixed(1) };
    let cases = asked.unwrap_or(DUMPS);
    ProptestConfig {
        cases,
        rng_seed,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn dumped(collections: &Collections) -> Small {
    let named: Vec<_> = collections.iter().map(|(name, all)| (name.as_str(), all.clone())).collect();
    small(&named)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn sqlite_imports_any_dump(two in two(), moment in any::<Index>()) {
        comes_and_goes(&two, moment, Database::sqlite);
    }

    #[test]
    fn postgresql_imports_any_dump(two in two(), moment in any::<Index>()) {
        comes_and_goes(&two, moment, Database::postgres);
    }

    #[test]
    fn sqlite_imports_any_changed_export(
        changes in [stay(), stay(), stay(), stay()], spoiled in [spoiled(), spoiled()]
    ) {
        there_and_back(&changes, &spoiled, Database::sqlite);
    }

    #[test]
    fn postgresql_imports_any_changed_export(
        changes in [stay(), stay(), stay(), stay()], spoiled in [spoiled(), spoiled()]
    ) {
        there_and_back(&changes, &spoiled, Database::postgres);
    }

    #[test]
    fn sqlite_merges_any_changes_of_both_sides(changes in [stay(), stay()]) {
        side_by_side(&changes, Database::sqlite);
    }

    #[test]
    fn postgresql_merges_any_changes_of_both_sides(changes in [stay(), stay()]) {
        side_by_side(&changes, Database::postgres);
    }
}

fn comes_and_goes(two: &Two, moment: Index, database: fn() -> Database) {
    let first = dumped(&two.first);
    let (one, other) = (database(), database());
    let at = one.location();
    // Creates the tables.
    drop(Exclusive::open(at).unwrap());
    comes(at, &first.dump, moment);
    goes(at, &first.dump);
    let later = dumped(&without_rows_of_rejected(at, &two.later));
    comes(at, &later.dump, moment);
    goes(at, &later.dump);

    let fresh = import(other.location(), &later.dump);
    assert_eq!(outcomes(&import(at, &later.dump)), outcomes(&fresh));
    let (changed, fresh) = (lines(at), lines(other.location()));
    assert_eq!(changed.symmetric_difference(&fresh).collect::<Vec<_>>(), Vec::<&String>::new());

    let all = dumped(&two.later);
    let before = with_rows(at);
    comes(at, &all.dump, moment);
    let after = with_rows(at);
    let mut rejected = import(at, &all.dump).rejections.into_iter().map(|it| (it.collection, it.id));
    let lost = rejected.find(|it| before.contains(it) && !after.contains(it));
    assert_eq!(lost, None, "a rejected document is not a deletion");
}

/// A dump without its rejected documents that have rows here: those rows would stay, so the result would
/// differ from importing everything at once.
fn without_rows_of_rejected(at: &Location, dump: &Collections) -> Collections {
    let here = with_rows(at);
    let mut left = dump.clone();
    loop {
        let report = import(Database::sqlite().location(), &dumped(&left).dump);
        let rejected: BTreeSet<(String, String)> = report
            .rejections
            .into_iter()
            .map(|it| (it.collection, it.id))
            .filter(|it| here.contains(it))
            .collect();
        if rejected.is_empty() {
            return left;
        }
        for (name, documents) in &mut left {
            let collection = source_of(name).map_or(name.as_str(), |source| source.collection);
            documents.retain(|it| !rejected.contains(&(collection.to_owned(), id_of(it))));
        }
    }
}

fn id_of(document: &Document) -> String {
    match document.get("_id") {
        Some(Bson::ObjectId(id)) => id.to_hex(),
        other => other.and_then(Bson::as_str).unwrap_or_default().to_owned(),
    }
}

/// Collection and id of each document with a row here.
fn with_rows(at: &Location) -> BTreeSet<(String, String)> {
    let tables =
        SOURCES.iter().flat_map(|source| source.shape.mappings().iter().map(move |it| (source, it.table)));
    rows::read(at, |tx| {
        let mut all = BTreeSet::new();
        for (source, table) in tables {
            let sql = format!(
                "SELECT t.id AS id FROM {table} t JOIN legacy_documents d ON d.id = t.id \
                 WHERE d.collection = $1 AND d.outcome = 'inserted'"
            );
            let ids: Vec<String> = tx.fetch_all(&sql, &[source.collection.into()])?;
            all.extend(ids.into_iter().map(|id| (source.collection.to_owned(), id)));
        }
        Ok(all)
    })
}

/// All rows except the mark of accounts with the name or the address of another one, which depends on who was
/// first.
fn lines(at: &Location) -> BTreeSet<String> {
    let mut lines = everything(at);
    for line in lines.iter_mut().filter(|line| line.starts_with("users ")) {
        line.truncate(line.rfind(" | ").unwrap());
    }
    lines.into_iter().collect()
}

/// A dry run equals the run without its commit, an interrupted run leaves what was there, and a second run
/// has nothing to do.
fn comes(at: &Location, dump: &Dump, moment: Index) {
    let before = rows::all(at, &[]);
    let mut moments = 0;
    let dry = run(at, dump, true, &mut |_| moments += 1);
    assert_eq!(rows::all(at, &[]), before, "a dry run");
    if dry.unchanged {
        return;
    }

    // One more than a dry run has: the wait for the disk.
    let moment = moment.index(moments + 1);
    let mut passed = 0;
    let mut end = |_: Progress<'_>| {
        if passed == moment {
            resume_unwind(Box::new("interrupted"));
        }
        passed += 1;
    };
    catch_unwind(AssertUnwindSafe(|| run(at, dump, false, &mut end))).unwrap_err();
    assert_eq!(rows::all(at, &[]), before, "interrupted at {moment} of {moments}");

    assert_eq!(run(at, dump, false, &mut |_| {}), dry);
    let after = rows::all(at, &[]);
    let again = import(at, dump);
    assert!(again.unchanged);
    assert_eq!(outcomes(&again), outcomes(&dry));
    assert_eq!(rows::all(at, &[]), after, "a second run");
}

fn run(at: &Location, dump: &Dump, dry_run: bool, progress: &mut dyn FnMut(Progress<'_>)) -> Report {
    let options = Options { dry_run, ..options() };
    import::run(dump, &mut Exclusive::open(at).unwrap(), &options, progress).unwrap()
}

fn goes(at: &Location, dump: &Dump) {
    let back = export(at);
    assert_eq!(differences(dump, &back.dump), Vec::<String>::new());
    assert_eq!(back.dump.digest(), dump.digest());
}

/// The outcomes of the documents of each collection, however many there were before.
fn outcomes(report: &Report) -> Vec<Count> {
    let there = report.collections.iter().filter(|count| count.source > 0);
    there.map(|count| Count { written: 0, removed: 0, ..count.clone() }).collect()
}
