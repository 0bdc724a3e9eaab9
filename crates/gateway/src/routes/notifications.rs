//! The caller's notifications: list, count, read and remove them.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, Created};
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, PageParams, Params, PathParam, Segment, segments};
use crate::views::notification;
use axum::Json;
use axum::extract::State;
use meeshy_chat::model::NotificationFilter;
use meeshy_chat::{Caller, ConversationPreferencesPatch, NotificationFigures};
use meeshy_wire::{
    self as wire, Done, ErrorCode, Iso, MuteConversation, Notice, NotificationCounts,
    NotificationCountsAnswer, NotificationData, NotificationPage, Pagination, TestNotification, UnreadCount,
    UnreadNotifications,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

segments! {
    /// The id of a notification.
    NotificationRef = "notificationId", "65a0c0ffee0123456789abcd", [NotFound];
}

pub fn routes(api: Api) -> Api {
    let all = "/api/v1/notifications";
    let one = "/api/v1/notifications/{notificationId}";
    api.get(Access::User, all, "The caller's notifications, newest first", list)
        .get(Access::User, &format!("{all}/unread/count"), "How many of them are unread", unread)
        .get(Access::User, &format!("{all}/counts"), "The numbers of them, by type", counts)
        .get(Access::User, &format!("{all}/stats"), "The numbers of them, by type", stats)
        .patch(Access::User, &format!("{all}/read-all"), "Mark all of them as read", read_all)
        .patch(Access::User, &format!("{one}/read"), "Mark one as read", read)
        .post(Access::User, &format!("{all}/test"), "Send a notification to oneself", test)
        .post(Access::User, &format!("{all}/mute"), "Be notified of a conversation no more", mute)
        .fails(&[ErrorCode::ConversationNotFound])
        .post(Access::User, &format!("{all}/unmute"), "Be notified of a conversation again", unmute)
        .fails(&[ErrorCode::ConversationNotFound])
        .delete(Access::User, &format!("{all}/read"), "Remove those that are read", remove_read)
        .delete(Access::User, one, "Remove one", remove)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Listed {
    /// Only of this type; `all` for all.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// `true`: only unread ones.
    unread: Option<String>,
    /// `true` or `false`: only those that are read, or are not.
    is_read: Option<String>,
    /// Only with this priority.
    priority: Option<String>,
    /// Only about this conversation, by its id.
    conversation_id: Option<String>,
    /// Only from this time on.
    start_date: Option<Iso>,
    /// Only up to this time.
    end_date: Option<Iso>,
    /// If it is given, `data` is an object. They are always sorted by time, newest first.
    sort_by: Option<String>,
    #[serde(flatten)]
    page: PageParams<20, 100>,
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    Params(asked): Params<Listed>,
) -> Result<Json<NotificationPage>, ApiError> {
    let (limit, offset) = (asked.page.limit(), asked.page.offset());
    let given = |text: Option<String>| text.filter(|text| !text.is_empty() && text != "all");
    let is_unread = asked.unread.as_deref() == Some("true");
    let filter = NotificationFilter {
        kind: given(asked.kind),
        is_read: match asked.is_read.as_deref() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => is_unread.then_some(false),
        },
        priority: given(asked.priority),
        conversation: given(asked.conversation_id),
        since: asked.start_date.map(|time| time.0),
        until: asked.end_date.map(|time| time.0),
    };
    let found = app.chat.notifications().list(caller.user.id, filter, limit, offset).await?;
    let pagination = Pagination::new(found.total, offset, limit, found.notifications.len());
    let notifications = found.notifications.into_iter().map(notification).collect();
    let unread_count = found.unread;
    let data = match asked.sort_by {
        Some(_) => NotificationData::Wrapped { notifications, pagination, unread_count },
        None => NotificationData::Listed(notifications),
    };
    Ok(Json(NotificationPage { success: true, data, pagination, unread_count }))
}

async fn unread(State(app): State<App>, User(caller): User) -> Result<Json<UnreadNotifications>, ApiError> {
    let count = app.chat.notifications().counts(caller.user.id).await?.unread;
    Ok(Json(UnreadNotifications { success: true, count, data: UnreadCount { count } }))
}

async fn counts(
    State(app): State<App>,
    User(caller): User,
) -> Result<Json<NotificationCountsAnswer>, ApiError> {
    let counts = figures(app.chat.notifications().counts(caller.user.id).await?);
    Ok(Json(NotificationCountsAnswer { success: true, data: counts.clone(), counts }))
}

async fn stats(State(app): State<App>, User(caller): User) -> Result<Answer<NotificationCounts>, ApiError> {
    Ok(Answer(figures(app.chat.notifications().counts(caller.user.id).await?)))
}

fn figures(NotificationFigures { total, unread, by_type }: NotificationFigures) -> NotificationCounts {
    NotificationCounts { total, unread, by_type }
}

async fn read(
    State(app): State<App>,
    User(caller): User,
    PathParam(NotificationRef(id)): PathParam<NotificationRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.notifications().mark_read(caller.user.id, &id).await?;
    Ok(Answer(Notice { message: "Notification marked as read".to_owned() }))
}

async fn read_all(State(app): State<App>, User(caller): User) -> Result<Answer<Notice>, ApiError> {
    let marked = app.chat.notifications().mark_all_read(caller.user.id).await?;
    Ok(Answer(Notice { message: format!("{marked} notifications marked as read") }))
}

async fn test(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<TestNotification>,
) -> Result<Created<wire::Notification>, ApiError> {
    let TestNotification { kind, title, content, data } = body;
    let data = data.map(|data| Value::Object(data.into_iter().collect()));
    let stored = app.chat.notifications().test(caller.user.id, kind, &title, &content, data).await?;
    Ok(Created(notification(stored)))
}

async fn mute(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<MuteConversation>,
) -> Result<Json<Done>, ApiError> {
    set_muted(&app, &caller, &body.conversation_id, true).await
}

async fn unmute(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<MuteConversation>,
) -> Result<Json<Done>, ApiError> {
    set_muted(&app, &caller, &body.conversation_id, false).await
}

async fn set_muted(app: &App, caller: &Caller, id: &str, is_muted: bool) -> Result<Json<Done>, ApiError> {
    let patch = ConversationPreferencesPatch { is_muted: Some(is_muted), ..Default::default() };
    app.chat.conversations().set_preferences(caller.user.id, id, patch).await?;
    Ok(Json(Done::new(if is_muted { "The conversation is muted" } else { "The conversation is not muted" })))
}

async fn remove(
    State(app): State<App>,
    User(caller): User,
    PathParam(NotificationRef(id)): PathParam<NotificationRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.notifications().remove(caller.user.id, &id).await?;
    Ok(Answer(Notice { message: "Notification removed".to_owned() }))
}

async fn remove_read(State(app): State<App>, User(caller): User) -> Result<Answer<Notice>, ApiError> {
    let removed = app.chat.notifications().remove_read(caller.user.id).await?;
    Ok(Answer(Notice { message: format!("{removed} notifications removed") }))
}
