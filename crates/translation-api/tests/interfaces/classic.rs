//! The old translator's API.

use crate::server::{FRENCH, Server, bare};
use serde_json::json;

#[tokio::test]
async fn a_text_is_translated() {
    let server = Server::start().await;
    let request =
        json!({ "text": "Hello", "source_language": "en", "target_language": "fr", "model_type": "premium" });
    let (status, mut body) = server.post("/translate", request).await;
    assert!(body["processing_time_ms"].take().is_u64());
    let expected = json!({
        "original_text": "Hello", "translated_text": "fr:Hello", "source_language": "en", "target_language": "fr",
        "model_used": "fake", "confidence_score": 0.5, "quality": "fair", "processing_time_ms": null,
    });
    assert_eq!((status, body), (200, expected));
    let (_, detected) = server.post("/translate", json!({ "text": FRENCH, "target_language": "en" })).await;
    assert_eq!(
        (&detected["source_language"], &detected["translated_text"]),
        (&json!("fr"), &json!(format!("en:{FRENCH}")))
    );
    let same = json!({ "text": "Hello", "source_language": "en", "target_language": "en" });
    let (status, same) = server.post("/translate", same).await;
    assert_eq!(
        (status, &same["translated_text"], &same["model_used"]),
        (200, &json!("Hello"), &json!("none"))
    );
    assert_eq!(same["confidence_score"], json!(null));
}

#[tokio::test]
async fn q_selects_libretranslate_and_text_alone_the_old_translator() {
    let server = Server::start().await;
    let both = json!({ "q": "one", "source": "en", "target": "fr", "text": "two", "target_language": "es" });
    assert_eq!(server.post("/translate", both).await.1, json!({ "translatedText": "fr:one" }));
    let neither = server.post("/translate", json!({ "source": "en", "target": "fr" })).await;
    assert_eq!(neither, (400, json!({ "error": "Invalid request: missing q parameter" })));
    let (status, old) = server.post("/translate", json!({ "text": "two", "target_language": "xx" })).await;
    assert_eq!((status, old["detail"].is_string()), (400, true));
}

#[tokio::test]
async fn requests_of_a_batch_are_independent() {
    let server = Server::start().await;
    let request =
        |text: &str, to: &str| json!({ "text": text, "source_language": "en", "target_language": to });
    let batch = json!([request("one", "fr"), request("crash", "fr"), request("two", "ja"), { "text": 7 }, ["one", "en", "fr"]]);
    let (status, body) = server.post("/translate/batch", batch).await;
    assert_eq!(status, 200);
    assert_eq!(body["results"][0]["translated_text"], "fr:one");
    assert_eq!(
        body["results"][1],
        json!({ "error": "Cannot translate text: the engine stopped", "original_text": "crash" })
    );
    assert!(
        body["results"][2]["error"]
            .as_str()
            .unwrap()
            .contains("no installed engine translates English to Japanese")
    );
    assert_eq!(body["results"][3]["original_text"], "");
    let refused = json!({ "error": "Invalid request: invalid type: sequence, expected an object", "original_text": "" });
    assert_eq!(body["results"][4], refused);
    let (status, refused) = server.post("/translate/batch", json!(vec![request("one", "fr"); 11])).await;
    assert_eq!(
        (status, &refused["detail"]),
        (400, &json!("Invalid request: 11 texts exceed the limit of 10"))
    );
}

#[tokio::test]
async fn health_and_readiness_are_reported() {
    let (server, bare) = (Server::start().await, Server::of(bare()).await);
    let (status, health) = server.get("/health").await;
    assert_eq!((status, &health["status"]), (200, &json!("ok")));
    assert_eq!(health["summary"], json!({ "languages": 2, "pairs": 4, "engines": ["fake"] }));
    assert_eq!(server.get("/ready").await.0, 200);
    let expected = json!([{ "name": "fake", "pairs": ["en-es", "en-fr", "fr-en"] }]);
    assert_eq!(server.get("/models").await.1["models"], expected);
    let (status, health) = bare.get("/health").await;
    assert_eq!((status, &health["status"]), (200, &json!("degraded")));
    let (status, ready) = bare.get("/ready").await;
    assert_eq!((status, ready["reason"].is_string()), (503, true));
    assert_eq!(bare.get("/live").await, (200, json!({ "status": "alive" })));
}
