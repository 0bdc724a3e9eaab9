//! The supported languages, and what is translated into them.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use axum::extract::State;
use meeshy_domain::{Grade, Language};
use meeshy_wire::{Languages, TranslatedFrom};
use std::collections::BTreeMap;

pub fn routes(api: Api) -> Api {
    let about = "All languages with their native names, and what this server translates into them";
    api.get(Access::Anyone, "/api/v1/languages", about, list)
}

async fn list(State(app): State<App>) -> Answer<Languages> {
    let mut from: BTreeMap<Language, TranslatedFrom> = BTreeMap::new();
    for (pair, grade) in app.chat.texts().grades() {
        let from = from.entry(pair.to).or_default();
        let alike = match grade {
            Some(Grade::Good) => &mut from.good,
            Some(Grade::Fair) => &mut from.fair,
            Some(Grade::Rough) => &mut from.rough,
            None => &mut from.unknown,
        };
        alike.push(pair.from);
    }
    let listed = Language::all()
        .map(|language| crate::views::language(language, from.remove(&language).unwrap_or_default()));
    Answer(Languages { languages: listed.collect() })
}
