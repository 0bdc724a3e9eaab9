//! Translations and their jobs.

use super::{open_now, scene};
use meeshy_domain::{Grade, Reason, ReasonCode, TextId, Timestamp};
use meeshy_store::messages;
use meeshy_store::texts::{self, Text};
use meeshy_store::translation_cache::{self, Cached};
use meeshy_store::translation_jobs::{self, Claim, Priority};
use meeshy_store::translations::{self, State, Translation};
use meeshy_store::translators::{self, Graded, Speed, Translator};
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::sample::NOW;
use meeshy_testkit::{Database, both_databases, eventually_blocking};

#[both_databases]
async fn a_job_is_claimed_once_until_its_claim_runs_out(database: Database) {
    let store = open_now(&database).await;
    let (_, _, _, first) = scene(&store).await;
    let languages = ["fr", "es", "de", "it"];
    let ask = move |tx: &mut Tx<'_>| {
        for language in languages {
            for _ in 0..2 {
                // Once is enough.
                let language = language.parse().unwrap();
                translation_jobs::enqueue(tx, first, language, Priority::Live, NOW)?;
            }
        }
        Ok::<_, StoreError>(())
    };
    store.write(ask).await.unwrap();
    let until = Timestamp::from_millis(2_000_000);
    let claim =
        |until, limit, but| Claim { by: "worker".into(), until, priority: Priority::Live, limit, but };
    let none = claim(until, 9, vec![("en".parse().unwrap(), "fr".parse().unwrap())]);
    let others = store.write(move |tx| translation_jobs::claim(tx, NOW, &none)).await.unwrap();
    assert!(others.iter().all(|job| job.to.code() != "fr"), "left to those who can");
    store.write(|tx| translators::bury(tx, None, NOW)).await.unwrap();
    let claims = (0..8).map(|_| {
        let (store, two) = (store.clone(), claim(until, 2, Vec::new()));
        tokio::spawn(
            async move { store.write(move |tx| translation_jobs::claim(tx, NOW, &two)).await.unwrap() },
        )
    });
    let mut claimed = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        claimed.extend(claim.await.unwrap().into_iter().map(|job| job.to.code()));
    }
    claimed.sort_unstable();
    assert_eq!(claimed, ["de", "es", "fr", "it"]);
    let again = claim(Timestamp::from_millis(3_000_000), 9, Vec::new());
    let later = store.write(move |tx| translation_jobs::claim(tx, until, &again)).await.unwrap();
    let mut attempts: Vec<i64> = later.iter().map(|job| job.attempts).collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [2, 3, 3, 3], "three were begun once more");
}

#[both_databases]
async fn a_translation_keeps_its_grade(database: Database) {
    let store = database.open().await.unwrap();
    let (_, _, _, first) = scene(&store).await;
    let graded = move |grade: Option<Grade>, updated_at: Timestamp| Translation {
        message_id: first,
        language: "fr".parse().unwrap(),
        revision: 1,
        state: State::Done { content: "bonjour".into(), engine: "test".into(), score: Some(0.5), grade },
        created_at: NOW,
        updated_at,
    };
    let story = move |tx: &mut Tx<'_>| {
        for grade in [Some(Grade::Good), Some(Grade::Fair), Some(Grade::Rough), None] {
            translations::finish(tx, &graded(grade, NOW))?;
            assert_eq!(tx.fetch(translations::list(&[first]))?, [graded(grade, NOW)]);
        }
        // The release before, or an import, has replaced the translation.
        let replace = "UPDATE translations SET content = 'salut', updated_at = updated_at + 1";
        translations::finish(tx, &graded(Some(Grade::Good), NOW))?;
        tx.execute(replace, &[])?;
        let known = tx.fetch(translations::list(&[first]))?;
        assert!(matches!(&known[0].state, State::Done { content, grade: None, .. } if content == "salut"));
        translations::finish(tx, &graded(Some(Grade::Good), NOW))?;
        // A grade of a newer version is none.
        tx.execute("UPDATE translations SET grade = 'sublime'", &[])?;
        assert_eq!(tx.fetch(translations::list(&[first]))?, [graded(None, NOW)]);
        // Texts and cached results keep theirs, too.
        let cached = |key: &str, grade| Cached {
            key: key.into(),
            content: "bonjour".into(),
            engine: "test".into(),
            score: None,
            grade,
        };
        let known = [cached("a", Some(Grade::Rough)), cached("b", None)];
        translation_cache::put(tx, &known, NOW)?;
        let mut found = translation_cache::get(tx, &["a".into(), "b".into()])?;
        found.sort_by(|one, other| one.key.cmp(&other.key));
        assert_eq!(found, known);
        let id: TextId = "65f000000000000000000009".parse().unwrap();
        let (from, to) = ("en".parse().unwrap(), "fr".parse().unwrap());
        texts::ask(tx, &[Text { id, from, to, tier: "medium".into(), content: "hello".into() }], NOW)?;
        let state = graded(Some(Grade::Fair), NOW).state;
        texts::answer(tx, id, &state)?;
        assert_eq!(texts::fetch(tx, &[id])?, [(id, state)]);
        Ok::<_, StoreError>(())
    };
    store.write(story).await.unwrap();
}

