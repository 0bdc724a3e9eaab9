//! The languages that people can choose.

use super::{Access, Api};
use crate::extract::answer;
use axum::response::IntoResponse;
use meeshy_domain::Language;
use serde_json::json;

pub fn routes(api: Api) -> Api {
    api.get(Access::Anyone, "/api/v1/languages", "Every language, by its own name", list)
}

async fn list() -> impl IntoResponse {
    answer(json!({ "languages": Language::all().map(crate::views::language).collect::<Vec<_>>() }))
}
