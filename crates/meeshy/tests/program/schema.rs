//! The interface is as its own description says.

use crate::server::Server;
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// Schemathesis reads `/docs/openapi.json`, and sends what it describes and what it does not: no answer is a failure of the server,
/// none has another shape than described, and what the description forbids is refused.
#[tokio::test]
async fn every_answer_is_as_described() {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python/bin/schemathesis");
    assert!(
        program.exists(),
        "schemathesis is missing; set it up with: scripts/test-python {}",
        program.parent().and_then(Path::parent).unwrap().display()
    );
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(data.path(), &[]).await;
    let lea = server.sign_up("lea", "fr").await;
    let talk = json!({ "type": "group", "title": "Trip", "identifier": "trip" });
    assert_eq!(lea.post("/api/v1/conversations", &talk).await.unwrap().0, 201);
    let mut command = Command::new(program);
    command
        .args(["run", &format!("http://127.0.0.1:{}/docs/openapi.json", server.port)])
        .args(["--header", &format!("Authorization: Bearer {}", lea.token)])
        .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance"])
        .args(["--checks", "response_schema_conformance,negative_data_rejection"])
        // It would sign the caller out, and the rest of the run with it.
        .args(["--exclude-path-regex", "/auth/logout$"])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "1"])
        .args(["--generation-database", "none", "--no-shrink", "--workers", "2", "--request-timeout", "20"])
        .args(["--continue-on-failure", "--no-color"])
        .current_dir(data.path());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("Test cases:"), "{said}");
    assert!(server.is_alive());
}