#[both_databases]
async fn a_translator_says_what_it_translates_and_how_well(database: Database) {
    let store = database.open().await.unwrap();
    let (from, to) = ("en".parse().unwrap(), "fr".parse().unwrap());
    let life = move |grades: Vec<Graded>| Translator {
        id: "one".into(),
        name: "host".into(),
        pairs: vec![Speed { from, to, cost_ms: 1.5 }],
        grades,
        started_at: NOW,
        seen_at: NOW,
    };
    let story = move |tx: &mut Tx<'_>| {
        for grade in [Grade::Rough, Grade::Good] {
            let alive =
                life(vec![Graded { from, to, grade }, Graded { from: to, to: from, grade: Grade::Fair }]);
            translators::beat(tx, &alive)?;
            assert_eq!(translators::list(tx)?, [alive]);
        }
        // Those of a newer version are left out.
        tx.execute("UPDATE translators SET grades = 'en-fr good\nen-xx good\nfr-en sublime\n?'", &[])?;
        assert_eq!(translators::list(tx)?, [life(vec![Graded { from, to, grade: Grade::Good }])]);
        Ok::<_, StoreError>(())
    };
    store.write(story).await.unwrap();
}

#[both_databases]
async fn a_stale_translation_never_replaces_a_newer_one(database: Database) {
    let store = database.open().await.unwrap();
    let (_, _, _, first) = scene(&store).await;
    let made_from = |revision: i64, text: &str| Translation {
        message_id: first,
        language: "fr".parse().unwrap(),
        revision,
        state: State::Done { content: text.into(), engine: "test".into(), score: None, grade: None },
        created_at: NOW,
        updated_at: NOW,
    };
    let (old, new) = (made_from(1, "ancien"), made_from(2, "nouveau"));
    let story = move |tx: &mut Tx<'_>| {
        translation_jobs::enqueue(tx, first, "fr".parse().unwrap(), Priority::Live, NOW)?;
        tx.execute("UPDATE messages SET revision = 2 WHERE id = $1", &[first.into()])?;
        assert_eq!(translations::finish(tx, &old)?, None, "made from a text that is gone");
        assert_eq!(tx.fetch(translation_jobs::pending(&[first]))?.len(), 1, "the new text still waits");
        assert_eq!(translations::finish(tx, &new)?, Some(NOW));
        assert_eq!(translations::finish(tx, &old)?, None);
        tx.fetch(translations::list(&[first]))
    };
    let kept = store.write(story).await.unwrap();
    assert_eq!(kept, [made_from(2, "nouveau")]);
}

#[both_databases]
async fn a_translation_that_ends_while_its_text_is_edited_is_not_kept(database: Database) {
    let store = database.open().await.unwrap();
    let (_, _, _, first) = scene(&store).await;
    let fr = "fr".parse().unwrap();
    store.write(move |tx| translation_jobs::enqueue(tx, first, fr, Priority::Live, NOW)).await.unwrap();
    let has_locks = matches!(database.location(), meeshy_store::Location::Postgres { .. });
    let (edited, mut is_edited) = tokio::sync::mpsc::channel(1);
    let edit = store.write(move |tx| {
        assert!(messages::edit(tx, first, "another text", "en".parse().unwrap(), NOW)?.is_some());
        translation_jobs::renew(tx, first, &[fr], NOW)?;
        edited.try_send(()).unwrap();
        // The other transaction comes as far as it can meanwhile. SQLite has one writer.
        if has_locks {
            eventually_blocking("the other transaction waits", || {
                let sql = "SELECT count(*) AS waiting FROM pg_stat_activity \
                           WHERE datname = current_database() AND wait_event_type = 'Lock'";
                tx.fetch_one::<i64>(sql, &[]).unwrap() > 0
            });
        }
        Ok::<_, StoreError>(())
    });
    let finish = async {
        is_edited.recv().await.unwrap();
        let old = Translation {
            message_id: first,
            language: fr,
            revision: 1,
            state: State::Identical { content: "message 1".into() },
            created_at: NOW,
            updated_at: NOW,
        };
        let job = translation_jobs::Job {
            message_id: first,
            conversation_id: first.to_string().parse().unwrap(),
            content: "message 1".into(),
            revision: 1,
            from: "en".parse().unwrap(),
            to: fr,
            attempts: 1,
            avoid: Vec::new(),
        };
        let kept = store.write(move |tx| translations::finish(tx, &old)).await.unwrap();
        let known = store.write(move |tx| translations::keep_known(tx, &job)).await.unwrap();
        (kept, known)
    };
    let (outcome, ended) = tokio::join!(edit, finish);
    outcome.unwrap();
    assert_eq!(ended, (None, None));
    let pending = store.read(move |tx| tx.fetch(translation_jobs::pending(&[first]))).await.unwrap();
    assert_eq!(pending, [(first, fr)], "the new text waits");
}

