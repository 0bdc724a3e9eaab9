//! User accounts: the first administrator, and `meeshy user`.

use crate::server::{Server, command};
use meeshy_store::Location;
use meeshy_testkit::api::PASSWORD;
use meeshy_testkit::{Database, Person};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Output, Stdio};

/// Runs `meeshy user …` with `input` on standard input; returns its output and whether it succeeded.
fn user(data: &Path, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> (bool, String) {
    let mut command = command(data, &[&["user"], arguments].concat(), variables);
    command
        .env("HASHING_MEMORY_KIB", "64")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that asks for no password may have exited before it reads.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    (status.success(), String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
}

#[tokio::test]
async fn the_first_administrator_registers_with_the_code_that_serve_prints() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let variables =
        [("HOST", "127.0.0.1"), ("PORT", "0"), ("MODELS_PULL", "off"), ("HASHING_MEMORY_KIB", "64")];
    let start = || {
        let mut serving = command(&data, &["serve"], &variables);
        serving.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut codes = Vec::new();
    for _ in 0..2 {
        let mut child = start();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let code = line.trim().strip_prefix("Setup code for the first administrator: ").unwrap().to_owned();
        let mut logged = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(logged.any(|line| line.contains(&code)));
        codes.push(code);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_ne!(codes[0], codes[1], "each start prints another code, since only a hash is kept");
}

#[tokio::test]
async fn accounts_are_managed_on_sqlite_while_the_server_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let run = |arguments: &[&str], input: &str| user(&data, arguments, &[], input);
    let done = |arguments: &[&str], input: &str| {
        let (success, said) = run(arguments, input);
        assert!(success, "{arguments:?}: {said}");
        said
    };
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\nanother line\n")).unwrap();
    let file = file.to_str().unwrap();
    // Only the operator can assign reserved names.
    let added = done(
        &["add", "admin", "--email", "admin@example.org", "--role", "bigboss", "--password-file", file],
        "",
    );
    assert_eq!(added, "added admin with the role BIGBOSS\n");
    done(
        &["add", "lea", "--email", "lea@example.org", "--language", "fr", "--password-file", "-"],
        "correct horse\n",
    );
    done(&["add", "carlos", "--email", "carlos@example.org"], "correct horse\n");
    for (arguments, input, word) in [
        (&["add", "lea", "--email", "other@example.org"][..], "correct horse\n", "taken"),
        (&["add", "emma", "--email", "emma@example.org"], "password1\n", "too common"),
        (&["add", "emma", "--email", "emma@example.org"], "", "password is empty"),
        (&["role", "nobody", "ADMIN"], "", "no user is called `nobody`"),
        (&["role", "lea", "KING"], "", "is not a role"),
        (&["unlock", ""], "", "no user is called"),
    ] {
        let (success, said) = run(arguments, input);
        assert!(!success && said.contains(word), "{arguments:?}: {said}");
    }
    done(&["role", "lea@example.org", "MODERATOR"], "");
    done(&["disable", "carlos"], "");
    let listed = done(&["list", "--json"], "");
    let listed: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shown = |name: &str| listed.iter().find(|account| account["username"] == name).unwrap();
    assert_eq!((&shown("lea")["role"], &shown("carlos")["isActive"]), (&json!("MODERATOR"), &json!(false)));
    assert!(!format!("{listed:?}").contains("argon2"));
    assert!(done(&["list"], "").lines().any(|line| line.starts_with("carlos ") && line.contains(" off ")));

    let server = Server::start(&data, &[]).await;
    let (success, said) = run(&["unlock", "lea"], "");
    assert!(!success && said.contains("stop the server first"), "{said}");
    assert_eq!(server.log_in("admin", PASSWORD).await.body["data"]["user"]["role"], "BIGBOSS");
    assert_eq!(server.log_in("carlos", PASSWORD).await.status, 401);
}

#[tokio::test]
async fn accounts_are_managed_on_postgresql_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let database = Database::postgres();
    let Location::Postgres { url, .. } = database.location() else { unreachable!() };
    let variables = [("DATABASE_URL", url.as_str())];
    let run = |arguments: &[&str], input: &str| {
        let (success, said) = user(&data, arguments, &variables, input);
        assert!(success, "{arguments:?}: {said}");
    };
    let server = Server::start(&data, &variables).await;
    run(&["add", "lea", "--email", "lea@example.org"], "correct horse\n");
    let lea = server.person(&server.log_in("lea", PASSWORD).await);
    let is_in = async |who: &Person| who.get("/auth/me").await.status == 200;
    assert!(is_in(&lea).await);

    run(&["password", "lea"], "battery staple\n");
    assert!(!is_in(&lea).await, "every device was signed out");
    assert_eq!(server.log_in("lea", PASSWORD).await.status, 401);
    let lea = server.person(&server.log_in("lea", "battery staple").await);
    run(&["disable", "lea"], "");
    assert!(!is_in(&lea).await);
    assert_eq!(server.log_in("lea", "battery staple").await.status, 401);
    run(&["enable", "lea"], "");
    assert!(!is_in(&lea).await, "signed-out devices stay signed out");
    assert_eq!(server.log_in("lea", "battery staple").await.status, 200);
    run(&["unlock", "lea@example.org"], "");
}
