//! Several gateways, as processes of their own on one PostgreSQL.

use crate::server::{Server, command};
use meeshy_store::{Store, Tx, jobs};
use meeshy_testkit::{Database, eventually};
use std::time::Duration;

fn url(database: &Database) -> String {
    let meeshy_store::Location::Postgres { url, .. } = database.location() else { unreachable!() };
    url.clone()
}

async fn scheduled_jobs_succeed(store: &Store) {
    eventually("every scheduled job has succeeded", async || {
        let scheduled = store.read(jobs::scheduled).await.unwrap();
        !scheduled.is_empty() && scheduled.iter().all(|job| job.last_succeeded_at.is_some())
    })
    .await;
}

#[tokio::test]
async fn two_gateways_serve_the_same_people_and_one_with_another_key_is_refused() {
    let database = Database::postgres();
    let url = url(&database);
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    // A key of an earlier version, in the data folder of the first.
    let data = folders[0].path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("jwt.secret"), "5b1c0ffee2d94a60b8e94f7b1d086a53").unwrap();
    let variables = [("DATABASE_URL", url.as_str())];
    let one = Server::start(&data, &variables).await;
    let two = Server::start(folders[1].path(), &variables).await;
    assert!(!data.join("jwt.secret").exists(), "the key moved to the database");
    let (lea, carlos) = (one.sign_up("lea", "fr").await, two.sign_up("carlos", "es").await);
    let talk = two.also(&lea).group(&[&carlos]).await;
    one.also(&carlos).say(&talk, "Hola").await;
    assert_eq!(two.also(&lea).history(&talk).await.len(), 1);

    let variables = [variables[0], ("JWT_SECRET", "7f1c9e24b8d35a60c2e94f7b1d086a53"), ("PORT", "0")];
    let refused = command(folders[2].path(), &["serve"], &variables).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("signs tokens with another key"), "{said}");
}

#[tokio::test]
async fn scheduled_jobs_go_on_when_the_gateway_that_does_them_is_killed() {
    let database = Database::postgres();
    let url = url(&database);
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut one = Server::start(first.path(), &[("DATABASE_URL", &url)]).await;
    let store = database.open().await.unwrap();
    scheduled_jobs_succeed(&store).await;
    let _two = Server::start(second.path(), &[("DATABASE_URL", &url)]).await;
    one.kill();
    // As if it had been killed while it did all of them.
    let claim = |tx: &mut Tx<'_>| {
        let until = tx.now()?.plus(Duration::from_secs(5));
        let change = "run_at = 0, last_succeeded_at = NULL, claimed_by = 'killed', claimed_until = $1";
        tx.execute(&format!("UPDATE jobs SET {change}"), &[until.into()])
    };
    store.write(claim).await.unwrap();
    scheduled_jobs_succeed(&store).await;
}
