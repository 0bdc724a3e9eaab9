//! User search and profiles.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, PageAnswer};
use crate::http::auth::{Origin, User};
use crate::http::error::ApiError;
use crate::http::extract::{Body, PageParams, Params};
use axum::extract::State;
use meeshy_chat::ProfilePatch;
use meeshy_wire::{ErrorCode, FoundUser, Page, Pagination, PatchMe, ProfileUpdated};
use schemars::JsonSchema;
use serde::Deserialize;

pub fn routes(api: Api) -> Api {
    api.get(Access::User, "/api/v1/users/search", "Search users by name", search)
        .patch(Access::User, "/api/v1/users/me", "Change the caller's profile and languages", patch_me)
        .fails(&[ErrorCode::UserNotFound])
        .patch(Access::User, "/api/v1/auth/me", "The same, for old clients", patch_me)
        .fails(&[ErrorCode::UserNotFound])
}

#[derive(Deserialize, JsonSchema)]
struct Search {
    /// A part of a name.
    #[serde(default)]
    q: String,
    #[serde(flatten)]
    page: PageParams<20, 100>,
}

async fn search(
    State(app): State<App>,
    User(caller): User,
    Params(asked): Params<Search>,
) -> Result<PageAnswer<FoundUser>, ApiError> {
    let (limit, offset) = (asked.page.limit(), asked.page.offset());
    let (people, total) = app.chat.profiles().search(caller.user.id, &asked.q, limit, offset).await?;
    let pagination = Pagination::new(total, offset, limit, people.len());
    let presence = app.chat.presence();
    let data = people
        .into_iter()
        .map(|user| {
            let seen = presence.seen(user.id, user.hides, user.last_active_at);
            crate::views::found_user(user, seen)
        })
        .collect();
    Ok(PageAnswer(Page::new(data, pagination)))
}

async fn patch_me(
    State(app): State<App>,
    User(caller): User,
    Origin { device, .. }: Origin,
    Body(body): Body<PatchMe>,
) -> Result<Answer<ProfileUpdated>, ApiError> {
    let typed = body.phone_number.as_ref().and_then(|typed| typed.as_deref()).map(str::trim);
    let is_new = |typed: &str| !typed.is_empty() && caller.user.phone_number.as_deref() != Some(typed);
    if typed.is_some_and(is_new) {
        // It is sent a code.
        app.count_sms(&caller.user.id.to_string()).await?;
    }
    let patch = ProfilePatch {
        first_name: body.first_name,
        last_name: body.last_name,
        display_name: body.display_name,
        username: body.username,
        email: body.email,
        phone_number: body.phone_number,
        bio: body.bio,
        timezone: body.timezone,
        system_language: body.system_language,
        regional_language: body.regional_language,
        custom_destination_language: body.custom_destination_language,
        auto_translate_enabled: body.auto_translate_enabled,
        translate_to_system_language: body.translate_to_system_language,
        translate_to_regional_language: body.translate_to_regional_language,
        use_custom_destination: body.use_custom_destination,
    };
    let user = app.chat.profiles().update(caller.user.id, patch, device.network()).await?;
    let online = app.chat.presence().is_online(user.id);
    Ok(Answer(ProfileUpdated {
        user: crate::views::user(&user, online),
        message: "Profile updated".to_owned(),
    }))
}
