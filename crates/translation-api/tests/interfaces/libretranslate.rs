//! LibreTranslate's API.

use crate::server::{CHEROKEE, ENGLISH, FRENCH, Server, answer, api, bare};
use meeshy_translation_api::TranslationApiConfig;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

#[tokio::test]
async fn a_text_or_a_list_of_texts_is_translated() {
    let server = Server::start().await;
    let one = json!({ "q": "Hello", "source": "en", "target": "fr", "format": "text", "api_key": "" });
    assert_eq!(server.post("/translate", one).await, (200, json!({ "translatedText": "fr:Hello" })));
    let list = json!({ "q": ["Hello", "", "ok", "👍"], "source": "en", "target": "fr" });
    let expected = json!({ "translatedText": ["fr:Hello", "", "ok", "👍"] });
    assert_eq!(server.post("/translate", list).await, (200, expected));
    let list_of_one = json!({ "q": ["Hello"], "source": "en", "target": "fr" });
    assert_eq!(server.post("/translate", list_of_one).await.1, json!({ "translatedText": ["fr:Hello"] }));
    let same = json!({ "q": "Hello", "source": "en", "target": "en" });
    assert_eq!(server.post("/translate", same).await, (200, json!({ "translatedText": "Hello" })));
}

#[tokio::test]
async fn auto_returns_the_detected_language() {
    let server = Server::start().await;
    let (status, one) =
        server.post("/translate", json!({ "q": FRENCH, "source": "auto", "target": "en" })).await;
    assert_eq!((status, &one["translatedText"]), (200, &json!(format!("en:{FRENCH}"))));
    assert_eq!(one["detectedLanguage"]["language"], "fr");
    let confidence = one["detectedLanguage"]["confidence"].as_f64().unwrap();
    assert!((50.0..=100.0).contains(&confidence), "{confidence}");

    let list = json!({ "q": [FRENCH, ENGLISH, "42"], "source": "auto", "target": "en" });
    let (status, list) = server.post("/translate", list).await;
    assert_eq!((status, &list["translatedText"]), (200, &json!([format!("en:{FRENCH}"), ENGLISH, "42"])));
    let languages: Vec<_> = list["detectedLanguage"]
        .as_array()
        .unwrap()
        .iter()
        .map(|known| known["language"].as_str().unwrap())
        .collect();
    assert_eq!(languages, ["fr", "en", "en"]);
    assert_eq!(list["detectedLanguage"][2]["confidence"], 0.0, "numbers have no language");

    let (status, unknown) =
        server.post("/translate", json!({ "q": CHEROKEE, "source": "auto", "target": "en" })).await;
    let expected = "the language of the text cannot be detected; specify the source language";
    assert_eq!((status, unknown["error"].as_str()), (400, Some(expected)));
}

#[tokio::test]
async fn html_keeps_its_tags() {
    let server = Server::start().await;
    let html = "<p class=\"x\">Hello</p><script>Hello()</script>";
    let one = json!({ "q": html, "source": "en", "target": "fr", "format": "html" });
    let expected = "<p class=\"x\">fr:Hello</p><script>Hello()</script>";
    assert_eq!(server.post("/translate", one).await, (200, json!({ "translatedText": expected })));
    let list = format!("<b>{FRENCH}</b> &amp; <i>Bonjour</i>");
    let list = json!({ "q": [list, "<br>"], "source": "auto", "target": "en", "format": "html" });
    let (status, body) = server.post("/translate", list).await;
    assert_eq!(
        (status, &body["translatedText"]),
        (200, &json!([format!("<b>en:{FRENCH}</b> &amp; <i>Bonjour</i>"), "<br>"]))
    );
    assert_eq!(body["detectedLanguage"][0]["language"], "fr");
}

#[tokio::test]
async fn forms_are_accepted_like_json() {
    let server = Server::start().await;
    let form = server
        .request(Method::POST, "/translate")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")
        .body("q=caf%C3%A9+noir&source=en&target=fr&alternatives=2");
    let expected = json!({ "translatedText": "fr:café noir", "alternatives": [] });
    assert_eq!(answer(form).await, (200, expected));
    let form = server
        .request(Method::POST, "/detect")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("q=O%C3%B9+est+la+biblioth%C3%A8que");
    let (status, detected) = answer(form).await;
    assert_eq!((status, &detected[0]["language"]), (200, &json!("fr")));
}

