//! Small, clean documents of the old system.

use bson::oid::ObjectId;
use bson::{DateTime, Document, doc};

/// The id for a noun and a number: `id('u', 1)`. All were created in October 2025.
pub fn id(noun: char, number: u8) -> ObjectId {
    ObjectId::from_bytes([0x68, 0xf0, 0, number, noun as u8, 0, 0, 0, 0, 0, 0, number])
}

/// The time of creation of the object with such an id.
pub fn made(number: u8) -> DateTime {
    DateTime::from_millis(id('x', number).timestamp().timestamp_millis())
}

pub fn user(number: u8, name: &str) -> Document {
    doc! {
        "_id": id('u', number), "username": name, "firstName": name, "lastName": "Test", "bio": "",
        "email": format!("{name}@example.org"), "password": "$2b$10$0000000000000000000000",
        "systemLanguage": "fr", "role": "USER", "isActive": true, "createdAt": made(number), "updatedAt": made(number),
    }
}

pub fn conversation(number: u8) -> Document {
    doc! {
        "_id": id('c', number), "identifier": format!("mshy_{number}"), "type": "group", "isActive": true,
        "createdAt": made(number), "updatedAt": made(number),
    }
}

pub fn message(number: u8, conversation: u8, sender: u8) -> Document {
    doc! {
        "_id": id('m', number), "conversationId": id('c', conversation), "senderId": id('u', sender),
        "content": format!("message {number}"), "originalLanguage": "fr", "messageType": "text", "isEdited": false,
        "isDeleted": false, "createdAt": made(number), "updatedAt": made(number),
    }
}

/// Whether a field of a document contains an id.
pub fn says(document: &Document, field: &str, id: ObjectId) -> bool {
    document.get_object_id(field).is_ok_and(|it| it == id)
}
