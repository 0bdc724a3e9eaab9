//! The languages that people can choose.

use super::{Access, Api};
use crate::answer::Answer;
use meeshy_domain::Language;
use meeshy_wire::Languages;

pub fn routes(api: Api) -> Api {
    api.get(Access::Anyone, "/api/v1/languages", "Every language, by its own name", list)
}

async fn list() -> Answer<Languages> {
    Answer(Languages { languages: Language::all().map(crate::views::language).collect() })
}
