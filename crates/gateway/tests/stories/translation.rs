//! Translations on request, over the API.

use meeshy_harness::{TestServer, unlimited};
use meeshy_testkit::{Socket, both_databases};
use serde_json::{Value, json};

const SPANISH: &str = "dónde está la biblioteca";
/// Letters of a language that Meeshy does not know.
const CHEROKEE: &str = "ᏣᎳᎩ";

#[both_databases]
async fn a_requested_translation_arrives_as_an_event(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea]).await;
    let (mut hers, mut his) = (Socket::of(&server, &lea).await, Socket::of(&server, &carlos).await);
    let id = carlos.say(&talk, "hola").await;
    assert_eq!(hers.event("message:translation").await["translations"][0]["targetLanguage"], "fr");

    let ask = json!({ "message_id": id, "target_language": "de", "model_type": "premium" });
    let asked = lea.post("/translate", ask.clone()).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let data = &asked.body["data"];
    assert_eq!((&data["messageId"], &data["targetLanguage"]), (&json!(id), &json!("de")));
    assert_eq!(data["status"], "processing");
    let mut came = hers.event("message:translation").await;
    assert_eq!(came["translations"][0]["translatedContent"], "de: hola");
    // Only what is new has a number.
    assert!(came.as_object_mut().unwrap().remove("eventNumber").is_some());

    let again = lea.post("/translate", ask).await;
    assert_eq!(again.body["data"]["status"], "completed");
    assert_eq!(again.body["data"]["translation"]["translatedText"], "de: hola");
    assert_eq!(hers.event("message:translation").await, came, "the same, for the requester");
    // His gateway may be a moment behind.
    for _ in 0..2 {
        his.event("message:translation").await;
    }
    let more = his.so_far().await.into_iter().filter(|(name, _)| name == "message:translation").count();
    assert_eq!(more, 0, "he received each once");
}

/// A client that keeps only the latest event has all languages.
#[both_databases]
async fn a_translation_comes_with_all_others_of_its_text(server: TestServer) {
    let (lea, emma) = (server.sign_up("lea", "fr").await, server.sign_up("emma", "en").await);
    let (ines, carlos) = (server.sign_up("ines", "pt").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea, &emma, &ines]).await;
    let mut hers = Socket::of(&server, &lea).await;
    let languages = |event: &Value| -> Vec<String> {
        let translations = event["translations"].as_array().unwrap().iter();
        translations.map(|translation| translation["targetLanguage"].as_str().unwrap().to_owned()).collect()
    };
    let id = carlos.say(&talk, "hola").await;
    let (mut new, mut known) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let came = languages(&hers.event("message:translation").await);
        assert!(known.iter().all(|language| came.contains(language)), "{known:?}, then {came:?}");
        new.push(came[0].clone());
        known = came;
    }
    let sorted = |mut languages: Vec<String>| {
        languages.sort_unstable();
        languages
    };
    assert_eq!((sorted(new).join(" "), sorted(known).join(" ")), ("en fr pt".into(), "en fr pt".into()));

    let again = json!({ "message_id": id, "target_language": "fr" });
    assert_eq!(lea.post("/translate", again).await.body["data"]["status"], "completed");
    let repeated = languages(&hers.event("message:translation").await);
    assert_eq!(repeated[0], "fr");
    assert_eq!(sorted(repeated).join(" "), "en fr pt");

    // Not those of an older text.
    let text = json!({ "content": "adiós" });
    assert_eq!(carlos.put(&format!("/conversations/{talk}/messages/{id}"), text).await.status, 200);
    for _ in 0..3 {
        let event = hers.event("message:translation").await;
        let translations = event["translations"].as_array().unwrap().iter();
        assert!(translations.clone().all(|translation| translation["revision"] == 2), "{event}");
    }
}