#[both_databases]
async fn translations_are_counted_and_waiting_ones_can_be_given_up(database: Database) {
    let store = open_now(&database).await;
    let (_, _, _, first) = scene(&store).await;
    let later = Timestamp::from_millis(2_000_000);
    let made = move |language: &str, at, state| Translation {
        message_id: first,
        language: language.parse().unwrap(),
        revision: 1,
        state,
        created_at: at,
        updated_at: at,
    };
    let done =
        |engine: &str| State::Done { content: "x".into(), engine: engine.into(), score: None, grade: None };
    let (fr, es) = (made("fr", NOW, done("one")), made("es", NOW, done("one")));
    let (again, ja) = (
        made("fr", later, done("other")),
        made("ja", NOW, State::Failed { reason: Reason::new(ReasonCode::EngineFailed, "no") }),
    );
    let story = move |tx: &mut Tx<'_>| {
        for known in [&fr, &es, &ja] {
            assert_eq!(translations::finish(tx, known)?, Some(NOW));
        }
        assert_eq!(translations::finish(tx, &again)?, Some(NOW), "there is one since then");
        let counts = translations::counts(tx)?;
        let de = "de".parse().unwrap();
        translation_jobs::enqueue(tx, first, de, Priority::Live, NOW)?;
        let claim =
            Claim { by: "worker".into(), until: later, priority: Priority::Live, limit: 9, but: Vec::new() };
        assert_eq!(translation_jobs::claim(tx, NOW, &claim)?.len(), 1);
        assert!(!translation_jobs::cancel(tx, first, de, NOW)?, "a worker has it");
        assert!(translation_jobs::cancel(tx, first, de, later)?);
        assert!(!translation_jobs::cancel(tx, first, de, later)?);
        Ok::<_, StoreError>(counts)
    };
    let counts = store.write(story).await.unwrap();
    let shown: Vec<String> = counts
        .iter()
        .map(|c| {
            format!("{}-{} {} {} {}", c.from, c.to, c.state, c.engine.as_deref().unwrap_or("-"), c.total)
        })
        .collect();
    assert_eq!(shown, ["en-es done one 1", "en-fr done other 1", "en-ja failed - 1"]);
}

#[both_databases]
async fn a_reason_keeps_its_code_and_older_rows_have_none(database: Database) {
    let store = database.open().await.unwrap();
    let (_, _, _, first) = scene(&store).await;
    let story = move |tx: &mut Tx<'_>| {
        for code in ReasonCode::ALL.iter().copied() {
            let state = State::Unavailable { reason: Reason::new(code, "why") };
            let language = "ja".parse().unwrap();
            let known = Translation {
                message_id: first,
                language,
                revision: 1,
                state,
                created_at: NOW,
                updated_at: NOW,
            };
            translations::finish(tx, &known)?;
            assert_eq!(tx.fetch(translations::list(&[first]))?, [known]);
        }
        tx.execute("UPDATE translations SET reason_code = NULL", &[])?;
        tx.fetch(translations::list(&[first]))
    };
    let older = store.write(story).await.unwrap().remove(0);
    let reason = Reason::new(ReasonCode::Unknown, "why");
    assert_eq!(older.state, State::Unavailable { reason });
}

#[both_databases]
async fn a_translation_that_has_to_wait_keeps_its_job(database: Database) {
    let store = database.open().await.unwrap();
    let (_, _, _, first) = scene(&store).await;
    let story = move |tx: &mut Tx<'_>| {
        let reason = Reason::new(ReasonCode::ModelDownloading, "soon");
        let language = "ja".parse().unwrap();
        let waiting = Translation {
            message_id: first,
            language,
            revision: 1,
            state: State::Unavailable { reason },
            created_at: NOW,
            updated_at: NOW,
        };
        translation_jobs::enqueue(tx, first, language, Priority::Live, NOW)?;
        let later = tx.now()?.plus(std::time::Duration::from_secs(60));
        let claim = Claim { by: "a".into(), until: later, priority: Priority::Live, limit: 10, but: vec![] };
        let mut seen = Vec::new();
        for now in [tx.now()?, later] {
            let jobs = translation_jobs::claim(tx, now, &claim)?;
            assert_eq!(jobs.iter().map(|job| job.attempts).collect::<Vec<_>>(), [1]);
            seen.push(translations::wait(tx, &waiting, later)?);
            assert_eq!(tx.fetch(translation_jobs::pending(&[first]))?, [(first, language)]);
        }
        assert_eq!(tx.fetch(translations::list(&[first]))?, std::slice::from_ref(&waiting));
        // The text is edited while the old one is being tried: the new one does not wait.
        translation_jobs::claim(tx, later, &claim)?;
        tx.execute("UPDATE messages SET revision = 2 WHERE id = $1", &[first.into()])?;
        seen.push(translations::wait(tx, &waiting, later)?);
        let now = tx.now()?;
        assert_eq!(translation_jobs::claim(tx, now, &claim)?.len(), 1);
        Ok::<_, StoreError>(seen)
    };
    assert_eq!(store.write(story).await.unwrap(), [Some(NOW), None, None], "it is news once");
}
