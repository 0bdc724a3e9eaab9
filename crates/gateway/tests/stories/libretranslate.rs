//! LibreTranslate's API on the gateway.

use meeshy_harness::{TestServer, unlimited};
use meeshy_testkit::{Answer, answer};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn an_api_key_is_a_token_of_a_user_or_a_device() {
    let server = TestServer::start(unlimited()).await;
    let lea = server.sign_up("lea", "fr").await;
    let ask = async |key: &str| -> Answer {
        let body = json!({ "q": ["hola", "hello"], "source": "en", "target": "fr", "api_key": key });
        server.post("/libretranslate/translate", body).await
    };
    for key in [&lea.token, &lea.session_token] {
        let translated = ask(key).await;
        assert_eq!(
            (translated.status, translated.body),
            (200, json!({ "translatedText": ["fr: hola", "fr: hello"] }))
        );
    }
    for (key, code) in [("", "AUTH_REQUIRED"), ("nonsense", "AUTH_FAILED"), ("a.b.c", "AUTH_FAILED")] {
        let refused = ask(key).await;
        assert_eq!((refused.status, refused.code()), (401, code), "{key}");
        assert!(refused.body["error"].is_string());
    }
    let form = server
        .request(Method::POST, "/libretranslate/detect")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("q=d%C3%B3nde+est%C3%A1+la+biblioteca&api_key={}", lea.session_token));
    assert_eq!(answer(form).await.body[0]["language"], "es");
    let query = format!("/libretranslate/translate?q=hello&source=en&target=fr&api_key={}", lea.token);
    assert_eq!(
        answer(server.request(Method::POST, &query)).await.body,
        json!({ "translatedText": "fr: hello" })
    );
    assert_eq!(server.get("/libretranslate/health").await.body, json!({ "status": "ok" }));
    let spec = server.get("/libretranslate/spec").await.body;
    assert_eq!(spec["servers"], json!([{ "url": "/libretranslate" }]));
    let languages = server.get("/libretranslate/languages").await.body;
    assert_eq!(languages[0], json!({ "code": "en", "name": "English", "targets": ["fr"] }));
    assert_eq!(server.get("/libretranslate/frontend/settings").await.body["keyRequired"], true);
}

#[tokio::test]
async fn invalid_input_is_rejected_with_a_message() {
    let server = TestServer::single(unlimited()).await;
    let lea = server.sign_up("lea", "fr").await;
    let long = format!(r#"{{"q":"{}","source":"en","target":"fr"}}"#, "x".repeat(100_001));
    for (body, status, word) in [
        ("", 400, "not valid JSON"),
        ("[]", 400, "JSON object"),
        (r#"{"q":"\ud800","source":"en","target":"fr"}"#, 400, "hex escape"),
        (r#"{"q":7,"source":"en","target":"fr"}"#, 400, "q must be"),
        (r#"{"q":"x","source":"xx","target":"fr"}"#, 400, "`xx` is not a language"),
        (r#"{"q":"x","source":"fr","target":"ja"}"#, 400, "no installed engine"),
        (&long, 400, "100000 characters"),
        (&" ".repeat(2_000_000), 413, "too large"),
    ] {
        let request = server.request(Method::POST, "/libretranslate/translate").bearer_auth(&lea.token);
        let refused = answer(request.body(body.to_owned())).await;
        let error = refused.body["error"].as_str().unwrap();
        assert_eq!(refused.status, status, "{error}");
        assert!(error.contains(word), "{error}");
    }
}
