//! Sending e-mails, to a server that speaks just enough SMTP (RFC 5321).

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

use meeshy_domain::{Language, Timestamp};
use meeshy_mail::{Letter, Mail, MailError, Mailer, SetupError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const FROM: &str = "Meeshy <noreply@meeshy.example>";

/// A server that takes one e-mail, or answers `RCPT TO` with `recipient`; returns what it has read.
async fn server(recipient: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (reader, mut writer) = stream.into_split();
        let (mut lines, mut heard, mut in_data) = (BufReader::new(reader).lines(), String::new(), false);
        writer.write_all(b"220 test\r\n").await.unwrap();
        while let Some(line) = lines.next_line().await.unwrap() {
            heard += &format!("{line}\n");
            let command = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            let answer = match command.as_str() {
                _ if in_data && line != "." => continue,
                "EHLO" => "250-test\r\n250 SIZE 1000000",
                "RCPT" => recipient,
                "DATA" => {
                    in_data = true;
                    "354 go on"
                }
                "QUIT" => "221 bye",
                _ => {
                    in_data = false;
                    "250 ok"
                }
            };
            if writer.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() || command == "QUIT" {
                break;
            }
        }
        heard
    });
    (url, serving)
}

fn mail(to: &str) -> Mail {
    let letter = Letter::ResetPassword { link: "https://meeshy.example/reset-password?token=abc".into() };
    Mail {
        id: "65a0c0ffee0123456789abcd".into(),
        at: Timestamp::from_millis(1_768_480_496_789),
        to: to.into(),
        written: letter.write("lea", Language::parse("fr").unwrap()),
    }
}

#[tokio::test]
async fn an_email_is_sent_as_text_and_html() {
    let (url, serving) = server("250 ok").await;
    Mailer::smtp(FROM, &url).unwrap().send(mail("lea@example.org")).await.unwrap();
    let heard = serving.await.unwrap();
    for part in [
        "MAIL FROM:<noreply@meeshy.example>",
        "RCPT TO:<lea@example.org>",
        "From: Meeshy <noreply@meeshy.example>",
        "To: lea@example.org",
        "Date: Thu, 15 Jan 2026 12:34:56 +0000",
        "Message-ID: <65a0c0ffee0123456789abcd@meeshy.example>",
        "Auto-Submitted: auto-generated",
        "Content-Type: multipart/alternative;",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
    ] {
        assert!(heard.contains(part), "no {part}:\n{heard}");
    }
}

#[tokio::test]
async fn a_refusal_is_final_only_if_the_server_says_so() {
    for (recipient, is_final) in [
        ("550 no such user lea@example.org", true),
        ("451 try again", false),
        ("530 authentication required", false),
    ] {
        let (url, serving) = server(recipient).await;
        let error = Mailer::smtp(FROM, &url).unwrap().send(mail("lea@example.org")).await.unwrap_err();
        assert_eq!(matches!(error, MailError::Rejected(_)), is_final, "{error}");
        assert!(error.to_string().contains(&recipient[..3]), "{error}");
        assert!(!error.to_string().contains("lea"), "{error}");
        drop(serving);
    }
    // Nobody listens on the discard port.
    let error = Mailer::smtp(FROM, "smtp://127.0.0.1:9").unwrap().send(mail("lea@example.org")).await;
    assert!(matches!(error.unwrap_err(), MailError::Failed(_)));
}

#[tokio::test]
async fn without_a_server_emails_become_files() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = Mailer::folder(FROM, folder.path().join("mail")).unwrap();
    mailer.send(mail("lea@example.org")).await.unwrap();
    let written = std::fs::read_to_string(folder.path().join("mail/65a0c0ffee0123456789abcd.eml")).unwrap();
    assert!(written.contains("To: lea@example.org"), "{written}");
    assert!(matches!(mailer.send(mail("nobody")).await.unwrap_err(), MailError::Rejected(_)));
}

#[test]
fn passwords_do_not_cross_the_network_in_clear_text() {
    for url in
        ["smtp://mail.example.org", "smtp://lea:secret@mail.example.org:25", "smtp://localhost.evil.example"]
    {
        assert!(matches!(Mailer::smtp(FROM, url).unwrap_err(), SetupError::ClearText), "{url}");
    }
    for url in ["http://mail.example.org", "mail.example.org", ""] {
        assert!(matches!(Mailer::smtp(FROM, url).unwrap_err(), SetupError::Server), "{url}");
    }
    assert!(matches!(Mailer::smtp("Meeshy", "smtp://localhost").unwrap_err(), SetupError::Sender));
    for url in
        ["smtps://lea:secret@mail.example.org", "smtp://mail.example.org:587?tls=required", "smtp://[::1]:25"]
    {
        Mailer::smtp(FROM, url).unwrap();
    }
}
