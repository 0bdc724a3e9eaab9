//! Sending text messages, to a provider that speaks just enough HTTP.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

use meeshy_mail::sms::{Provider, ProviderError, Sms, SmsError, SmsSender};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const JSON: &str = r#"{"messages": [{"to": "{to}", "from": "{from}", "text": "{text}"}]}"#;
const TEXT: &str = "Meeshy: \"012345\" & {to}\nجديد";

/// A provider that takes one message and answers with `status`; returns what it has read.
async fn provider(status: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/send?version=2", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut heard, mut buffer) = (String::new(), [0; 4096]);
        while !is_complete(&heard) {
            let read = stream.read(&mut buffer).await.unwrap();
            heard += &String::from_utf8_lossy(&buffer[..read]);
        }
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nlocation: /elsewhere\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        heard
    });
    (url, serving)
}

fn is_complete(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_some_and(|length| body.len() >= length.parse().unwrap())
}

fn settings(url: &str, body: &str) -> Provider {
    Provider {
        url: url.into(),
        from: "Meeshy & Co".into(),
        body: body.into(),
        authorization: Some("Bearer abc".into()),
    }
}

fn sms() -> Sms {
    Sms { id: "65a0c0ffee0123456789abcd".into(), to: "+33612345678".into(), text: TEXT.into() }
}

async fn sent(url: &str, body: &str) -> Result<(), SmsError> {
    SmsSender::provider(settings(url, body)).unwrap().send(sms()).await
}

#[tokio::test]
async fn a_message_is_posted_as_json_or_as_a_form() {
    let (url, serving) = provider("201 Created").await;
    sent(&url, JSON).await.unwrap();
    let heard = serving.await.unwrap();
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /send?version=2 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: Bearer abc") && head.contains("content-type: application/json"));
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let expected = serde_json::json!({
        "messages": [{ "to": "+33612345678", "from": "Meeshy & Co", "text": TEXT }]
    });
    assert_eq!(body, expected);

    let (url, serving) = provider("200 OK").await;
    sent(&url, "To={to}&From={from}&Body={text}").await.unwrap();
    let heard = serving.await.unwrap();
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
    let fields: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let expected = [("To", "+33612345678"), ("From", "Meeshy & Co"), ("Body", TEXT)];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn only_what_may_pass_is_tried_again_and_no_redirect_is_followed() {
    for (status, is_final) in [
        ("400 Bad Request", true),
        ("422 Unprocessable Content", true),
        ("302 Found", false),
        ("401 Unauthorized", false),
        ("429 Too Many Requests", false),
        ("503 Service Unavailable", false),
    ] {
        let (url, serving) = provider(status).await;
        let error = sent(&url, JSON).await.unwrap_err();
        serving.await.unwrap();
        assert_eq!(matches!(error, SmsError::Rejected(_)), is_final, "{status}: {error}");
        assert!(!format!("{error} {error:?}").contains("+336"), "{error}");
    }
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = sent(&format!("http://{unused}"), JSON).await.unwrap_err();
    assert_eq!(error.to_string(), "the SMS provider failed: it cannot be reached");
}

#[tokio::test]
async fn settings_are_checked() {
    let problem = |url: &str, body: &str| SmsSender::provider(settings(url, body)).unwrap_err();
    assert!(matches!(problem("sms.example", JSON), ProviderError::Url));
    assert!(matches!(problem("ftp://sms.example", JSON), ProviderError::Url));
    assert!(matches!(problem("http://sms.example", JSON), ProviderError::ClearText));
    let url = "https://user:secret@sms.example/send";
    assert!(matches!(problem(url, "To={to}"), ProviderError::Placeholders));
    assert!(matches!(problem(url, r#"{"to": {to}, "text": "{text}"#), ProviderError::Json));
    let sender = SmsSender::provider(settings(url, JSON)).unwrap();
    assert_eq!(format!("{sender:?}"), "SmsSender(HTTP)");
    let authorization = Some("a\nb".into());
    let bad = Provider { authorization, ..settings(url, JSON) };
    assert!(matches!(SmsSender::provider(bad), Err(ProviderError::Authorization)));
}

#[tokio::test]
async fn without_a_provider_messages_are_private_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    SmsSender::folder(folder.path().join("sms")).send(sms()).await.unwrap();
    let file = folder.path().join("sms/65a0c0ffee0123456789abcd.sms");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("To: +33612345678\n\n{TEXT}\n"));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0);
}
