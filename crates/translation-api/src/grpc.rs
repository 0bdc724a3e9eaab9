//! The gRPC interface, with reflection and health checks, for `grpcurl` and load balancers.

use crate::{Refusal, Source, TranslationApi};
use futures::{Stream, StreamExt};
use meeshy_domain::Language;
use meeshy_translation::{Failure, Outcome};
use std::pin::Pin;
use tonic::metadata::MetadataMap;
use tonic::service::Routes;
use tonic::{Code, Request, Response, Status, Streaming};

/// The messages and the client, generated from `proto/meeshy/translation/v1/translation.proto`.
pub mod proto {
    #![expect(clippy::allow_attributes, reason = "generated code")]
    tonic::include_proto!("meeshy.translation.v1");

    /// The file descriptor set, for reflection.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
}

use proto::translation_service_server::{TranslationService, TranslationServiceServer};
use proto::{State, TranslateStreamRequest, TranslateStreamResponse, Translation};

/// Maximum number of texts of a stream that are translated concurrently.
const MAX_CONCURRENT: usize = 16;

/// The gRPC services, to be served over HTTP/2 without TLS. If API keys are configured, calls need one in the
/// metadata: `authorization: Bearer <key>`.
///
/// # Errors
/// If the descriptor set is invalid, which is a build error.
pub async fn router(api: TranslationApi) -> Result<axum::Router, tonic_reflection::server::Error> {
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_serving::<TranslationServiceServer<Service>>().await;
    Ok(Routes::new(TranslationServiceServer::new(Service { api }))
        .add_service(health)
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?)
        .into_axum_router())
}

/// The implementation of the service.
pub struct Service {
    api: TranslationApi,
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::Missing(_)
            | Refusal::Invalid(_)
            | Refusal::UnknownLanguage(_)
            | Refusal::Undetermined
            | Refusal::TooLong(_)
            | Refusal::TooMany { .. }
            | Refusal::TooLarge => Code::InvalidArgument,
            Refusal::KeyRequired | Refusal::WrongKey => Code::Unauthenticated,
            Refusal::Unavailable(_) => Code::FailedPrecondition,
            Refusal::Failed(_) => Code::Unavailable,
            Refusal::TimedOut(_) => Code::DeadlineExceeded,
        };
        Self::new(code, refusal.to_string())
    }
}

impl Service {
    fn admit(&self, metadata: &MetadataMap) -> Result<(), Refusal> {
        let value = metadata.get("authorization").and_then(|value| value.to_str().ok());
        let key = value
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        self.api.admit(key.map(|(_, key)| key.trim()))
    }
}

async fn translate(
    api: &TranslationApi,
    texts: Vec<String>,
    from: &str,
    to: &str,
) -> Result<Vec<Translation>, Refusal> {
    api.check(texts.iter().map(String::as_str))?;
    let to = Language::parse(to)?;
    let sources = api.sources(Some(from), &texts.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let asked: Vec<(Source, String)> = sources.iter().copied().zip(texts.iter().cloned()).collect();
    let answers = api.translate(asked, to).await?;
    Ok(sources
        .into_iter()
        .zip(texts)
        .zip(answers)
        .map(|((source, text), answer)| shown(source, text, answer))
        .collect())
}

fn shown(source: Source, original: String, answer: Result<Outcome, Failure>) -> Translation {
    let mut shown = Translation {
        source_language: source.language().map_or_else(String::new, |language| language.code().to_owned()),
        ..Translation::default()
    };
    match answer {
        Ok(Outcome::Done { text, engine, score, grade }) => {
            (shown.text, shown.engine, shown.score) = (text, engine, score);
            shown.quality = grade.map(|grade| grade.name().to_owned()).unwrap_or_default();
            shown.set_state(State::Done);
        }
        Ok(Outcome::Identical { engine }) => {
            (shown.text, shown.engine) = (original, engine.unwrap_or_default());
            shown.set_state(State::Identical);
        }
        Ok(Outcome::Unavailable { reason }) => {
            shown.reason = reason.text;
            shown.set_state(State::Unavailable);
        }
        Err(failure) => {
            shown.reason = failure.to_string();
            shown.set_state(State::Failed);
        }
    }
    shown
}

/// Handles one text of a stream. Errors are reported in its place.
async fn in_stream(api: TranslationApi, asked: TranslateStreamRequest) -> TranslateStreamResponse {
    use proto::translate_stream_response::Result::{Refusal as Refused, Translation};
    let TranslateStreamRequest { id, text, source_language, target_language } = asked;
    let answer = translate(&api, vec![text], &source_language, &target_language).await;
    let result = match answer.map(|mut answers| answers.pop()) {
        Ok(Some(translation)) => Translation(translation),
        Ok(None) => Refused("no result".to_owned()),
        Err(refusal) => Refused(refusal.to_string()),
    };
    TranslateStreamResponse { id, result: Some(result) }
}

#[tonic::async_trait]
impl TranslationService for Service {
    async fn translate(
        &self,
        request: Request<proto::TranslateRequest>,
    ) -> Result<Response<proto::TranslateResponse>, Status> {
        self.admit(request.metadata())?;
        let proto::TranslateRequest { texts, source_language, target_language } = request.into_inner();
        let translations = translate(&self.api, texts, &source_language, &target_language).await?;
        Ok(Response::new(proto::TranslateResponse { translations }))
    }

    type TranslateStreamStream = Pin<Box<dyn Stream<Item = Result<TranslateStreamResponse, Status>> + Send>>;

    async fn translate_stream(
        &self,
        request: Request<Streaming<TranslateStreamRequest>>,
    ) -> Result<Response<Self::TranslateStreamStream>, Status> {
        self.admit(request.metadata())?;
        let api = self.api.clone();
        let answers = request
            .into_inner()
            .map(move |asked| {
                let api = api.clone();
                async move { Ok(in_stream(api, asked?).await) }
            })
            .buffer_unordered(MAX_CONCURRENT);
        Ok(Response::new(Box::pin(answers)))
    }

    async fn detect_language(
        &self,
        request: Request<proto::DetectLanguageRequest>,
    ) -> Result<Response<proto::DetectLanguageResponse>, Status> {
        self.admit(request.metadata())?;
        let text = request.into_inner().text;
        self.api.check(std::iter::once(text.as_str()))?;
        let shown = |guess: crate::Guess| proto::Guess {
            language: guess.language.code().to_owned(),
            confidence: guess.confidence,
        };
        let guesses = self.api.guess(&[&text]).await?.into_iter().flatten().map(shown).collect();
        Ok(Response::new(proto::DetectLanguageResponse { guesses }))
    }

    async fn list_languages(
        &self,
        _: Request<proto::ListLanguagesRequest>,
    ) -> Result<Response<proto::ListLanguagesResponse>, Status> {
        let listed = self.api.languages().into_iter().map(|(language, targets)| proto::Language {
            code: language.code().to_owned(),
            name: language.english_name().to_owned(),
            targets: targets.into_iter().map(|target| target.code().to_owned()).collect(),
        });
        Ok(Response::new(proto::ListLanguagesResponse { languages: listed.collect() }))
    }
}
