//! Devices that get push notifications.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, DeviceRef, PathParam};
use crate::views::push_device;
use axum::extract::State;
use meeshy_chat::NewPushDevice;
use meeshy_domain::{PushPlatform, PushService};
use meeshy_push::Subscription;
use meeshy_wire::{
    BrowserSubscription, BrowserToken, ErrorCode, Notice, PushDevice, PushKey, RegisterDevice,
    RegisteredDevice, SubscribeBrowser, SubscriptionKeys, UnregisterDevice, UnregisteredDevices,
};

pub fn routes(api: Api) -> Api {
    let (device, browser) = ("/api/v1/users/register-device-token", "/api/users/push-token");
    let push = "/api/v1/notifications/push";
    let raced = &[ErrorCode::ServiceUnavailable];
    api.post(Access::User, device, "Register a device for push notifications", register)
        .fails(raced)
        .delete(Access::User, device, "Remove devices by token or id", unregister)
        .post(Access::User, browser, "Register a browser for push notifications", register_browser)
        .fails(raced)
        .delete(Access::User, browser, "Remove a browser by its token", unregister_browser)
        .get(Access::User, &format!("{push}/key"), "The key with which browsers subscribe", key)
        .post(Access::User, &format!("{push}/subscription"), "Notify this browser (Web Push)", subscribe)
        .fails(&[ErrorCode::ServiceUnavailable, ErrorCode::InvalidOperation])
        .delete(Access::User, &format!("{push}/subscription"), "Notify this browser no more", unsubscribe)
        .fails(&[ErrorCode::InvalidOperation])
        .get(Access::User, "/api/v1/users/me/devices", "The caller's devices for push notifications", list)
        .delete(Access::User, "/api/v1/users/me/devices/{deviceId}", "Remove a device", remove)
}

async fn register(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<RegisterDevice>,
) -> Result<Answer<RegisteredDevice>, ApiError> {
    let (token, usual) = match (body.token, body.apns_token) {
        (Some(token), Some(other)) if token != other => {
            return Err(ApiError::invalid("apnsToken", "differs from the token"));
        }
        (Some(token), _) => (token, PushService::Fcm),
        (None, Some(token)) => (token, PushService::Apns),
        (None, None) => return Err(ApiError::invalid("token", "is missing")),
    };
    let new = NewPushDevice {
        token: token.into(),
        service: body.service.unwrap_or(usual),
        platform: body.platform,
        device_id: body.device_id,
        device_name: body.device_name,
        app_version: body.app_version,
        bundle_id: body.bundle_id,
    };
    let (device, is_new) = app.chat.push_devices().register(caller.user.id, caller.session_id, new).await?;
    Ok(Answer(registered(device, is_new)))
}

fn registered(device: meeshy_chat::model::PushDevice, is_new: bool) -> RegisteredDevice {
    RegisteredDevice {
        id: device.id,
        service: device.service,
        platform: device.platform,
        device_name: device.device_name,
        is_new,
        message: "The device is registered".to_owned(),
    }
}

async fn unregister(
    State(app): State<App>,
    User(caller): User,
    Body(UnregisterDevice { token, device_id }): Body<UnregisterDevice>,
) -> Result<Answer<UnregisteredDevices>, ApiError> {
    let devices = app.chat.push_devices();
    let token = token.map(Into::into);
    let deleted_count = devices.unregister(caller.user.id, token, device_id.as_deref()).await?;
    Ok(Answer(UnregisteredDevices { deleted_count, message: "The device is removed".to_owned() }))
}

async fn register_browser(
    State(app): State<App>,
    User(caller): User,
    Body(BrowserToken { token, .. }): Body<BrowserToken>,
) -> Result<Answer<Notice>, ApiError> {
    let new = NewPushDevice {
        token: token.into(),
        service: PushService::Fcm,
        platform: PushPlatform::Web,
        device_id: None,
        device_name: None,
        app_version: None,
        bundle_id: None,
    };
    app.chat.push_devices().register(caller.user.id, caller.session_id, new).await?;
    Ok(Answer(Notice { message: "The browser is registered".to_owned() }))
}

async fn unregister_browser(
    State(app): State<App>,
    User(caller): User,
    Body(BrowserToken { token, .. }): Body<BrowserToken>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.push_devices().unregister(caller.user.id, Some(token.into()), None).await?;
    Ok(Answer(Notice { message: "The browser is removed".to_owned() }))
}

async fn key(State(app): State<App>, User(_): User) -> Result<Answer<PushKey>, ApiError> {
    Ok(Answer(PushKey { public_key: app.chat.push_devices().browser_key().map(str::to_owned) }))
}

async fn subscribe(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<SubscribeBrowser>,
) -> Result<Answer<RegisteredDevice>, ApiError> {
    let SubscribeBrowser { subscription: given, device_id, device_name } = body;
    let browser = app.chat.push_devices().browser(&subscription(given)?)?;
    let new = NewPushDevice { device_id, device_name, ..browser };
    let (device, is_new) = app.chat.push_devices().register(caller.user.id, caller.session_id, new).await?;
    Ok(Answer(registered(device, is_new)))
}

async fn unsubscribe(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<BrowserSubscription>,
) -> Result<Answer<UnregisteredDevices>, ApiError> {
    let subscription = subscription(body)?;
    let deleted_count = app.chat.push_devices().unsubscribe(caller.user.id, &subscription).await?;
    Ok(Answer(UnregisteredDevices { deleted_count, message: "The browser is removed".to_owned() }))
}

fn subscription(body: BrowserSubscription) -> Result<Subscription, ApiError> {
    let BrowserSubscription { endpoint, keys: SubscriptionKeys { p256dh, auth } } = body;
    Subscription::new(endpoint, p256dh, auth).map_err(|error| ApiError::invalid(error.field, error.problem))
}

async fn list(State(app): State<App>, User(caller): User) -> Result<Answer<Vec<PushDevice>>, ApiError> {
    let found = app.chat.push_devices().list(caller.user.id).await?;
    Ok(Answer(found.into_iter().map(push_device).collect()))
}

async fn remove(
    State(app): State<App>,
    User(caller): User,
    PathParam(DeviceRef(id)): PathParam<DeviceRef>,
) -> Result<Answer<Notice>, ApiError> {
    app.chat.push_devices().remove(caller.user.id, &id).await?;
    Ok(Answer(Notice { message: "The device is removed".to_owned() }))
}
