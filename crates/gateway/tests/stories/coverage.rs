//! Which routes of the old interface are served.
//!
//! `docs/old-routes.tsv` lists all of them: method, path, which clients call it (`web!` calls it although the old server did
//! not have it), and its state: `served`, `missing`, or `absent` on purpose.

use meeshy_harness::{TestServer, unlimited};
use std::collections::BTreeSet;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/old-routes.tsv");

/// A path without the names of its parameters.
fn shape(path: &str) -> String {
    let part =
        |part: &str| if part.starts_with('{') || part == "*" { "{}".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn the_table_of_old_routes_is_right() {
    let server = TestServer::start(unlimited()).await;
    let served: BTreeSet<(String, String)> = server
        .endpoints
        .iter()
        .map(|endpoint| (endpoint.method.to_string(), shape(&endpoint.path)))
        .collect();
    let table = std::fs::read_to_string(TABLE).unwrap();
    let mut lines = table.lines();
    let mut fresh = vec![lines.next().unwrap().to_owned()];
    let (mut wanted, mut wanted_and_served) = (0, 0);
    for line in lines {
        let [method, path, clients, state] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let is_served = served.contains(&(method.to_owned(), shape(path)));
        let now = match state {
            "absent" => {
                assert!(!is_served, "{method} {path} is served, although it should not be");
                "absent"
            }
            _ if is_served => "served",
            _ => "missing",
        };
        if clients != "-" {
            wanted += 1;
            wanted_and_served += usize::from(is_served);
        }
        fresh.push([method, path, clients, now].join("\t"));
    }
    println!("{wanted_and_served} of {wanted} routes that old clients call are served");
    let fresh = fresh.join("\n") + "\n";
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(TABLE, fresh).unwrap();
        return;
    }
    assert!(
        fresh == table,
        "docs/old-routes.tsv is stale: run `make generate`, look at what has changed, and commit it"
    );
}
