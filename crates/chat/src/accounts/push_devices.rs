//! Devices that get push notifications.

use crate::ChatError;
use crate::context::Context;
use meeshy_domain::{PushPlatform, PushService, Secret, SessionId, UserId, limits, text};
use meeshy_push::{Subscription, WebPush};
use meeshy_store::Tx;
use meeshy_store::push_tokens::{self, PushDevice};
use std::sync::Arc;

/// A device to register.
#[derive(Debug, Clone)]
pub struct NewPushDevice {
    /// Its token, which allows to send to it.
    pub token: Secret,
    /// What delivers to it.
    pub service: PushService,
    /// What it runs.
    pub platform: PushPlatform,
    /// Its id for the client.
    pub device_id: Option<String>,
    /// Its name.
    pub device_name: Option<String>,
    /// The version of the app.
    pub app_version: Option<String>,
    /// The app.
    pub bundle_id: Option<String>,
}

/// Devices that get push notifications. Cheap to clone.
#[derive(Clone)]
pub struct PushDevices {
    context: Arc<Context>,
    web: Option<Arc<WebPush>>,
}

impl PushDevices {
    pub(crate) fn new(context: Arc<Context>, web: Option<Arc<WebPush>>) -> Self {
        Self { context, web }
    }

    /// The public key with which browsers subscribe; `None` if this server does not notify browsers.
    pub fn browser_key(&self) -> Option<&str> {
        self.web.as_ref().map(|web| web.public_key())
    }

    /// A browser as a device.
    ///
    /// # Errors
    /// When this server does not notify browsers, or not by way of its push service.
    pub fn browser(&self, subscription: &Subscription) -> Result<NewPushDevice, ChatError> {
        let Some(web) = &self.web else {
            return Err(ChatError::InvalidOperation("this server does not notify browsers".into()));
        };
        if !web.allows(subscription) {
            return Err(ChatError::invalid("endpoint", "this server does not use this push service"));
        }
        Ok(NewPushDevice {
            token: subscription.text().into(),
            service: PushService::Web,
            platform: PushPlatform::Web,
            device_id: None,
            device_name: None,
            app_version: None,
            bundle_id: None,
        })
    }

    /// Removes a browser of the caller; returns how many rows it had.
    pub async fn unsubscribe(&self, caller: UserId, subscription: &Subscription) -> Result<u64, ChatError> {
        let token: Secret = subscription.text().into();
        let write = move |tx: &mut Tx<'_>| push_tokens::remove_token(tx, caller, &token);
        Ok(self.context.store.write(write).await?)
    }

    /// Registers a device for the caller, and for nobody else, as long as their session lasts; returns it, and whether it is new. The
    /// oldest of more than 20 is removed.
    ///
    /// # Errors
    /// When the token has an impossible form, or a description is too long.
    pub async fn register(
        &self,
        caller: UserId,
        session: Option<SessionId>,
        new: NewPushDevice,
    ) -> Result<(PushDevice, bool), ChatError> {
        check_token(&new.token, new.service)?;
        let described = |field, about: &Option<String>| {
            let about = about.as_deref().map(|about| text::paragraph(field, about, limits::DEVICE_CHARS));
            Ok::<_, ChatError>(about.transpose()?.filter(|about| !about.is_empty()).map(str::to_owned))
        };
        let device = push_tokens::NewPushDevice {
            id: self.context.new_id(),
            user_id: caller,
            session_id: session,
            service: new.service,
            platform: new.platform,
            device_id: described("deviceId", &new.device_id)?,
            device_name: described("deviceName", &new.device_name)?,
            app_version: described("appVersion", &new.app_version)?,
            bundle_id: described("bundleId", &new.bundle_id)?,
            token: new.token,
            now: self.context.now(),
        };
        let write = move |tx: &mut Tx<'_>| {
            push_tokens::release(tx, &device)?;
            let registered = push_tokens::register(tx, &device)?;
            push_tokens::trim(tx, caller, limits::PUSH_TOKENS)?;
            let is_new = registered.id == device.id;
            Ok((registered, is_new))
        };
        self.context.write_unless_there(write).await
    }

    /// The devices of the caller, the one that was registered last first.
    pub async fn list(&self, caller: UserId) -> Result<Vec<PushDevice>, ChatError> {
        let read = move |tx: &mut Tx<'_>| tx.fetch(push_tokens::of_user(caller, limits::PUSH_TOKENS));
        Ok(self.context.store.read(read).await?)
    }

    /// Removes a device of the caller by its id, or its id for the client.
    ///
    /// # Errors
    /// When there is none.
    pub async fn remove(&self, caller: UserId, device: &str) -> Result<(), ChatError> {
        match self.unregister(caller, None, Some(device)).await? {
            0 => Err(ChatError::NotFound { what: "device" }),
            _ => Ok(()),
        }
    }

    /// Removes devices of the caller by token, or by id; returns how many there were.
    ///
    /// # Errors
    /// When neither is given, or the token cannot be one.
    pub async fn unregister(
        &self,
        caller: UserId,
        token: Option<Secret>,
        device: Option<&str>,
    ) -> Result<u64, ChatError> {
        if token.is_none() && device.is_none() {
            return Err(ChatError::invalid("token", "name the device by its token or its id"));
        }
        token.as_ref().map(|token| check_token(token, PushService::Fcm)).transpose()?;
        // PostgreSQL would reject it, and no device has it.
        let device = device.filter(|device| !device.contains('\0')).map(str::to_owned);
        let write = move |tx: &mut Tx<'_>| {
            let by_token = token.as_ref().map(|token| push_tokens::remove_token(tx, caller, token));
            let by_token = by_token.transpose()?.unwrap_or(0);
            let by_device = device.as_ref().map(|device| push_tokens::remove_device(tx, caller, device));
            Ok::<_, ChatError>(by_token.saturating_add(by_device.transpose()?.unwrap_or(0)))
        };
        self.context.store.write(write).await
    }
}

fn check_token(token: &Secret, service: PushService) -> Result<(), ChatError> {
    let fewest = *limits::PUSH_TOKEN_BYTES.start();
    let most = match service {
        PushService::Web => limits::SUBSCRIPTION_BYTES,
        _ => *limits::PUSH_TOKEN_BYTES.end(),
    };
    let token = token.expose();
    if (fewest..=most).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(ChatError::invalid("token", format!("expected {fewest} to {most} letters, digits and signs")))
}
