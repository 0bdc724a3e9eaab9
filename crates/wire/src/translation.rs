//! Translations on request. The fields keep the names of the old translator, in snake case.

use crate::{ErrorCode, Iso, Success, Translation, TranslationState};
use meeshy_domain::{Grade, Language, MessageId, ReasonCode, ReportId, ReportReason, TermId, UserId, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A message or a text to translate: either `message_id` or `text` is required.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "text": "hello", "source_language": "en", "target_language": "fr" }]))]
pub struct Translate {
    #[schemars(with = "Option<MessageId>")]
    pub message_id: Option<String>,
    #[schemars(with = "Option<FreeText>")]
    pub text: Option<String>,
    pub conversation_id: Option<String>,
    /// Detected if absent or `auto`.
    #[schemars(with = "Option<Language>")]
    pub source_language: Option<String>,
    #[schemars(with = "Language")]
    pub target_language: String,
    pub model_type: Option<ModelType>,
}

/// A text that is translated without being a message.
#[derive(Debug, Clone, JsonSchema)]
pub struct FreeText(#[schemars(length(min = 1, max = limits::TRANSLATED_TEXT_CHARS))] pub String);

/// The quality tiers that clients request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModelType {
    Basic,
    Medium,
    Premium,
}

/// Texts to translate. An invalid one gets an error in its place and does not affect the others.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [[]]))]
pub struct TranslateTexts(#[schemars(length(max = limits::TRANSLATED_TEXTS))] pub Vec<TranslateText>);

/// A text to translate.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct TranslateText {
    pub text: String,
    pub source_language: Option<String>,
    pub target_language: String,
    pub model_type: Option<ModelType>,
}

/// A text whose language is to be detected.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "text": "hola" }]))]
pub struct DetectLanguage {
    #[schemars(with = "FreeText")]
    pub text: String,
}

/// A term for a glossary.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "term": "sprint" }]))]
pub struct AddTerm {
    /// The term as it appears in messages.
    #[schemars(length(min = 1, max = limits::TERM_CHARS))]
    pub term: String,
    /// The target language; if missing, all without their own entry.
    #[schemars(with = "Option<Language>")]
    pub language: Option<String>,
    /// Its translation; if missing, the term is kept as it is.
    #[schemars(length(min = 1, max = limits::TERM_CHARS))]
    pub translation: Option<String>,
}

/// A term of a glossary.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GlossaryTerm {
    pub id: TermId,
    pub term: String,
    /// `null`: all languages without their own entry.
    pub language: Option<Language>,
    /// `null`: the term is kept as it is.
    pub translation: Option<String>,
    pub created_by: UserId,
    pub created_at: Iso,
}

/// A term that a member proposes for a glossary.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GlossaryProposal {
    /// Becomes the id of the term, if it is a new one. A correction of the proposal has another id.
    pub id: TermId,
    pub term: String,
    /// `null`: all languages without their own entry.
    pub language: Option<Language>,
    /// `null`: the term is kept as it is.
    pub translation: Option<String>,
    pub proposed_by: UserId,
    pub proposer_name: String,
    pub created_at: Iso,
}

/// The proposals for a glossary.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GlossaryProposals {
    /// Those without a decision, the oldest first.
    pub proposals: Vec<GlossaryProposal>,
    /// Whether the caller may propose terms, or add them.
    pub can_propose: bool,
    /// Whether the caller may accept and decline them, and change the glossary.
    pub can_decide: bool,
}

/// Which earlier messages with a term are translated again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{}]))]
pub struct RetranslateTerm {
    /// The latest messages before the one with this number in the conversation; the latest of all if missing.
    pub before: Option<i64>,
}

/// What is translated again.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Retranslation {
    /// The number of translations that are made again.
    pub translations: i64,
    /// The `before` of a request that continues; `null` if all messages have been searched.
    pub next: Option<i64>,
}

/// What is wrong with a translation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "reason": "wrong" }]))]
pub struct ReportTranslation {
    #[schemars(with = "ReportReason")]
    pub reason: String,
    /// The reader's comment; required for `other`.
    #[schemars(length(max = limits::REPORT_CHARS))]
    pub comment: Option<String>,
    /// Whether another engine should repeat the translation.
    #[serde(default)]
    pub try_another: bool,
}

/// A reader's report of a translation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranslationReport {
    pub id: ReportId,
    pub message_id: MessageId,
    pub target_language: Language,
    /// The reported translation.
    pub translated_content: String,
    /// The engine that made it.
    pub engine: String,
    pub reporter_id: UserId,
    pub reason: String,
    pub comment: Option<String>,
    pub wants_another: bool,
    pub created_at: Iso,
}

/// A stored report.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportKept {
    #[serde(flatten)]
    pub report: TranslationReport,
    /// Whether another engine repeats the translation.
    pub tries_another: bool,
}