#[both_databases]
async fn the_quality_is_sent_wherever_a_translation_is(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea]).await;
    let mut hers = Socket::of(&server, &lea).await;
    let id = carlos.say(&talk, "hola").await;
    let fair = json!("fair");
    assert_eq!(hers.event("message:translation").await["translations"][0]["quality"], fair);
    let page = lea.get(&format!("/conversations/{talk}/messages")).await.body;
    assert_eq!(page["data"][0]["translations"][0]["quality"], fair, "{page}");
    let list = lea.get(&format!("/messages/{id}/translations")).await.body;
    assert_eq!(list["translations"][0]["quality"], fair);
    let status = lea.get(&format!("/status/{id}/fr")).await.body;
    assert_eq!(status["data"]["translation"]["quality"], fair);
    let conversations = lea.get("/conversations").await.body;
    assert_eq!(
        conversations["data"][0]["lastMessage"]["translations"][0]["quality"], fair,
        "{conversations}"
    );
    let ask = json!({ "text": "hola", "source_language": "es", "target_language": "fr" });
    assert_eq!(lea.post("/translate-blocking", ask).await.body["data"]["quality"], fair);
    let same = json!({ "message_id": id, "target_language": "es" });
    assert_eq!(lea.post("/translate-blocking", same).await.body["data"].get("quality"), None);
    hers.tell("request_translation", json!({ "messageId": id, "targetLanguage": "fr" })).await;
    assert_eq!(hers.event("translation_received").await["quality"], fair);
    // And what readers of each language can expect.
    let languages = server.get("/api/v1/languages").await.body;
    let languages = languages["data"]["languages"].as_array().unwrap();
    let from = |code: &str| {
        let language = languages.iter().find(|language| language["code"] == code).unwrap();
        language["translatedFrom"].clone()
    };
    assert_eq!(
        from("fr"),
        json!({ "good": [], "fair": ["de", "en", "es", "fr"], "rough": [], "unknown": [] })
    );
    assert_eq!(from("fi"), json!({ "good": [], "fair": [], "rough": [], "unknown": [] }));
}

#[both_databases]
async fn a_translation_that_waits_for_its_model_is_pending_and_says_why(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea]).await;
    let mut hers = Socket::of(&server, &lea).await;
    let id = carlos.say(&talk, "soon").await;
    server.leaves_jobs();
    let told = hers.event("message:translation-state").await;
    let state = |of: &Value| (of["targetLanguage"].clone(), of["state"].clone(), of["reasonCode"].clone());
    let expected = (json!("fr"), json!("pending"), json!("model_downloading"));
    assert_eq!((state(&told), &told["messageId"]), (expected.clone(), &json!(id)));
    let page = lea.get(&format!("/conversations/{talk}/messages")).await.body;
    let states = page["data"][0]["translationStates"].as_array().unwrap();
    assert_eq!(states.iter().map(state).collect::<Vec<_>>(), [expected], "{page}");

    let ask = json!({ "text": "soon", "source_language": "es", "target_language": "fr" });
    let refused = lea.post("/translate-blocking", ask).await;
    assert_eq!((refused.status, refused.code()), (422, "TRANSLATION_UNAVAILABLE"));
    assert_eq!(refused.body["reasonCode"], "model_downloading");
}

#[tokio::test]
async fn waiting_returns_the_text() {
    let server = TestServer::start(unlimited()).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea]).await;
    let id = carlos.say(&talk, "hola").await;
    let ask = |target: &str| json!({ "message_id": id, "target_language": target });
    let waited = lea.post("/translate-blocking", ask("de")).await;
    let data = &waited.body["data"];
    assert_eq!((waited.status, &data["translated_text"]), (200, &json!("de: hola")));
    assert_eq!((&data["original_text"], &data["source_language"]), (&json!("hola"), &json!("es")));
    assert_eq!(
        (&data["model"], &data["confidence"], &data["message_id"]),
        (&json!("test"), &json!(0.5), &json!(id))
    );
    assert!(data["processing_time"].is_number() && data["timestamp"].is_string());
    let own = lea.post("/translate-blocking", ask("es")).await;
    assert_eq!(
        (&own.body["data"]["translated_text"], &own.body["data"]["model"]),
        (&json!("hola"), &json!("none"))
    );
    let japanese = lea.post("/translate-blocking", ask("ja")).await;
    assert_eq!((japanese.status, japanese.code()), (422, "TRANSLATION_UNAVAILABLE"));
    assert_eq!(japanese.body["error"], "nobody speaks ja");
    assert_eq!(japanese.body["reasonCode"], "no_engine");

    let text = json!({ "text": SPANISH, "conversation_id": talk, "target_language": "fr" });
    let data = lea.post("/translate", text.clone()).await.body["data"].clone();
    assert_eq!((&data["status"], &data["conversationId"]), (&json!("completed"), &json!(talk)));
    assert_eq!(
        (&data["translation"]["translated_text"], &data["translation"]["source_language"]),
        (&json!(format!("fr: {SPANISH}")), &json!("es"))
    );
    let total = lea.get(&format!("/conversations/{talk}/messages")).await.body["pagination"]["total"].clone();
    assert_eq!(total, 1, "a translated text is not a message");
    assert_eq!(
        lea.post("/translate-blocking", text).await.body["data"]["translated_text"],
        format!("fr: {SPANISH}")
    );

    let one = |text: &str, target: &str| json!({ "text": text, "source_language": "en", "target_language": target });
    let batch = lea.post("/translate/batch", json!([one("a", "fr"), one("", "fr"), one("b", "ja")])).await;
    let results = &batch.body["data"]["results"];
    assert_eq!(results[0]["translated_text"], "fr: a");
    assert_eq!((&results[1]["code"], &results[1]["original_text"]), (&json!("VALIDATION_ERROR"), &json!("")));
    assert_eq!(results[2]["code"], "TRANSLATION_UNAVAILABLE");
}

