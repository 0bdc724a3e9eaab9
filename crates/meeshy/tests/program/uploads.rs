//! Large uploads: they survive `kill -9` of the server, and take little memory.

use crate::kills::kills;
use crate::server::Server;
use meeshy_testkit::{Database, Person};
use reqwest::Method;
use std::fs;

/// How often the server is killed; `MEESHY_KILLS` overrides it.
const KILLS: usize = 4;
/// The size of the file in MiB; `MEESHY_UPLOAD_MIB` overrides it. CI has no time for the 2,048 of the long form.
const MIB: usize = 192;
/// The server may take so much more memory while it receives a file, in KiB.
const MAX_GROWTH_KIB: u64 = 20 * 1024;
const PART: &str = "application/offset+octet-stream";
const PART_BYTES: usize = 8 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_upload_survives_kills_on_sqlite() {
    survive(&[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_upload_survives_kills_on_postgresql() {
    let database = Database::postgres();
    let meeshy_store::Location::Postgres { url, .. } = database.location() else { unreachable!() };
    survive(&[("DATABASE_URL", url)]).await;
}

#[expect(clippy::disallowed_methods, reason = "how long a test runs is not for the configuration")]
fn length() -> usize {
    let given = std::env::var("MEESHY_UPLOAD_MIB").ok().and_then(|number| number.parse().ok());
    given.unwrap_or(MIB) * 1024 * 1024
}

/// The bytes of the file from `offset` on, at most a part.
fn part(offset: usize, length: usize) -> Vec<u8> {
    (offset..length.min(offset + PART_BYTES)).map(|at| (at / 4096 + at) as u8).collect()
}

/// The peak of the memory of a process, in KiB.
fn peak(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn survive(variables: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), variables).await;
    let lea = server.sign_up("lea", "fr").await;
    let length = length();
    let begun = lea.request(Method::POST, "/attachments/resumable").header("upload-length", length);
    let begun = begun.header("upload-metadata", "filename YS5iaW4=").send().await.unwrap();
    assert_eq!(begun.status(), 201);
    let place = begun.headers()["location"].to_str().unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    let before = peak(&server);

    let rounds = kills(KILLS);
    let mut killed = 0;
    let mut grown = 0;
    loop {
        let offset = received(&lea, &place).await;
        if offset == length {
            break;
        }
        let bytes = part(offset, length);
        let request = lea.request(Method::PATCH, &place).header("upload-offset", offset);
        let request = request.header("content-type", PART).body(bytes);
        let is_time = killed < rounds && offset >= length / (rounds + 1) * (killed + 1);
        if is_time {
            let sending = tokio::spawn(request.send());
            // Somewhere within the part.
            tokio::time::sleep(std::time::Duration::from_millis(killed as u64 * 7)).await;
            grown = grown.max(peak(&server).saturating_sub(before));
            server.kill();
            killed += 1;
            drop(sending.await);
            server.restart().await;
        } else {
            assert_eq!(request.send().await.unwrap().status(), 204);
        }
    }
    grown = grown.max(peak(&server).saturating_sub(before));
    assert_eq!(killed, rounds);
    assert!(grown <= MAX_GROWTH_KIB, "the server took {grown} KiB more");

    let id = place.rsplit('/').next().unwrap();
    let known = lea.get(&format!("/attachments/{id}/metadata")).await.body;
    let url = known["data"]["attachment"]["fileUrl"].as_str().unwrap();
    let mut given = server.request(Method::GET, url).bearer_auth(&lea.token).send().await.unwrap();
    let mut at = 0;
    while let Some(chunk) = given.chunk().await.unwrap() {
        let expected = (at..at + chunk.len()).map(|at| (at / 4096 + at) as u8);
        assert!(chunk.iter().copied().eq(expected), "the bytes from {at} on differ");
        at += chunk.len();
    }
    assert_eq!(at, length);
}

/// How much of the file the server has.
async fn received(person: &Person, place: &str) -> usize {
    let head = person.request(Method::HEAD, place).send().await.unwrap();
    assert_eq!(head.status(), 204);
    head.headers()["upload-offset"].to_str().unwrap().parse().unwrap()
}