/// A term of a glossary was removed.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct TermRemoved {
    pub removed: bool,
}

/// The state of a translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProgressStatus {
    /// It is pending.
    Processing,
    /// There is a text.
    Completed,
    /// No engine serves this language pair.
    Unavailable,
    /// Every attempt failed.
    Failed,
}

/// The progress of the translation of a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranslationProgress {
    /// A sentence for users.
    pub message: String,
    pub message_id: MessageId,
    /// The id for `/translate/jobs/:jobId`.
    pub job_id: String,
    pub target_language: Language,
    pub status: ProgressStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// As in [`TranslationState`](crate::TranslationState).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<ReasonCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translation: Option<StatusTranslation>,
}

/// A translation in the shape of `/status/:messageId/:language`, with the field names of both places where
/// clients look.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusTranslation {
    #[serde(flatten)]
    pub translation: Translation,
    pub translated_text: String,
    pub model_type: &'static str,
}

/// The finished translation of a text.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TranslatedText {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    pub translated_text: String,
    pub original_text: String,
    /// `null` for a text without words.
    pub source_language: Option<Language>,
    pub target_language: Language,
    /// Only if the engine reports one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// How good it is expected to be; absent if that is not known, as for old translations, or if the text is the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Grade>,
    /// In seconds.
    pub processing_time: f64,
    /// The engine that made it, and the pivot languages; `none` if there was nothing to do.
    pub model: String,
    pub timestamp: Iso,
}

/// The response of `POST /translate`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TranslateAnswer {
    Message(Box<TranslationProgress>),
    Text(Box<TextTranslated>),
}

/// The result for a text that is not a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TextTranslated {
    /// A sentence for users.
    pub message: &'static str,
    /// As given by the caller.
    pub conversation_id: Option<String>,
    pub target_language: Language,
    pub status: ProgressStatus,
    pub translation: TranslatedText,
}

/// The results for the texts of a batch, in order.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TranslatedTexts {
    pub results: Vec<TextOutcome>,
}

/// The result for a text of a batch.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TextOutcome {
    Translated(Box<TranslatedText>),
    Refused { error: String, code: ErrorCode, original_text: String },
}

/// Whether the translation was cancelled.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Cancelled {
    pub cancelled: bool,
}

/// Whether the job was cancelled.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobCancelled {
    pub job_id: String,
    pub cancelled: bool,
}

/// The progress of a translation, with copies next to `data`, where the old web client expects them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgressBeside {
    #[serde(flatten)]
    pub answer: Success<TranslationProgress>,
    pub status: ProgressStatus,
    /// In percent.
    pub progress: u8,
    pub translated_content: Option<String>,
    pub error: Option<String>,
    pub reason_code: Option<ReasonCode>,
}

/// A message and its translations, with a copy next to `data`, where the old web client expects it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TranslationsBeside {
    #[serde(flatten)]
    pub answer: Success<MessageTranslations>,
    pub translations: Vec<Translation>,
}

/// A message and its translations.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageTranslations {
    pub message_id: MessageId,
    pub original_content: String,
    pub original_language: Language,
    pub translations: Vec<Translation>,
    pub translation_states: Vec<TranslationState>,
}

/// The detected language of a text.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DetectedLanguage {
    /// `null` if the language cannot be detected.
    pub language: Option<Language>,
    /// From 0 to 1.
    pub confidence: Option<f64>,
    pub text: String,
}

/// Engines by language pair.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Models {
    pub models: Vec<Model>,
    pub tiers: Vec<ModelType>,
}

/// An engine.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Model {
    /// `null`: another process translates these pairs.
    pub name: Option<String>,
    /// Language pairs such as `en-fr`.
    pub pairs: BTreeSet<String>,
}

/// The numbers of translations.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranslationStatistics {
    pub total: i64,
    /// The number of pending translations.
    pub waiting: i64,
    pub by_state: BTreeMap<String, i64>,
    pub by_engine: BTreeMap<String, i64>,
    /// By language pair, such as `en-fr`.
    pub by_languages: BTreeMap<String, i64>,
}

/// The language into which to translate a message.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "targetLanguage": "fr" }]))]
pub struct TranslateMessage {
    #[schemars(with = "Language")]
    pub target_language: String,
}

/// `request_translation`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestTranslation {
    pub message_id: String,
    pub target_language: String,
}

/// `translation_received`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranslationReceived {
    pub message_id: MessageId,
    pub translated_text: String,
    pub target_language: Language,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence_score: Option<f64>,
    /// How good it is expected to be; absent if that is not known, as for old translations, or if the text is the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Grade>,
}

/// `translation_error`: the request, verbatim, and why there is no translation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranslationError<'a> {
    pub message_id: &'a str,
    pub target_language: &'a str,
    pub error: String,
}
