//! What other users of the machine, and strangers on the network, cannot see.

use crate::server::{Server, free_port};
use reqwest::StatusCode;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

/// Everything in a folder, with its permissions.
fn permissions(folder: &Path) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        found.push((path.display().to_string(), entry.metadata().unwrap().permissions().mode() & 0o777));
        if path.is_dir() {
            found.extend(permissions(&path));
        }
    }
    found
}

#[tokio::test]
async fn the_data_folder_is_private_whatever_the_umask() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir_all(data.join("uploads")).unwrap();
    fs::write(data.join("uploads/a.png"), "x").unwrap();
    for (path, mode) in [(data.clone(), 0o755), (data.join("uploads/a.png"), 0o644)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let wrapper = ["sh", "-c", "umask 0; exec \"$@\"", "sh"];
    let server = Server::start_through(&wrapper, &data, &[]).await;
    server.sign_up("lea", "fr").await;
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    let found = permissions(&data);
    for name in ["meeshy.db", "meeshy.db-wal", "a.png"] {
        assert!(found.iter().any(|(path, _)| path.ends_with(name)), "{name} is not in {found:?}");
    }
    for (path, mode) in found {
        assert_eq!(mode & 0o077, 0, "{path} has {mode:o}");
    }
}

#[tokio::test]
async fn metrics_have_their_own_address() {
    let folder = tempfile::tempdir().unwrap();
    let operators = format!("127.0.0.1:{}", free_port());
    let variables = [("METRICS_LISTEN", operators.as_str())];
    let server = Server::start(&folder.path().join("data"), &variables).await;
    server.sign_up("lea", "fr").await;
    let get = async |address: &str, path: &str| {
        let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    // The first runs of the scheduled jobs are due at the start.
    let succeeded = "meeshy_scheduled_job_last_success_seconds{job=\"archive-notifications\"}";
    let (status, metrics) = loop {
        let answer = get(&operators, "/metrics").await;
        // An account orders an e-mail when it is created.
        let is_idle = answer.1.contains("meeshy_jobs_waiting 0");
        if answer.0 != StatusCode::OK || (is_idle && answer.1.contains(succeeded)) {
            break answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(status, StatusCode::OK);
    assert!(metrics.contains("meeshy_scheduled_job_failing{job=\"prune-events\"} 0"), "{metrics}");
    assert!(metrics.contains("meeshy_jobs_waiting 0") && metrics.contains("meeshy_jobs_dead 0"), "{metrics}");
    assert!(metrics.contains("meeshy_users 1"), "{metrics}");
    assert!(get(&operators, "/health").await.1.contains("\"userCount\":1"));
    let public = format!("127.0.0.1:{}", server.port);
    assert_eq!(get(&public, "/metrics").await.0, StatusCode::NOT_FOUND);
    let (status, health) = get(&public, "/health").await;
    assert!(status == StatusCode::OK && !health.contains("Count"), "{health}");
}
