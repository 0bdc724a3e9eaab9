//! The supported languages.

use crate::api::Api;
use crate::api::access::Access;
use crate::http::answer::Answer;
use meeshy_domain::Language;
use meeshy_wire::Languages;

pub fn routes(api: Api) -> Api {
    api.get(Access::Anyone, "/api/v1/languages", "All languages with their native names", list)
}

async fn list() -> Answer<Languages> {
    Answer(Languages { languages: Language::all().map(crate::views::language).collect() })
}
