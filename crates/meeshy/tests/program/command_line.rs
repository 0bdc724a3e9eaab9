//! The commands, as a person types them.

use crate::server::PROGRAM;
use meeshy_testkit::firefox::{install, saying};
use std::io::Write;
use std::process::{Command, Output, Stdio};

fn meeshy(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder.path()).env("MEESHY_DATA_DIR", folder.path().join("data"));
    command.envs(variables.iter().copied()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn config_masks_secrets_and_says_where_values_came_from() {
    let secret = "0123456789abcdefghijklmnopqrstuvwxyz";
    let shown = meeshy(&["config"], &[("JWT_SECRET", secret), ("PORT", "4000")]);
    let screen = text(&shown.stdout);
    assert!(shown.status.success(), "{}", text(&shown.stderr));
    assert!(!screen.contains(secret), "{screen}");
    let line = |key: &str| screen.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    assert!(
        line("auth.jwt_secret").contains("********")
            && line("auth.jwt_secret").ends_with("# the variable JWT_SECRET")
    );
    assert!(line("server.port").contains("4000") && line("server.port").ends_with("# the variable PORT"));
    assert!(line("server.host").ends_with("# default"));
    let json: serde_json::Value = serde_json::from_slice(&meeshy(&["config", "--json"], &[]).stdout).unwrap();
    assert_eq!(json["server.port"]["value"], 3000);
}

#[test]
fn a_weak_secret_is_refused_with_advice() {
    for secret in ["short", "change-me-change-me-change-me-change-me"] {
        let refused = meeshy(&["serve"], &[("JWT_SECRET", secret)]);
        let message = text(&refused.stderr);
        assert!(!refused.status.success());
        assert!(message.contains("JWT_SECRET") && message.contains("openssl rand -hex 32"), "{message}");
        assert!(!message.contains("change-me-change"), "{message}");
    }
}

#[test]
fn migrate_says_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output =
            Command::new(PROGRAM).args(arguments).env("MEESHY_DATA_DIR", folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let first = run(&["migrate"]);
    assert!(first.contains("applied 0001_first_conversation"));
    assert!(run(&["migrate"]).contains("was up to date"));
    let report: serde_json::Value = serde_json::from_str(&run(&["migrate", "--json"])).unwrap();
    let migrations = first.matches("applied 0").count();
    assert_eq!((&report["version"], &report["applied"]), (&migrations.into(), &serde_json::json!([])));
}

#[test]
fn a_database_that_is_not_there_is_named_without_its_password() {
    let refused = meeshy(&["migrate"], &[("DATABASE_URL", "postgres://me:hunter2@127.0.0.1:1/x")]);
    let message = text(&refused.stderr);
    assert!(!refused.status.success());
    assert!(message.contains("cannot open the database `postgres://me@127.0.0.1:1/x`"), "{message}");
    assert!(!message.contains("hunter2"), "{message}");
}

#[test]
fn help_names_every_command() {
    let help = text(&meeshy(&["--help"], &[]).stdout);
    assert!(help.contains("everyone reads in their own language"), "{help}");
    for command in ["serve", "config", "migrate", "translate", "models", "import", "export"] {
        assert!(help.contains(&format!("  {command} ")), "{help}");
    }
}

#[test]
fn an_address_that_cannot_be_had_is_named_with_advice() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = meeshy(&["serve"], &[("HOST", "127.0.0.1"), ("PORT", &port)]);
    let message = text(&refused.stderr);
    assert!(!refused.status.success());
    assert!(message.contains(&format!("cannot listen on 127.0.0.1:{port}; stop the program")), "{message}");
    let message = text(&meeshy(&["serve"], &[("HOST", "192.0.2.1"), ("PORT", &port)]).stderr);
    assert!(
        message.contains("cannot listen on 192.0.2.1") && !message.contains("stop the program"),
        "{message}"
    );
}

#[test]
fn where_no_models_are_it_is_said() {
    for arguments in [["models", "list"], ["models", "verify"]] {
        let shown = meeshy(&arguments, &[]);
        assert!(shown.status.success());
        assert!(text(&shown.stdout).contains("no models here"), "{arguments:?}");
    }
}

#[test]
fn a_damaged_model_is_named_where_it_is_looked_for_and_where_another_engine_steps_in() {
    let folder = tempfile::tempdir().unwrap();
    let model = install(&folder.path().join("models"), "en-es", &saying("hola")).join("model.bin");
    std::fs::write(&model, b"not a model").unwrap();
    let run = |arguments: &[&str]| {
        Command::new(PROGRAM).args(arguments).env("MEESHY_DATA_DIR", folder.path()).output().unwrap()
    };
    let verified = run(&["models", "verify", "--json"]);
    assert!(!verified.status.success());
    let said: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!((&said["state"], &said["pair"]), (&"damaged".into(), &"en-es".into()), "{said}");
    let translated = run(&["translate", "--from", "en", "--to", "es", "The cat is small."]);
    assert_eq!(text(&translated.stdout), "El gato es pequeño.\n");
    let warning = text(&translated.stderr);
    assert!(warning.contains("the model en-es is damaged") && warning.contains("models pull"), "{warning}");
}

#[test]
fn a_level_of_the_log_that_is_none_is_refused() {
    let refused = meeshy(&["serve"], &[("LOG_LEVEL", "inof"), ("DATABASE_URL", "postgres://127.0.0.1:1/x")]);
    let message = text(&refused.stderr);
    assert!(!refused.status.success());
    assert!(message.contains("`inof` is no level; use error, warn, info"), "{message}");
}

#[test]
fn a_line_that_is_no_text_is_named() {
    let mut child = Command::new(PROGRAM)
        .args(["translate", "--from", "en", "--to", "es"])
        .env("MEESHY_DATA_DIR", tempfile::tempdir().unwrap().path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"The cat.\r\n\xff\xfe\nThe dog.\n").unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(!ended.status.success());
    assert_eq!(text(&ended.stdout).lines().count(), 1, "{}", text(&ended.stdout));
    assert!(text(&ended.stderr).contains("line 2 is not UTF-8"), "{}", text(&ended.stderr));
}
