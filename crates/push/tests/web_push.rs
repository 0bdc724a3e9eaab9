//! Messages to browsers, by way of a push service that decrypts them.
#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

use meeshy_domain::Timestamp;
use meeshy_push::{PushError, PushMessage, Services, Subscription, WebPush};
use meeshy_testkit::{PushService, SubscribedBrowser};
use std::time::Duration;

fn message() -> PushMessage {
    PushMessage {
        id: "65a0c0ffee0123456789abcd".into(),
        kind: "new_message".into(),
        title: "Léa".into(),
        body: "Bonjour 👋".into(),
        tag: "a conversation".into(),
        conversation_id: Some("65b0c0ffee0123456789abcd".into()),
        message_id: None,
        unread: 2,
        keep_for: Duration::from_secs(86_400),
        is_urgent: true,
    }
}

fn sender(secret: u8, hosts: &[&str]) -> WebPush {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    WebPush::new(&[secret; 32], Services::new(&hosts).unwrap(), "mailto:admin@example.org").unwrap()
}

fn subscription(browser: &SubscribedBrowser) -> Subscription {
    let SubscribedBrowser { endpoint, p256dh, auth } = browser.clone();
    Subscription::new(endpoint, p256dh, auth).unwrap()
}

const NOW: Timestamp = Timestamp::from_millis(1_768_480_496_789);

#[tokio::test]
async fn a_browser_gets_what_only_it_can_read() {
    let service = PushService::start().await;
    let push = sender(7, &["127.0.0.1"]);
    let to = subscription(&service.subscribe(1));
    let known = Subscription::parse(&to.text()).unwrap();
    push.send(&known, &message(), NOW).await.unwrap();
    let [pushed] = &service.received(1)[..] else { panic!("one message") };
    assert_eq!(
        pushed.message,
        serde_json::json!({
            "id": "65a0c0ffee0123456789abcd", "type": "new_message", "title": "Léa", "body": "Bonjour 👋",
            "tag": "a conversation", "conversationId": "65b0c0ffee0123456789abcd", "messageId": null, "unread": 2,
        })
    );
    let (key, claims) = &pushed.sender;
    assert_eq!(key, push.public_key());
    assert_eq!(
        (&claims["aud"], &claims["sub"]),
        (&service.url.clone().into(), &"mailto:admin@example.org".into())
    );
    assert_eq!(claims["exp"], NOW.plus(Duration::from_secs(12 * 3600)).millis() / 1000);
    let header = |name: &str| pushed.headers[name].as_str();
    assert_eq!(
        (header("urgency"), header("content-encoding"), header("ttl")),
        ("high", "aes128gcm", "86400")
    );
    assert_eq!(header("topic").len(), 32);
    // The key pair follows from the secret.
    assert_eq!(sender(7, &["127.0.0.1"]).public_key(), push.public_key());
    assert_ne!(sender(8, &["127.0.0.1"]).public_key(), push.public_key());
}

#[tokio::test]
async fn what_a_push_service_answers() {
    let service = PushService::start().await;
    let push = sender(7, &["127.0.0.1"]);
    let to = subscription(&service.subscribe(1));
    for (status, expected) in [
        (404, "Gone"),
        (410, "Gone"),
        (403, "Rejected"),
        (400, "Rejected"),
        (413, "Rejected"),
        (429, "Failed"),
        (503, "Failed"),
        (302, "Rejected"),
    ] {
        service.answer(1, status);
        let error = push.send(&to, &message(), NOW).await.unwrap_err();
        let kind = match error {
            PushError::Gone(_) => "Gone",
            PushError::Rejected(_) => "Rejected",
            PushError::Failed { .. } => "Failed",
            PushError::Crypto(_) | PushError::NotAllowed => "other",
        };
        assert_eq!(kind, expected, "{status}");
    }
    let closed =
        Subscription::new("http://127.0.0.1:1/push/1".into(), service.subscribe(2).p256dh, "A".repeat(22));
    let error = push.send(&closed.unwrap(), &message(), NOW).await.unwrap_err();
    assert!(matches!(&error, PushError::Failed { .. }), "{error}");
    assert!(!error.to_string().contains("/push/1"), "the address is a secret: {error}");
}

#[tokio::test]
async fn nothing_goes_to_other_hosts() {
    let service = PushService::start().await;
    let to = subscription(&service.subscribe(1));
    let push = sender(7, &["push.example.org", "*.example.com"]);
    assert!(!push.allows(&to));
    assert!(matches!(push.send(&to, &message(), NOW).await, Err(PushError::NotAllowed)));
    assert!(service.received(1).is_empty());
}

#[test]
fn a_subscription_has_a_url_a_key_and_a_secret() {
    let (key, auth) = (
        "BLn9b-VR0ca83knDNZ32dCHGyjJp-1riX9ZTN40MqV8K_LpQmLqxC_DoHvqvFXO_nGdAB4W9dogZb_sM-uV4JbY",
        "_ordMnz7uTCmrpBTeUV4Bw",
    );
    let field = |endpoint: &str, key: &str, auth: &str| {
        Subscription::new(endpoint.into(), key.into(), auth.into()).map_err(|error| error.field).err()
    };
    assert_eq!(field("https://push.example.org/1", key, auth), None);
    assert_eq!(field("https://push.example.org/1", key, &format!("{auth}==")), None, "padded");
    assert_eq!(field("nonsense", key, auth), Some("endpoint"));
    assert_eq!(field(&format!("https://e.org/{}", "x".repeat(2_000)), key, auth), Some("endpoint"));
    assert_eq!(field("https://push.example.org/1", &key[1..], auth), Some("keys.p256dh"));
    assert_eq!(field("https://push.example.org/1", &"A".repeat(87), auth), Some("keys.p256dh"));
    assert_eq!(field("https://push.example.org/1", key, "AAAA"), Some("keys.auth"));
}
