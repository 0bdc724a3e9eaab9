//! What the old system hid stays hidden after an import, and what it showed is shown.

use crate::export::writes::open;
use crate::support::{Small, conversation, id, import, made, message, small, user};
use bson::{Document, doc};
use meeshy_chat::{Chat, ListFilter, MessageView, PageRequest};
use meeshy_domain::UserId;
use meeshy_testkit::{Database, both_databases};

const LEA: u8 = 1;
const CARLOS: u8 = 2;
const EMMA: u8 = 3;

fn member(number: u8) -> Document {
    doc! {
        "_id": id('p', number), "conversationId": id('c', 1), "userId": id('u', number), "role": "MEMBER",
        "canSendMessage": true, "joinedAt": made(1), "isActive": true,
    }
}

fn message_by(number: u8, sender: u8, content: &str, more: Document) -> Document {
    let mut message = message(number, 1, sender);
    message.insert("content", content);
    message.extend(more);
    message
}

fn by_guest() -> Document {
    let mut message = message_by(8, LEA, "from a guest", doc! { "anonymousSenderId": id('g', 1) });
    message.remove("senderId");
    message
}

fn status(number: u8, user: u8) -> Document {
    doc! {
        "_id": id('s', number), "messageId": id('m', 1), "conversationId": id('c', 1), "userId": id('u', user),
        "readAt": made(9), "createdAt": made(9), "updatedAt": made(9),
    }
}

/// Léa has blocked Carlos; Emma uses every feature of the old system.
fn old() -> Small {
    let mut lea = user(LEA, "lea");
    lea.insert("blockedUserIds", vec![id('u', CARLOS)]);
    let link = doc! {
        "_id": id('l', 1), "linkId": "mshy_link", "conversationId": id('c', 1), "createdBy": id('u', EMMA),
        "createdAt": made(1), "updatedAt": made(1),
    };
    let guest = doc! {
        "_id": id('g', 1), "conversationId": id('c', 1), "shareLinkId": id('l', 1), "firstName": "Ana",
        "lastName": "Li", "username": "visitor", "sessionToken": "anon_1", "language": "es", "joinedAt": made(1),
    };
    let file = doc! {
        "_id": id('f', 1), "messageId": id('m', 1), "fileName": "a.png", "originalName": "a.png",
        "mimeType": "image/png", "fileSize": 3, "filePath": "2025/10/a.png", "fileUrl": "/api/attachments/file/a",
        "uploadedBy": id('u', EMMA), "createdAt": made(1), "viewedCount": 4, "downloadedCount": 2,
    };
    let deletion =
        doc! { "_id": id('d', 1), "userId": id('u', LEA), "messageId": id('m', 6), "deletedAt": made(9) };
    small(&[
        ("User", vec![lea, user(CARLOS, "carlos"), user(EMMA, "emma")]),
        ("Conversation", vec![conversation(1)]),
        ("ConversationMember", vec![member(LEA), member(CARLOS), member(EMMA)]),
        ("ConversationShareLink", vec![link]),
        ("AnonymousParticipant", vec![guest]),
        (
            "Message",
            vec![
                message_by(1, EMMA, "plain", doc! {}),
                message_by(2, CARLOS, "by somebody blocked", doc! {}),
                message_by(3, EMMA, "expired", doc! { "expiresAt": made(50) }),
                message_by(4, EMMA, "once", doc! { "isViewOnce": true, "maxViewOnceCount": 1 }),
                message_by(5, EMMA, "blurred", doc! { "isBlurred": true }),
                message_by(6, EMMA, "deleted by Léa", doc! {}),
                message_by(7, EMMA, "c2VjcmV0", doc! { "isEncrypted": true, "encryptionMode": "e2ee" }),
                by_guest(),
                message_by(9, EMMA, "answers", doc! { "replyToId": id('m', 2) }),
            ],
        ),
        ("MessageAttachment", vec![file]),
        ("MessageStatusEntry", vec![status(1, LEA), status(2, CARLOS)]),
        ("UserMessageDeletion", vec![deletion]),
    ])
}

/// What a user sees, the oldest first.
async fn read(chat: &Chat, reader: u8) -> Vec<MessageView> {
    let request = PageRequest { limit: 50, ..PageRequest::default() };
    let page = chat.messages().page(user_id(reader), &id('c', 1).to_hex(), request, || true).await.unwrap();
    assert_eq!(usize::try_from(page.total).unwrap(), page.messages.len());
    page.messages.into_iter().rev().collect()
}

fn user_id(number: u8) -> UserId {
    id('u', number).to_hex().parse().unwrap()
}

#[both_databases]
fn hidden_data_stays_hidden_and_the_rest_is_correct(database: Database) {
    let dump = old();
    let report = import(database.location(), &dump.dump);
    assert_eq!(report.rejections, []);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let chat = open(&database).await;
        people_look(&chat).await;
    });
}

async fn people_look(chat: &Chat) {
    let (once, encrypted) = ("\u{1F441}", "\u{1F512}");
    let of_carlos = "by somebody blocked";
    for (reader, expected) in [
        (LEA, vec!["plain", once, "blurred", encrypted, "from a guest", "answers"]),
        (
            CARLOS,
            vec!["plain", of_carlos, once, "blurred", "deleted by Léa", encrypted, "from a guest", "answers"],
        ),
        (
            EMMA,
            vec![
                "plain",
                of_carlos,
                "once",
                "blurred",
                "deleted by Léa",
                encrypted,
                "from a guest",
                "answers",
            ],
        ),
    ] {
        let seen = read(chat, reader).await;
        let texts: Vec<&str> = seen.iter().map(|view| view.message.content.as_str()).collect();
        assert_eq!(texts, expected, "{reader}");
        let answers = seen.last().unwrap();
        assert_eq!(answers.reply_to.is_some(), reader != LEA, "what it answers is of Carlos");
        let with = |text: &str| seen.iter().find(|view| view.message.content == text).unwrap();
        assert!(with("blurred").message.details.is_blurred);
        let guest = with("from a guest").guest.as_ref().unwrap();
        assert_eq!((guest.first_name.as_str(), guest.username.as_str()), ("Ana", "visitor"));
        let plain = with("plain");
        assert_eq!(plain.status_entries, 2);
        let history = &plain.attachments[0].history;
        assert_eq!((history.viewed_count, history.downloaded_count), (4, 2));
    }
    let (listed, _) = chat.conversations().list(user_id(LEA), ListFilter::default(), 10, 0).await.unwrap();
    let talk = listed.iter().find(|view| view.conversation.id.to_string() == id('c', 1).to_hex()).unwrap();
    assert_eq!(talk.last_message.as_ref().unwrap().message.content, "answers");
    assert_eq!(talk.unread_count, 5, "what she sees, but the first, which she has read");
    for (from, to) in [(LEA, "carlos"), (CARLOS, "lea")] {
        let (found, _) = chat.profiles().search(user_id(from), to, 10, 0).await.unwrap();
        assert!(found.is_empty(), "{to}");
    }
}
