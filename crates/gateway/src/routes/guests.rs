//! Guests: they join by a link, come back, and leave.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::{Answer, Created};
use crate::http::auth::Origin;
use crate::http::error::ApiError;
use crate::http::extract::{Body, LinkRef, PathParam};
use crate::views::{guest_conversation, link_info, own_guest};
use axum::extract::State;
use axum::http::HeaderMap;
use meeshy_chat::{ChatError, NewGuest};
use meeshy_domain::Timestamp;
use meeshy_domain::share_link::is_country;
use meeshy_wire::{
    ErrorCode, GuestSecret, JoinAsGuest, JoinedAsGuest, LinkInfo, Notice, RefreshedGuest, from_json,
};

pub fn routes(api: Api) -> Api {
    let about = "What everybody may know of a link that works";
    api.get(Access::Anyone, "/api/v1/anonymous/link/{linkId}", about, info)
        .fails(&[ErrorCode::LinkClosed])
        .get(Access::Anyone, "/anonymous/link/{linkId}", about, info)
        .fails(&[ErrorCode::LinkClosed])
        .get(Access::Anyone, "/api/v1/links/{linkId}/info", about, info)
        .fails(&[ErrorCode::LinkClosed])
        .post(Access::Anyone, "/api/v1/anonymous/join/{linkId}", "Join a conversation as a guest", join)
        .fails(&[
            ErrorCode::LinkClosed,
            ErrorCode::LinkFull,
            ErrorCode::AccountRequired,
            ErrorCode::GuestNotAllowed,
            ErrorCode::NicknameTaken,
            ErrorCode::ServiceUnavailable,
        ])
        .post(Access::Anyone, "/api/v1/anonymous/refresh", "Come back as a guest", refresh)
        .fails(&[ErrorCode::AuthFailed, ErrorCode::LinkClosed, ErrorCode::NotFound])
        .post(Access::Anyone, "/api/v1/anonymous/leave", "Leave as a guest", leave)
        .fails(&[ErrorCode::NotFound])
}

pub async fn info(
    State(app): State<App>,
    origin: Origin,
    PathParam(LinkRef(link)): PathParam<LinkRef>,
) -> Result<Answer<LinkInfo>, ApiError> {
    app.limiter.count(app.limiter.limits.links, &origin.counted_as)?;
    Ok(Answer(link_info(app.chat.share_links().info(&link).await?)))
}

async fn join(
    State(app): State<App>,
    origin: Origin,
    headers: HeaderMap,
    PathParam(LinkRef(link)): PathParam<LinkRef>,
    Body(asked): Body<JoinAsGuest>,
) -> Result<Created<JoinedAsGuest>, ApiError> {
    app.limiter.count(app.limiter.limits.guests, &origin.counted_as)?;
    let new = NewGuest {
        first_name: asked.first_name,
        last_name: asked.last_name,
        username: asked.username,
        email: asked.email,
        birthday: birthday(asked.birthday.as_deref())?,
        language: asked.language,
        device_fingerprint: asked.device_fingerprint,
        ip_address: origin.device.ip_address.as_deref().and_then(|address| address.parse().ok()),
        country: app.country(&headers),
    };
    let joined = app.chat.guests().join(&link, new).await?;
    let sees_after = joined.caller.seat.sees_after;
    Ok(Created(JoinedAsGuest {
        session_token: joined.secret,
        participant: own_guest(&joined.caller),
        conversation: guest_conversation(&joined.caller.conversation, sees_after),
        link_id: joined.link.link_id,
        id: joined.link.id,
    }))
}

impl App {
    /// The country of a caller, if a trusted proxy says so in the configured header.
    fn country(&self, headers: &HeaderMap) -> Option<String> {
        let header =
            self.config.country_header.as_ref().filter(|_| self.config.forwarding.trusted_hops > 0)?;
        let country = headers.get(header)?.to_str().ok()?.trim().to_ascii_uppercase();
        Some(country).filter(|country| is_country(country))
    }
}

/// A date, or a time; empty if it is not given.
fn birthday(given: Option<&str>) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = given.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let text = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    let time = from_json::<meeshy_wire::Iso>(serde_json::Value::from(text).to_string().as_bytes());
    time.map(|time| Some(time.0))
        .map_err(|_| ApiError::invalid("birthday", "expected a date such as 2000-01-31"))
}

async fn refresh(
    State(app): State<App>,
    Body(GuestSecret { session_token }): Body<GuestSecret>,
) -> Result<Answer<RefreshedGuest>, ApiError> {
    let guest = app.chat.guests().authenticate(&session_token).await?;
    let link = app.chat.guests().link_of(guest.id(), &guest.seat.share_link_id.to_string()).await?;
    Ok(Answer(RefreshedGuest {
        participant: own_guest(&guest),
        conversation: guest_conversation(&guest.conversation, guest.seat.sees_after),
        link_id: link.link_id,
    }))
}

async fn leave(
    State(app): State<App>,
    Body(GuestSecret { session_token }): Body<GuestSecret>,
) -> Result<Answer<Notice>, ApiError> {
    match app.chat.guests().leave(&session_token).await {
        Ok(()) => Ok(Answer(Notice { message: "You have left the conversation".to_owned() })),
        Err(ChatError::NotFound { .. }) => {
            Err(ApiError::new(ErrorCode::NotFound, "nobody takes part with this session"))
        }
        Err(error) => Err(error.into()),
    }
}
