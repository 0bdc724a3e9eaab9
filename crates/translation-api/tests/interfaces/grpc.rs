//! The gRPC interface as clients and tools use it.

use crate::server::{CHEROKEE, ENGLISH, FRENCH, api, serve};
use futures::{StreamExt, stream};
use meeshy_translation_api::TranslationApiConfig;
use meeshy_translation_api::grpc::proto::translate_stream_response::Result as Streamed;
use meeshy_translation_api::grpc::proto::translation_service_client::TranslationServiceClient;
use meeshy_translation_api::grpc::proto::{
    DetectLanguageRequest, ListLanguagesRequest, State, TranslateRequest, TranslateStreamRequest,
};
use meeshy_translation_api::grpc::router;
use std::collections::BTreeMap;
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

const SERVICE: &str = "meeshy.translation.v1.TranslationService";

async fn connect(config: TranslationApiConfig) -> Channel {
    let address = serve(router(api(config)).await.unwrap()).await;
    Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

async fn client() -> TranslationServiceClient<Channel> {
    TranslationServiceClient::new(connect(TranslationApiConfig::default()).await)
}

fn request(texts: &[&str], from: &str, to: &str) -> TranslateRequest {
    TranslateRequest {
        texts: texts.iter().map(|text| (*text).to_owned()).collect(),
        source_language: from.to_owned(),
        target_language: to.to_owned(),
    }
}

#[tokio::test]
async fn each_text_has_its_own_state() {
    let mut client = client().await;
    let answer = client.translate(request(&["Hello", "ok", "👍"], "en", "fr")).await.unwrap().into_inner();
    let states: Vec<_> =
        answer.translations.iter().map(|known| (known.state(), known.text.as_str())).collect();
    assert_eq!(states, [(State::Done, "fr:Hello"), (State::Identical, "ok"), (State::Identical, "👍")]);
    let first = &answer.translations[0];
    assert_eq!(
        (first.engine.as_str(), first.score, first.source_language.as_str()),
        ("fake", Some(0.5), "en")
    );

    let answer = client.translate(request(&["Hello"], "en", "ja")).await.unwrap().into_inner();
    assert_eq!(answer.translations[0].state(), State::Unavailable);
    assert!(answer.translations[0].reason.contains("no installed engine translates English to Japanese"));
    let answer = client.translate(request(&["crash"], "en", "fr")).await.unwrap().into_inner();
    assert_eq!(
        (answer.translations[0].state(), answer.translations[0].reason.as_str()),
        (State::Failed, "the engine stopped")
    );
    let answer = client.translate(request(&[FRENCH], "auto", "en")).await.unwrap().into_inner();
    assert_eq!(
        (answer.translations[0].text.as_str(), answer.translations[0].source_language.as_str()),
        (format!("en:{FRENCH}").as_str(), "fr")
    );
}

#[tokio::test]
async fn a_stream_continues_after_an_invalid_text() {
    let mut client = client().await;
    let asked = (0..200).map(|n| TranslateStreamRequest {
        id: n.to_string(),
        text: format!("text {n}"),
        source_language: "en".to_owned(),
        target_language: if n == 7 { "tlh" } else { "fr" }.to_owned(),
    });
    let mut answers = client.translate_stream(stream::iter(asked)).await.unwrap().into_inner();
    let mut came = BTreeMap::new();
    while let Some(answer) = answers.next().await {
        let answer = answer.unwrap();
        let text = match answer.result.unwrap() {
            Streamed::Translation(translation) => translation.text,
            Streamed::Refusal(reason) => reason,
        };
        assert_eq!(came.insert(answer.id, text), None);
    }
    assert_eq!((came.len(), came["199"].as_str()), (200, "fr:text 199"));
    assert!(came["7"].contains("`tlh` is not a language"));
}

#[tokio::test]
async fn languages_are_listed_and_detected() {
    let mut client = client().await;
    let languages = client.list_languages(ListLanguagesRequest {}).await.unwrap().into_inner().languages;
    let shown: Vec<_> =
        languages.iter().map(|known| (known.code.as_str(), known.targets.join(" "))).collect();
    assert_eq!(shown, [("en", "es fr".to_owned()), ("fr", "en es".to_owned())]);
    let detect = DetectLanguageRequest { text: ENGLISH.to_owned() };
    let guesses = client.detect_language(detect).await.unwrap().into_inner().guesses;
    assert_eq!(guesses[0].language, "en");
    assert!((0.5..=1.0).contains(&guesses[0].confidence), "{guesses:?}");
}

#[tokio::test]
async fn invalid_input_is_rejected_with_a_code_and_a_message() {
    let mut client = client().await;
    let long = "x".repeat(100_001);
    for (texts, from, to, word) in [
        (&["x"][..], "tlh", "fr", "`tlh` is not a language"),
        (&["x"], "en", "", "is not a language"),
        (&[CHEROKEE], "", "fr", "cannot be detected"),
        (&[long.as_str()], "en", "fr", "100000 characters"),
        (&["x"; 101], "en", "fr", "101 texts"),
    ] {
        let refused = client.translate(request(texts, from, to)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(word), "{refused}");
    }
}

#[tokio::test]
async fn keys_are_required_if_configured() {
    let config = TranslationApiConfig { api_keys: vec!["one".into()], ..TranslationApiConfig::default() };
    let mut client = TranslationServiceClient::new(connect(config).await);
    let refused = client.translate(request(&["Hello"], "en", "fr")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let mut wrong = Request::new(request(&["Hello"], "en", "fr"));
    wrong.metadata_mut().insert("authorization", "Bearer two".parse().unwrap());
    assert_eq!(client.translate(wrong).await.unwrap_err().code(), Code::Unauthenticated);
    let mut right = Request::new(request(&["Hello"], "en", "fr"));
    right.metadata_mut().insert("authorization", "Bearer one".parse().unwrap());
    assert_eq!(client.translate(right).await.unwrap().into_inner().translations[0].text, "fr:Hello");
}

#[tokio::test]
async fn reflection_and_health_are_served() {
    let channel = connect(TranslationApiConfig::default()).await;
    let mut reflection = ServerReflectionClient::new(channel.clone());
    let ask = |message_request| ServerReflectionRequest {
        host: String::new(),
        message_request: Some(message_request),
    };
    let asked = [
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol(SERVICE.to_owned())),
    ];
    let mut answers = reflection.server_reflection_info(stream::iter(asked)).await.unwrap().into_inner();
    let Some(MessageResponse::ListServicesResponse(services)) =
        answers.next().await.unwrap().unwrap().message_response
    else {
        panic!("no list of services")
    };
    let names: Vec<&str> = services.service.iter().map(|service| service.name.as_str()).collect();
    assert!(names.contains(&SERVICE) && names.contains(&"grpc.health.v1.Health"), "{names:?}");
    let Some(MessageResponse::FileDescriptorResponse(files)) =
        answers.next().await.unwrap().unwrap().message_response
    else {
        panic!("no description")
    };
    let description = String::from_utf8_lossy(&files.file_descriptor_proto[0]).into_owned();
    for method in ["Translate", "TranslateStream", "DetectLanguage", "ListLanguages"] {
        assert!(description.contains(method), "{method}");
    }

    let mut health = HealthClient::new(channel);
    for service in ["", SERVICE] {
        let status =
            health.check(HealthCheckRequest { service: service.to_owned() }).await.unwrap().into_inner();
        assert_eq!(status.status(), ServingStatus::Serving, "{service}");
    }
}
