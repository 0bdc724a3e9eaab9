//! The commands, as an operator types them.

use crate::server::PROGRAM;
use meeshy_testkit::eventually_blocking;
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
fn a_weak_secret_is_rejected_with_advice() {
    for secret in ["short", "change-me-change-me-change-me-change-me"] {
        let refused = meeshy(&["serve"], &[("JWT_SECRET", secret)]);
        let message = text(&refused.stderr);
        assert!(!refused.status.success());
        assert!(message.contains("JWT_SECRET") && message.contains("openssl rand -hex 32"), "{message}");
        assert!(!message.contains("change-me-change"), "{message}");
    }
}

#[test]
fn migrate_reports_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output =
            Command::new(PROGRAM).args(arguments).env("MEESHY_DATA_DIR", folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let first = run(&["migrate"]);
    assert!(first.contains("applied 0001_first_conversation"));
    assert!(run(&["migrate"]).contains("was already up to date"));
    let report: serde_json::Value = serde_json::from_str(&run(&["migrate", "--json"])).unwrap();
    let last = first.lines().filter_map(|line| line.strip_prefix("applied ")).next_back().unwrap();
    let newest: i64 = last.split('_').next().unwrap().parse().unwrap();
    assert_eq!((&report["version"], &report["applied"]), (&newest.into(), &serde_json::json!([])));
}

#[test]
fn an_unreachable_database_is_named_without_its_password() {
    let refused = meeshy(&["migrate"], &[("DATABASE_URL", "postgres://me:hunter2@127.0.0.1:1/x")]);
    let message = text(&refused.stderr);
    assert!(!refused.status.success());
    assert!(message.contains("failed to open the database `postgres://me@127.0.0.1:1/x`"), "{message}");
    assert!(!message.contains("hunter2"), "{message}");
}

#[test]
fn help_lists_every_command() {
    let help = text(&meeshy(&["--help"], &[]).stdout);
    assert!(help.contains("everyone reads in their own language"), "{help}");
    for command in ["serve", "config", "migrate", "translate", "models", "import", "export", "user"] {
        assert!(help.contains(&format!("  {command} ")), "{help}");
    }
}

#[test]
fn an_address_that_cannot_be_bound_is_reported_with_advice() {
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
fn commands_report_that_no_models_are_installed() {
    for arguments in [["models", "list"], ["models", "verify"]] {
        let shown = meeshy(&arguments, &[]);
        assert!(shown.status.success());
        assert!(text(&shown.stdout).contains("no models installed"), "{arguments:?}");
    }
}

#[test]
fn a_damaged_model_is_reported_and_another_engine_takes_over() {
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
fn an_invalid_log_level_is_rejected() {
    let refused = meeshy(&["serve"], &[("LOG_LEVEL", "inof"), ("DATABASE_URL", "postgres://127.0.0.1:1/x")]);
    let message = text(&refused.stderr);
    assert!(!refused.status.success());
    assert!(message.contains("`inof` is not a level; use error, warn, info"), "{message}");
}

#[test]
fn a_line_that_is_not_utf8_is_reported_by_number() {
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

#[test]
fn a_closed_pipe_ends_a_command_quietly() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["languages"][..], &["config"], &["models", "list"], &["config", "--reference"]] {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(folder.path()).env("MEESHY_DATA_DIR", folder.path().join("data"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{arguments:?}: {} {}", ended.status, text(&ended.stderr));
        assert_eq!(text(&ended.stderr), "", "{arguments:?}");
    }
    // A closed standard error does not cause a panic.
    let mut command = Command::new(PROGRAM);
    command.args(["config", "--config", "/nowhere/meeshy.toml"]).stdout(Stdio::null());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_server_survives_closed_output_streams() {
    let folder = tempfile::tempdir().unwrap();
    let port = crate::server::free_port().to_string();
    let mut command = Command::new(PROGRAM);
    command.args(["serve", "--demo"]).env("MEESHY_DATA_DIR", folder.path()).env("MODELS_PULL", "off");
    command.env("PORT", &port).env("HOST", "127.0.0.1").env("LOG_LEVEL", "debug");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    let answers = || std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_ok();
    // It says more before it accepts connections, and with each of them.
    eventually_blocking("the demo is there", || folder.path().join("demo-passwords.txt").exists());
    eventually_blocking("it accepts connections", answers);
    let status = child.try_wait().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(status.is_none(), "{status:?}");
}

#[test]
fn the_algorithm_follows_from_the_signing_key() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, kind: &[&str]| {
        let private = folder.path().join(format!("{name}.pem"));
        let public = folder.path().join(format!("{name}.pub.pem"));
        let openssl = |command: &mut Command| {
            assert!(
                command.output().is_ok_and(|made| made.status.success()),
                "install openssl: apt-get install openssl"
            );
        };
        openssl(Command::new("openssl").arg("genpkey").args(kind).arg("-out").arg(&private));
        openssl(
            Command::new("openssl")
                .arg("pkey")
                .arg("-in")
                .arg(&private)
                .arg("-pubout")
                .arg("-out")
                .arg(&public),
        );
        (private, public)
    };
    let ed25519 = make("ed25519", &["-algorithm", "ED25519"]);
    let rsa = make("rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
    let p256 = make("p256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    // A comment makes a short key file long.
    let explained = folder.path().join("explained.pem");
    let text_before = "This is the public key of the messenger.\n".repeat(20);
    std::fs::write(&explained, text_before + &std::fs::read_to_string(&ed25519.1).unwrap()).unwrap();
    for (private, public, expected) in [
        (&ed25519.0, &ed25519.1, Ok(())),
        (&ed25519.0, &explained, Ok(())),
        (&rsa.0, &rsa.1, Ok(())),
        (&ed25519.0, &rsa.1, Err("JWT_PUBLIC_KEY")),
        (&p256.0, &p256.1, Err("expected an Ed25519 or RSA private key")),
    ] {
        let data = tempfile::tempdir().unwrap();
        let port = crate::server::free_port().to_string();
        let mut command = Command::new(PROGRAM);
        command.arg("serve").env("MEESHY_DATA_DIR", data.path()).env("PORT", &port).env("HOST", "127.0.0.1");
        command
            .env("MODELS_PULL", "off")
            .env("JWT_PRIVATE_KEY_FILE", private)
            .env("JWT_PUBLIC_KEY_FILE", public);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        for line in std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap())) {
            said += &line.unwrap();
            if said.contains("Meeshy is ready") {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        match expected {
            Ok(()) => assert!(said.contains("Meeshy is ready"), "{said}"),
            Err(reason) => assert!(said.contains(reason) && !said.contains("Meeshy is ready"), "{said}"),
        }
    }
}
