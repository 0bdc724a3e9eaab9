//! Small changes of the caller's account for old clients: consents, and whether others see that they are online.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::Body;
use axum::extract::State;
use meeshy_domain::preferences::{Consent, Privacy, Values};
use meeshy_wire::{Consents, OwnStatus, PatchConsents, PutStatus};

pub fn routes(api: Api) -> Api {
    api.patch(Access::User, "/api/v1/me/consents", "Give or withdraw consents", change_consents).put(
        Access::User,
        "/api/v1/users/me/status",
        "Whether others see that the caller is online",
        set_status,
    )
}

async fn change_consents(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<PatchConsents>,
) -> Result<Answer<Consents>, ApiError> {
    let changes =
        [(Consent::VoiceData, body.voice_data_consent), (Consent::VoiceProfile, body.voice_profile_consent)];
    let changes = changes.into_iter().filter_map(|(consent, given)| Some((consent, given?))).collect();
    let given = app.chat.preferences().change_consents(caller.user.id, changes).await?;
    let since = |consent| given.iter().find(|(known, _)| *known == consent).map(|(_, at)| (*at).into());
    Ok(Answer(Consents {
        voice_data_consent_at: since(Consent::VoiceData),
        voice_profile_consent_at: since(Consent::VoiceProfile),
    }))
}

/// A preference: who is shown as offline still gets everything.
async fn set_status(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<PutStatus>,
) -> Result<Answer<OwnStatus>, ApiError> {
    let values = Values::from_iter([("showOnlineStatus".to_owned(), body.status.is_shown().into())]);
    let privacy: Privacy = app.chat.preferences().merge(caller.user.id, values).await?;
    Ok(Answer(OwnStatus { status: body.status, show_online_status: privacy.show_online_status }))
}