#[tokio::test]
async fn parameters_can_be_in_the_query_or_in_a_multipart_form() {
    let server = Server::start().await;
    let query = server.request(Method::POST, "/translate?q=The+house&source=en&target=fr&format=text");
    assert_eq!(answer(query).await, (200, json!({ "translatedText": "fr:The house" })));
    let parts = [("q", "<b>The house</b>"), ("source", "en"), ("target", "fr"), ("format", "html")];
    let body = parts.map(|(name, value)| {
        format!("--x1\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    });
    let form = server
        .request(Method::POST, "/translate")
        .header(CONTENT_TYPE, "multipart/form-data; boundary=x1")
        .body(format!("{}--x1--\r\n", body.concat()));
    assert_eq!(answer(form).await, (200, json!({ "translatedText": "<b>fr:The house</b>" })));
    let detect = server.request(Method::POST, "/detect?q=O%C3%B9+est+la+biblioth%C3%A8que");
    assert_eq!(answer(detect).await.1[0]["language"], "fr");
}

#[tokio::test]
async fn untranslatable_elements_are_kept() {
    let server = Server::start().await;
    let html = "<p>The <span translate=\"no\">White House</span> is red</p><P CLASS='a notranslate'>Hello <b>you</b></P>";
    let one = json!({ "q": html, "source": "en", "target": "fr", "format": "html" });
    let expected = "<p>fr:The <span translate=\"no\">White House</span> is red</p><P CLASS='a notranslate'>Hello <b>you</b></P>";
    assert_eq!(server.post("/translate", one).await, (200, json!({ "translatedText": expected })));
}

#[tokio::test]
async fn health_and_spec_are_served() {
    let server = Server::start().await;
    assert_eq!(server.get("/health").await.1["status"], "ok");
    let (status, spec) = server.get("/spec").await;
    assert_eq!((status, &spec["openapi"]), (200, &json!("3.0.3")));
    for path in ["/translate", "/detect", "/languages", "/frontend/settings", "/health", "/spec"] {
        assert!(spec["paths"][path].is_object(), "{path}");
    }
}

#[tokio::test]
async fn languages_come_with_their_targets() {
    let server = Server::start().await;
    let expected = json!([
        { "code": "en", "name": "English", "targets": ["es", "fr"] },
        { "code": "fr", "name": "French", "targets": ["en", "es"] },
    ]);
    assert_eq!(server.get("/languages").await, (200, expected));
    assert_eq!(Server::of(bare()).await.get("/languages").await, (200, json!([])));
    let (status, settings) = server.get("/frontend/settings").await;
    assert_eq!(
        (status, &settings["keyRequired"], &settings["charLimit"]),
        (200, &json!(false), &json!(100_000))
    );
}

#[tokio::test]
async fn texts_are_detected_the_likeliest_language_first() {
    let server = Server::of(bare()).await;
    let (status, detected) = server.post("/detect", json!({ "q": ENGLISH })).await;
    assert_eq!((status, &detected[0]["language"]), (200, &json!("en")));
    let confidences: Vec<f64> =
        detected.as_array().unwrap().iter().map(|known| known["confidence"].as_f64().unwrap()).collect();
    assert!(
        confidences.is_sorted_by(|one, next| one >= next) && confidences.iter().all(|known| *known >= 1.0)
    );
    for nothing in [CHEROKEE, "42 👍"] {
        assert_eq!(server.post("/detect", json!({ "q": nothing })).await, (200, json!([])));
    }
}

#[tokio::test]
async fn keys_are_required_if_configured() {
    let config = TranslationApiConfig {
        api_keys: vec!["one".into(), "other".into()],
        ..TranslationApiConfig::default()
    };
    let server = Server::of(api(config)).await;
    let body = |key: &str| json!({ "q": "Hello", "source": "en", "target": "fr", "api_key": key });
    for path in ["/translate", "/detect"] {
        let (status, refused) = server.post(path, body("")).await;
        assert_eq!(
            (status, &refused["error"]),
            (403, &json!("Please contact the server operator to get an API key"))
        );
        let (status, refused) = server.post(path, body("on")).await;
        assert_eq!((status, &refused["error"]), (403, &json!("Invalid API key")));
        assert_eq!(server.post(path, body("other")).await.0, 200);
        let bearer = server.request(Method::POST, path).bearer_auth("one").json(&body(""));
        assert_eq!(answer(bearer).await.0, 200);
    }
    let classic = json!({ "text": "Hello", "target_language": "fr", "source_language": "en" });
    assert_eq!(server.post("/translate", classic.clone()).await.0, 403);
    assert_eq!(server.post("/translate/batch", json!([classic])).await.0, 403);
    assert_eq!(server.get("/frontend/settings").await.1["keyRequired"], true);
    assert_eq!(server.get("/languages").await.0, 200);
}