#[tokio::test]
async fn the_state_of_a_translation_is_shown() {
    let server = TestServer::start(unlimited()).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea]).await;
    let id = carlos.say(&talk, "hola").await;
    lea.post("/translate-blocking", json!({ "message_id": id, "target_language": "fr" })).await;
    lea.post("/translate-blocking", json!({ "message_id": id, "target_language": "ja" })).await;

    let status = lea.get(&format!("/status/{id}/fr")).await.body;
    let translation = &status["data"]["translation"];
    assert_eq!(
        (&status["data"]["status"], &translation["translatedText"]),
        (&json!("completed"), &json!("fr: hola"))
    );
    assert_eq!((&translation["sourceLanguage"], &translation["modelType"]), (&json!("es"), &json!("medium")));
    let job = lea.get(&format!("/translate/jobs/{id}-fr")).await.body;
    assert_eq!((&job["data"], &job["data"]["jobId"]), (&status["data"], &json!(format!("{id}-fr"))));
    let beside = lea.get(&format!("/messages/{id}/translate/fr/status")).await.body;
    assert_eq!((&beside["status"], &beside["progress"]), (&json!("completed"), &json!(100)));
    assert_eq!(beside["translatedContent"], "fr: hola");
    let without = lea.get(&format!("/messages/{id}/translate/ja/status")).await.body;
    assert_eq!((&without["status"], &without["error"]), (&json!("unavailable"), &json!("nobody speaks ja")));
    let list = lea.get(&format!("/messages/{id}/translations")).await.body;
    assert_eq!(
        (&list["translations"][0]["translatedContent"], &list["data"]["originalContent"]),
        (&json!("fr: hola"), &json!("hola"))
    );
    assert_eq!(list["data"]["translationStates"][0]["state"], "unavailable");

    for path in ["/status/{}/de", "/translate/jobs/{}-de", "/messages/{}/translate/de/status"] {
        let never = lea.get(&path.replace("{}", &id)).await;
        assert_eq!((never.status, never.code()), (404, "NOT_FOUND"), "{path}");
    }
    for path in [format!("/translate/jobs/{id}-fr"), format!("/messages/{id}/translate/fr")] {
        assert_eq!(lea.delete(&path).await.body["data"]["cancelled"], false);
    }
}

#[both_databases]
async fn statistics_come_from_the_store(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let none = lea.get("/translations/stats").await.body;
    assert_eq!(
        none["data"],
        json!({ "total": 0, "waiting": 0, "byState": {}, "byEngine": {}, "byLanguages": {} })
    );
    let talk = carlos.group(&[&lea]).await;
    for content in ["hola", "ok"] {
        let id = carlos.say(&talk, content).await;
        for target in ["fr", "ja"] {
            lea.post("/translate-blocking", json!({ "message_id": id, "target_language": target })).await;
        }
    }
    let expected = json!({
        "total": 4, "waiting": 0, "byState": { "done": 1, "identical": 1, "unavailable": 2 },
        "byEngine": { "test": 1 }, "byLanguages": { "es-fr": 2, "es-ja": 2 },
    });
    assert_eq!(lea.get("/translations/stats").await.body["data"], expected);
    let models = lea.get("/models").await.body["data"]["models"].clone();
    assert_eq!(models[0]["name"], "test");
    assert!(models[0]["pairs"].as_array().unwrap().contains(&json!("es-fr")), "{models}");
}

