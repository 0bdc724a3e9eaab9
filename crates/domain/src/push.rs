//! Devices that get push notifications.

use crate::named::named;

named!(
    /// What delivers push notifications to a device.
    PushService, "push service" {
        /// Apple's.
        Apns = "apns",
        /// Google's Firebase Cloud Messaging.
        Fcm = "fcm",
        /// Apple's, for calls.
        Voip = "voip",
        /// That of a browser (Web Push, RFC 8030).
        Web = "webpush",
    }
);

named!(
    /// What a device runs.
    PushPlatform, "platform" {
        /// iOS.
        Ios = "ios",
        /// Android.
        Android = "android",
        /// A browser.
        Web = "web",
    }
);
