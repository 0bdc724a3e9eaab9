//! Translations on request. Requests and the answers to them have the names of the old
//! translator here, in snake case.

use crate::{Iso, Translation};
use meeshy_domain::{Language, MessageId, ReportId, TermId, UserId};
use serde::{Deserialize, Serialize};

/// `POST /translate` and `POST /translate-blocking`: a message, or a text.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct Translate {
    pub message_id: Option<String>,
    pub text: Option<String>,
    pub conversation_id: Option<String>,
    pub source_language: Option<String>,
    pub target_language: String,
    pub model_type: Option<ModelType>,
}

/// The tiers that clients ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModelType {
    Basic,
    Medium,
    Premium,
}

/// `POST /translate/batch`.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct TranslateTexts(pub Vec<TranslateText>);

/// A text to translate.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct TranslateText {
    pub text: String,
    pub source_language: Option<String>,
    pub target_language: String,
    pub model_type: Option<ModelType>,
}

/// `POST /detect-language`.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct DetectLanguage {
    pub text: String,
}

/// `POST /conversations/:id/glossary`.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct AddTerm {
    /// As it stands in messages.
    pub term: String,
    /// Into which language; all that have no entry of their own, if absent.
    pub language: Option<String>,
    /// What it is to become; it stays as it is, if absent.
    pub translation: Option<String>,
}

/// A term of a glossary.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GlossaryTerm {
    pub id: TermId,
    pub term: String,
    /// `null`: all that have no entry of their own.
    pub language: Option<Language>,
    /// `null`: it stays as it is.
    pub translation: Option<String>,
    pub created_by: UserId,
    pub created_at: Iso,
}

/// `POST /messages/:messageId/translations/:language/report`.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportTranslation {
    /// `wrong`, `incomplete`, `clumsy`, `offensive`, `language` or `other`.
    pub reason: String,
    /// In the reader's own words; `other` needs it.
    pub comment: Option<String>,
    /// Whether another engine is to make the translation anew.
    #[serde(default)]
    pub try_another: bool,
}

/// What a reader said of a translation.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TranslationReport {
    pub id: ReportId,
    pub message_id: MessageId,
    pub target_language: Language,
    /// What was shown.
    pub translated_content: String,
    /// Which engine had made it.
    pub engine: String,
    pub reporter_id: UserId,
    pub reason: String,
    pub comment: Option<String>,
    pub wants_another: bool,
    pub created_at: Iso,
}

/// Where the translation of a message has come to.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TranslationProgress {
    /// A sentence for a person.
    pub message: String,
    pub message_id: MessageId,
    /// Under which `/translate/jobs/:jobId` is asked.
    pub job_id: String,
    pub target_language: Language,
    /// `processing`, `completed`, `unavailable` or `failed`.
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// As in [`TranslationState`](crate::TranslationState).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translation: Option<StatusTranslation>,
}

/// A translation as `/status/:messageId/:language` shows it: with the names of both places that clients know.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusTranslation {
    #[serde(flatten)]
    pub translation: Translation,
    pub translated_text: String,
    pub model_type: &'static str,
}

/// A text that has come to an end.
#[derive(Debug, Clone, Serialize)]
pub struct TranslatedText {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    pub translated_text: String,
    pub original_text: String,
    /// `null` for a text without words.
    pub source_language: Option<Language>,
    pub target_language: Language,
    /// Only where the engine gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// In seconds.
    pub processing_time: f64,
    /// Which engine made it, and over which languages; `none` where there was nothing to do.
    pub model: String,
    pub timestamp: Iso,
}

/// `request_translation`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestTranslation {
    pub message_id: String,
    pub target_language: String,
}

/// `translation_received`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TranslationReceived {
    pub message_id: MessageId,
    pub translated_text: String,
    pub target_language: Language,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence_score: Option<f64>,
}

/// `translation_error`: what was asked for, word for word, and why there is none.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TranslationError<'a> {
    pub message_id: &'a str,
    pub target_language: &'a str,
    pub error: String,
}
