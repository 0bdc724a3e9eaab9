//! The API conforms to its OpenAPI document.

use crate::server::Server;
use std::path::Path;
use std::process::Command;

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_schema_conformance,negative_data_rejection";

/// Headers that the document does not name are allowed, and another version of the protocol has a status of its own.
const RESUMABLE: &str = "[[operations]]\ninclude-path-regex = \"/attachments/resumable\"\n\
    [operations.checks.negative_data_rejection]\n\
    expected-statuses = [\"201\", \"400\", \"401\", \"404\", \"409\", \"412\", \"413\", \"415\", \"422\", \"429\"]\n";

/// What parts of files consist of.
const PARTS: &str = "import schemathesis\nfrom hypothesis import strategies\n\
    schemathesis.openapi.media_type('application/offset+octet-stream', strategies.binary(max_size=100))\n";

/// A program of the Python of the tests.
fn python(program: &str) -> Command {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python/bin").join(program);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    assert!(path.exists(), "{program} is missing; set it up with: scripts/test-python {}", folder.display());
    Command::new(path)
}

#[test]
fn the_description_in_the_repository_is_openapi() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let output = python("openapi-spec-validator").arg(document).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// Schemathesis reads `/docs/openapi.json` and sends valid and invalid requests. No request causes a server
/// error, every response has the documented shape, and invalid requests are rejected.
#[tokio::test]
async fn every_response_conforms_to_the_document() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(data.path(), &[]).await;
    let lea = server.sign_up("lea", "fr").await;
    let talk = lea.group(&[]).await;
    let message = lea.say(&talk, "hola").await;
    let known = format!(
        "[parameters]\n\"path.id\" = \"{talk}\"\n\"path.messageId\" = \"{message}\"\n\
         \"path.jobId\" = \"{message}-es\"\n\"path.language\" = \"es\"\n{RESUMABLE}"
    );
    let config = data.path().join("schemathesis.toml");
    std::fs::write(&config, known).unwrap();
    std::fs::write(data.path().join("parts.py"), PARTS).unwrap();
    let mut command = python("schemathesis");
    command
        .arg("--config-file")
        .arg(config)
        .args(["run", &format!("http://127.0.0.1:{}/docs/openapi.json", server.port)])
        .args(["--header", &format!("Authorization: Bearer {}", lea.token)])
        .args(["--checks", CHECKS])
        // It would sign the caller out, and fail the rest of the run.
        .args(["--exclude-path-regex", "/auth/logout$"])
        .args(["--phases", "coverage,fuzzing", "--max-examples", "10", "--seed", "1"])
        // One worker: `compile` fails at times in several threads before Python 3.11.8 (python/cpython#106905).
        .args(["--generation-database", "none", "--no-shrink", "--workers", "1", "--request-timeout", "20"])
        .args(["--continue-on-failure", "--no-color"])
        .env("SCHEMATHESIS_HOOKS", "parts")
        .current_dir(data.path());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("Test cases:"), "{said}");
    assert!(server.is_alive());
}
