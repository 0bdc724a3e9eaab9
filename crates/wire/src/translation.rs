//! Translations on request. The fields keep the names of the old translator, in snake case.

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

/// The quality tiers that clients request.
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
    /// The term as it appears in messages.
    pub term: String,
    /// The target language; if missing, all without their own entry.
    pub language: Option<String>,
    /// Its translation; if missing, the term is kept as it is.
    pub translation: Option<String>,
}

/// A term of a glossary.
#[derive(Debug, Clone, Serialize)]
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

/// `POST /messages/:messageId/translations/:language/report`.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportTranslation {
    /// `wrong`, `incomplete`, `clumsy`, `offensive`, `language` or `other`.
    pub reason: String,
    /// The reader's comment; required for `other`.
    pub comment: Option<String>,
    /// Whether another engine should repeat the translation.
    #[serde(default)]
    pub try_another: bool,
}

/// A reader's report of a translation.
#[derive(Debug, Clone, Serialize)]
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

/// The progress of the translation of a message.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TranslationProgress {
    /// A sentence for users.
    pub message: String,
    pub message_id: MessageId,
    /// The id for `/translate/jobs/:jobId`.
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

/// A translation in the shape of `/status/:messageId/:language`, with the field names of both places where
/// clients look.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusTranslation {
    #[serde(flatten)]
    pub translation: Translation,
    pub translated_text: String,
    pub model_type: &'static str,
}

/// The finished translation of a text.
#[derive(Debug, Clone, Serialize)]
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
    /// In seconds.
    pub processing_time: f64,
    /// The engine that made it, and the pivot languages; `none` if there was nothing to do.
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

/// `translation_error`: the request, verbatim, and why there is no translation.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TranslationError<'a> {
    pub message_id: &'a str,
    pub target_language: &'a str,
    pub error: String,
}