#[tokio::test]
async fn a_socket_requests_a_translation() {
    let server = TestServer::start(unlimited()).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let mallory = server.sign_up("mallory", "en").await;
    let talk = carlos.group(&[&lea]).await;
    let id = carlos.say(&talk, "hola").await;
    let mut socket = Socket::of(&server, &lea).await;
    let ask = |id: &str, target: &str| json!({ "messageId": id, "targetLanguage": target });
    // Once while it is made, once when it is done.
    for _ in 0..2 {
        socket.tell("request_translation", ask(&id, "de")).await;
        let received = socket.event("translation_received").await;
        let expected = json!({ "messageId": id, "translatedText": "de: hola", "targetLanguage": "de", "confidenceScore": 0.5, "quality": "fair" });
        assert_eq!(received, expected);
    }
    for (id, target, word) in [
        (id.as_str(), "ja", "nobody speaks ja"),
        (&id, "tlh", "`tlh` is not a language"),
        ("65a0c0ffee0123456789abcd", "fr", "no such message"),
        ("nonsense", "fr", "no such message"),
    ] {
        socket.tell("request_translation", ask(id, target)).await;
        let error = socket.event("translation_error").await;
        assert_eq!((&error["messageId"], &error["targetLanguage"]), (&json!(id), &json!(target)));
        assert!(error["error"].as_str().unwrap().contains(word), "{error}");
    }
    socket.tell("request_translation", json!({ "messageId": 7 })).await;
    assert_eq!(socket.event("error").await["code"], "VALIDATION_ERROR");
    let mut stranger = Socket::of(&server, &mallory).await;
    stranger.tell("request_translation", ask(&id, "de")).await;
    assert!(stranger.event("translation_error").await["error"].as_str().unwrap().contains("no such message"));
}

#[tokio::test]
async fn invalid_requests_are_rejected_with_a_message() {
    let server = TestServer::start(unlimited()).await;
    let lea = server.sign_up("lea", "fr").await;
    let text = |text: &str| json!({ "text": text, "source_language": "en", "target_language": "fr" });
    for (path, body, word) in [
        ("/translate", json!({ "target_language": "fr" }), "`text` or `message_id`"),
        ("/translate", json!({ "text": "x" }), "target_language"),
        ("/translate", text(""), "no text"),
        ("/translate", text(&"x".repeat(1_001)), "at most 1000 characters"),
        ("/translate", text(&"x".repeat(100_000)), "at most 1000 characters"),
        ("/translate", json!({ "text": 7, "target_language": "fr" }), "expected a string"),
        ("/translate", json!({ "text": "x", "source_language": "tlh", "target_language": "fr" }), "`tlh`"),
        (
            "/translate",
            json!({ "text": CHEROKEE, "source_language": "auto", "target_language": "fr" }),
            "could not be detected",
        ),
        ("/translate", json!({ "text": "x", "target_language": "fr", "model_type": "huge" }), "huge"),
        ("/translate/batch", json!(vec![text("x"); 11]), "at most 10"),
        ("/translate/batch", json!({}), "expected a sequence"),
        ("/detect-language", json!({ "text": "" }), "no text"),
        ("/detect-language", json!({}), "text"),
    ] {
        let refused = lea.post(path, body).await;
        let error = refused.body["error"].as_str().unwrap();
        assert_eq!((refused.status, refused.code()), (400, "VALIDATION_ERROR"), "{path}: {error}");
        assert!(error.contains(word), "{path}: {error}");
    }
    let refused = lea.post("/translate", text("")).await;
    assert_eq!(refused.body["errorCode"], "VALIDATION_ERROR");
    let missing = json!({ "message_id": "65a0c0ffee0123456789abcd", "target_language": "fr" });
    for path in ["/translate", "/translate-blocking"] {
        let refused = lea.post(path, missing.clone()).await;
        assert_eq!(
            (refused.status, &refused.body["errorCode"]),
            (404, &json!("MESSAGE_NOT_FOUND")),
            "{path}"
        );
    }
    let undetermined = lea.post("/detect-language", json!({ "text": CHEROKEE })).await;
    assert_eq!(undetermined.body["data"]["language"], Value::Null);
}
