//! The translation API for other programs, on its own ports.

use crate::server::{Server, free_port};
use serde_json::{Value, json};
use tokio::net::TcpStream;

#[tokio::test]
async fn other_programs_translate_on_their_own_ports() {
    let data = tempfile::tempdir().unwrap();
    let (http, grpc) = (free_port(), free_port());
    let (listen, grpc_listen) = (format!("127.0.0.1:{http}"), format!("127.0.0.1:{grpc}"));
    let variables =
        [("NODE_LISTEN", listen.as_str()), ("NODE_GRPC_LISTEN", &grpc_listen), ("NODE_API_KEYS", "one,two")];
    let mut server = Server::start(data.path(), &variables).await;
    let client = reqwest::Client::new();
    let ask = async |base: String, key: &str| -> (u16, Value) {
        let body = json!({ "q": "42", "source": "en", "target": "es", "api_key": key });
        let answer = client.post(format!("{base}/translate")).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    };
    let translation_api = format!("http://{listen}");
    assert_eq!(ask(translation_api.clone(), "two").await, (200, json!({ "translatedText": "42" })));
    assert_eq!(ask(translation_api.clone(), "three").await.0, 403);
    TcpStream::connect(&grpc_listen).await.unwrap();

    let lea = server.sign_up("lea", "fr").await;
    let gateway = format!("http://127.0.0.1:{}/libretranslate", server.port);
    assert_eq!(ask(gateway.clone(), &lea.token).await, (200, json!({ "translatedText": "42" })));
    assert_eq!(ask(gateway, "two").await.0, 401);
    assert!(server.stop().await);
    assert!(TcpStream::connect(&listen).await.is_err(), "the port is closed");
}

/// deep-translator, a Python library, sends everything in the query string.
#[tokio::test]
async fn a_library_made_for_libretranslate_translates() {
    const SCRIPT: &str = "
import sys
from deep_translator import LibreTranslator
print(LibreTranslator(source='en', target='es', api_key=sys.argv[2], custom_url=sys.argv[1]).translate('The house'))
";
    let data = tempfile::tempdir().unwrap();
    let listen = format!("127.0.0.1:{}", free_port());
    let mut server =
        Server::start(data.path(), &[("NODE_LISTEN", listen.as_str()), ("NODE_API_KEYS", "one")]).await;
    let lea = server.sign_up("lea", "fr").await;
    let gateway = format!("http://127.0.0.1:{}/libretranslate/", server.port);
    let python = meeshy_testkit::python::python(env!("CARGO_TARGET_TMPDIR"));
    for (url, key) in [(format!("http://{listen}/"), "one"), (gateway, lea.token.as_str())] {
        let output =
            tokio::process::Command::new(&python).args(["-c", SCRIPT, &url, key]).output().await.unwrap();
        let (text, problem) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(text.trim(), "La casa", "{url}: {problem}");
    }
    assert!(server.stop().await);
}
