//! The supported languages.

use super::access::Access;
use super::api::Api;
use crate::answer::Answer;
use meeshy_domain::Language;
use meeshy_wire::Languages;

pub fn routes(api: Api) -> Api {
    api.get(Access::Anyone, "/api/v1/languages", "All languages with their native names", list)
}

async fn list() -> Answer<Languages> {
    Answer(Languages { languages: Language::all().map(crate::views::language).collect() })
}
