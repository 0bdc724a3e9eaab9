//! The envelope of every REST response.

use crate::{ErrorCode, Iso};
use meeshy_domain::ReasonCode;
use meeshy_domain::preferences::Consent;
use schemars::JsonSchema;
use serde::Serialize;

/// A success response: `{"success":true,"data":…}`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Success<T> {
    #[schemars(extend("const" = true))]
    pub success: bool,
    pub data: T,
}

impl<T> Success<T> {
    /// An answer of `data`.
    pub fn new(data: T) -> Self {
        Self { success: true, data }
    }
}

/// A page of a list: `{"success":true,"data":[…],"pagination":…}`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Page<T> {
    #[schemars(extend("const" = true))]
    pub success: bool,
    pub data: Vec<T>,
    pub pagination: Pagination,
}

impl<T> Page<T> {
    /// These items, at this place in the list.
    pub fn new(data: Vec<T>, pagination: Pagination) -> Self {
        Self { success: true, data, pagination }
    }
}

/// The position of a page in the whole list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    pub total: i64,
    pub offset: i64,
    pub limit: i64,
    pub has_more: bool,
}

impl Pagination {
    /// A page of `returned` items, starting at `offset`.
    pub fn new(total: i64, offset: i64, limit: i64, returned: usize) -> Self {
        let end = offset.saturating_add(i64::try_from(returned).unwrap_or(i64::MAX));
        Self { total, offset, limit, has_more: end < total }
    }
}

/// A page of a list that continues after an item, whose cost does not depend on the length of the list:
/// `{"success":true,"data":[…],"pagination":…}`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct KeysetPage<T> {
    #[schemars(extend("const" = true))]
    pub success: bool,
    pub data: Vec<T>,
    pub pagination: KeysetPagination,
}

impl<T> KeysetPage<T> {
    /// These items; `next` is the id after which the next page begins, if there is one.
    pub fn new(data: Vec<T>, limit: i64, next: Option<String>) -> Self {
        Self { success: true, data, pagination: KeysetPagination { limit, has_more: next.is_some(), next } }
    }
}

/// Whether the list continues, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeysetPagination {
    pub limit: i64,
    pub has_more: bool,
    /// The `after` of the next page, if there is one.
    pub next: Option<String>,
}

/// An error response. `error` and `message` are a sentence for users, `code` is for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    #[schemars(extend("const" = false))]
    pub success: bool,
    pub error: String,
    pub message: String,
    pub code: ErrorCode,
    /// The same, where the translation routes of old clients expect it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<ErrorCode>,
    /// Why a text has no translation, as a code for which clients have their own texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<ReasonCode>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ErrorDetail>,
    /// Preferences that need a consent which is not recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// Whether a link works: `false`, or absent if the error is not about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// After how many seconds a retry makes sense.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// When the username can be changed again, if it was changed a short time ago.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_change_allowed_at: Option<Iso>,
    /// Whether the link is for people with an account only: `true`, or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_account: Option<bool>,
    /// A name that a guest could have, if the chosen one is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested_nickname: Option<String>,
    /// The limit, if it was exceeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ErrorDetail {
    pub field: String,
    pub message: String,
}

/// Preferences that need a consent which is not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    pub field: String,
    pub message: String,
    /// The consents that are missing.
    pub required_consents: Vec<Consent>,
}

impl ErrorBody {
    /// An error with a sentence and a code.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            success: false,
            error: message.clone(),
            message,
            code,
            error_code: None,
            reason_code: None,
            details: Vec::new(),
            violations: Vec::new(),
            valid: None,
            suggestion: None,
            retry_after: None,
            next_change_allowed_at: None,
            requires_account: None,
            suggested_nickname: None,
            limit: None,
        }
    }
}
