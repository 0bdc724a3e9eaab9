//! The caller's preferences.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, PathParam, SettingKey};
use crate::views;
use axum::Json;
use axum::extract::State;
use meeshy_domain::preferences::{
    Application, Audio, Category, Document, Message, Notification, Privacy, Video,
};
use meeshy_wire::{Done, ErrorCode, MyAccount, PreferenceValues, Preferences, PutSetting, Setting};

const ALL: &str = "/api/v1/me/preferences";

pub fn routes(api: Api) -> Api {
    api.get(Access::User, ALL, "The caller's preferences of all categories", all)
        .delete(Access::User, ALL, "Set all preferences of the caller back to their defaults", reset_all)
        // For the iOS client.
        .get(Access::User, "/api/v1/users/me/preferences", "The caller's preferences of all categories", all)
        .get(Access::User, "/api/v1/me/me", "The caller's account in short", me)
        .group(category::<Privacy>)
        .group(category::<Audio>)
        .group(category::<Message>)
        .group(category::<Notification>)
        .group(category::<Video>)
        .group(category::<Document>)
        .group(category::<Application>)
        // Other paths of the web client for two categories.
        .group(|api| replaceable::<Message>(api, "/api/v1/user-preferences/messages"))
        .group(|api| replaceable::<Audio>(api, "/api/v1/user-features/configuration"))
        .get(Access::User, "/api/v1/user-preferences/{key}", "A preference under a name of a client", setting)
        .fails(&[ErrorCode::NotFound])
        .get(Access::User, "/api/v1/user-preferences", "All of them", settings)
        .post(Access::User, "/api/v1/user-preferences", "Store a preference under a name of a client", set)
}

/// The routes of a category.
fn category<C: Category>(api: Api) -> Api {
    let path = format!("{ALL}/{}", C::NAME);
    replaceable::<C>(api, &path)
        .patch(Access::User, &path, "Change some of the caller's preferences", merge::<C>)
        .fails(&[ErrorCode::ConsentRequired])
        .delete(Access::User, &path, "Set the caller's preferences back to their defaults", reset::<C>)
}

fn replaceable<C: Category>(api: Api, path: &str) -> Api {
    api.get(Access::User, path, "The caller's preferences of a category", get::<C>)
        .put(Access::User, path, "Replace the caller's preferences of a category", replace::<C>)
        .fails(&[ErrorCode::ConsentRequired])
}

async fn all(State(app): State<App>, User(caller): User) -> Result<Answer<Preferences>, ApiError> {
    let documents = app.chat.preferences().all(caller.user.id).await?;
    Ok(Answer(views::preferences(&documents)))
}

async fn reset_all(State(app): State<App>, User(caller): User) -> Result<Json<Done>, ApiError> {
    app.chat.preferences().reset_all(caller.user.id).await?;
    Ok(Json(Done::new("All preferences have been reset")))
}

async fn me(User(caller): User) -> Answer<MyAccount> {
    Answer(views::my_account(caller.user))
}

async fn get<C: Category>(State(app): State<App>, User(caller): User) -> Result<Answer<C>, ApiError> {
    Ok(Answer(app.chat.preferences().get(caller.user.id).await?))
}

async fn replace<C: Category>(
    State(app): State<App>,
    User(caller): User,
    Body(PreferenceValues { values, .. }): Body<PreferenceValues<C>>,
) -> Result<Answer<C>, ApiError> {
    Ok(Answer(app.chat.preferences().replace(caller.user.id, values).await?))
}

async fn merge<C: Category>(
    State(app): State<App>,
    User(caller): User,
    Body(PreferenceValues { values, .. }): Body<PreferenceValues<C>>,
) -> Result<Answer<C>, ApiError> {
    Ok(Answer(app.chat.preferences().merge(caller.user.id, values).await?))
}

async fn reset<C: Category>(State(app): State<App>, User(caller): User) -> Result<Json<Done>, ApiError> {
    app.chat.preferences().reset::<C>(caller.user.id).await?;
    Ok(Json(Done::new(format!("The {} preferences have been reset", C::NAME))))
}

async fn setting(
    State(app): State<App>,
    User(caller): User,
    PathParam(SettingKey(key)): PathParam<SettingKey>,
) -> Result<Answer<Setting>, ApiError> {
    let setting = app.chat.preferences().setting(caller.user.id, &key).await?;
    Ok(Answer(views::setting(caller.user.id, setting)))
}

async fn settings(State(app): State<App>, User(caller): User) -> Result<Answer<Vec<Setting>>, ApiError> {
    let settings = app.chat.preferences().settings(caller.user.id).await?;
    let settings = settings.into_iter().map(|setting| views::setting(caller.user.id, setting));
    Ok(Answer(settings.collect()))
}

async fn set(
    State(app): State<App>,
    User(caller): User,
    Body(PutSetting { key, value }): Body<PutSetting>,
) -> Result<Answer<Setting>, ApiError> {
    let setting = app.chat.preferences().set(caller.user.id, &key, &value).await?;
    Ok(Answer(views::setting(caller.user.id, setting)))
}
