//! The sections of a document, and the entries of each.

use crate::views::{category, notification, preferences, setting, user};
use meeshy_chat::ExportPart;
use meeshy_chat::model::{
    ExportedBlock, ExportedCommunity, ExportedContact, ExportedConversation, ExportedReaction, Session,
};
use meeshy_chat::{WrittenMessage, model::TranslationState};
use meeshy_domain::{Language, UserId};
use meeshy_wire::Iso;
use serde_json::{Map, Value, json};

/// Declares the sections: key, and title in English, French, Spanish and Arabic.
macro_rules! sections {
    ($($variant:ident $key:literal $titles:expr;)*) => {
        /// A section of a document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Section { $($variant),* }

        impl Section {
            /// Its name in JSON.
            pub fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),* }
            }

            fn titles(self) -> [&'static str; 4] {
                match self { $(Self::$variant => $titles),* }
            }
        }
    };
}

sections! {
    Profile "profile" ["Profile", "Profil", "Perfil", "الملف الشخصي"];
    Preferences "preferences" ["Preferences", "Préférences", "Preferencias", "التفضيلات"];
    Settings "settings" ["Settings of apps", "Réglages des applications", "Ajustes de las aplicaciones", "إعدادات التطبيقات"];
    Categories "categories" ["Categories", "Catégories", "Categorías", "الفئات"];
    Sessions "sessions" ["Devices", "Appareils", "Dispositivos", "الأجهزة"];
    SentRequests "sentFriendRequests" ["Friend requests sent", "Demandes d’ami envoyées", "Solicitudes de amistad enviadas", "طلبات الصداقة المرسلة"];
    ReceivedRequests "receivedFriendRequests" ["Friend requests received", "Demandes d’ami reçues", "Solicitudes de amistad recibidas", "طلبات الصداقة الواردة"];
    Blocks "blockedUsers" ["Blocked people", "Personnes bloquées", "Personas bloqueadas", "المحظورون"];
    Conversations "conversations" ["Conversations", "Conversations", "Conversaciones", "المحادثات"];
    Communities "communities" ["Communities", "Communautés", "Comunidades", "المجتمعات"];
    Messages "messages" ["Messages that I wrote", "Messages que j’ai écrits", "Mensajes que he escrito", "الرسائل التي كتبتها"];
    Reactions "reactions" ["Reactions", "Réactions", "Reacciones", "التفاعلات"];
    Notifications "notifications" ["Notifications", "Notifications", "Notificaciones", "الإشعارات"];
}

/// The place of a language among the titles, and that language; English for others.
fn place(language: Language) -> (usize, Language) {
    match language.code() {
        "fr" => (1, language),
        "es" => (2, language),
        "ar" => (3, language),
        _ => (0, Language::parse("en").unwrap_or(language)),
    }
}

impl Section {
    pub(super) fn title(self, language: Language) -> &'static str {
        self.titles()[place(language).0]
    }
}

/// The title of the document, and its language.
pub(super) fn title(language: Language) -> (&'static str, Language) {
    let (place, language) = place(language);
    let titles = ["My data on Meeshy", "Mes données sur Meeshy", "Mis datos en Meeshy", "بياناتي في Meeshy"];
    (titles[place], language)
}

/// The section of a part, and its entries.
pub fn entries(caller: UserId, part: ExportPart) -> (Section, Vec<Value>) {
    match part {
        ExportPart::Profile(found) => (Section::Profile, vec![as_json(user(&found, false))]),
        ExportPart::Preferences(documents) => (Section::Preferences, vec![as_json(preferences(&documents))]),
        ExportPart::Settings(rows) => {
            (Section::Settings, rows.into_iter().map(|row| as_json(setting(caller, row))).collect())
        }
        ExportPart::Categories(rows) => {
            (Section::Categories, rows.into_iter().map(|row| as_json(category(row))).collect())
        }
        ExportPart::Sessions(rows) => (Section::Sessions, rows.into_iter().map(session).collect()),
        ExportPart::SentRequests(rows) => (Section::SentRequests, rows.into_iter().map(contact).collect()),
        ExportPart::ReceivedRequests(rows) => {
            (Section::ReceivedRequests, rows.into_iter().map(contact).collect())
        }
        ExportPart::Blocks(rows) => (Section::Blocks, rows.into_iter().map(block).collect()),
        ExportPart::Conversations(rows) => {
            (Section::Conversations, rows.into_iter().map(conversation).collect())
        }
        ExportPart::Communities(rows) => (Section::Communities, rows.into_iter().map(community).collect()),
        ExportPart::Messages(rows) => (Section::Messages, rows.into_iter().map(message).collect()),
        ExportPart::Reactions(rows) => (Section::Reactions, rows.into_iter().map(reaction).collect()),
        ExportPart::Notifications(rows) => {
            (Section::Notifications, rows.into_iter().map(|row| as_json(notification(row))).collect())
        }
    }
}

fn as_json(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn session(row: Session) -> Value {
    json!({
        "id": row.id, "userAgent": row.user_agent, "ipAddress": row.ip_address, "isTrusted": row.is_trusted,
        "createdAt": Iso(row.created_at), "lastActivityAt": Iso(row.last_activity_at),
    })
}

fn contact(row: ExportedContact) -> Value {
    let ExportedContact { id, username, status, message, created_at } = row;
    json!({ "id": id, "username": username, "status": status, "message": message, "createdAt": Iso(created_at) })
}

fn block(row: ExportedBlock) -> Value {
    json!({ "id": row.user_id, "username": row.username })
}

fn conversation(row: ExportedConversation) -> Value {
    json!({
        "id": row.id, "identifier": row.identifier, "title": row.title, "type": row.kind, "role": row.role,
        "joinedAt": Iso(row.joined_at), "leftAt": row.left_at.map(Iso),
    })
}

fn community(row: ExportedCommunity) -> Value {
    json!({ "id": row.id, "name": row.name, "role": row.role, "joinedAt": Iso(row.joined_at) })
}

fn message(row: WrittenMessage) -> Value {
    let WrittenMessage { message, translations } = row;
    let mut texts = Map::new();
    for translation in translations {
        if let TranslationState::Done { content, .. } = translation.state {
            texts.insert(translation.language.code().to_owned(), content.into());
        }
    }
    json!({
        "id": message.id, "conversationId": message.conversation_id, "number": message.sequence,
        "text": message.content, "language": message.original_language, "translations": texts,
        "replyToId": message.reply_to_id, "createdAt": Iso(message.created_at),
        "editedAt": message.edited_at.map(Iso),
    })
}

fn reaction(row: ExportedReaction) -> Value {
    json!({
        "id": row.id, "messageId": row.message_id, "emoji": row.emoji, "createdAt": Iso(row.created_at),
    })
}
