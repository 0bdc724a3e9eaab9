//! The demo: four users with four languages and a conversation, so that a visitor sees the point within a
//! minute.

use crate::private;
use crate::puller::Needed;
use anyhow::Context;
use meeshy_chat::{Chat, ChatError, Device, NewConversation, NewMessage, Registration, Secrets};
use meeshy_domain::{Language, UserId};
use meeshy_translation::Pair;
use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

struct Person {
    username: &'static str,
    first_name: &'static str,
    last_name: &'static str,
    language: &'static str,
}

const PEOPLE: [Person; 4] = [
    Person { username: "lea", first_name: "Léa", last_name: "Moreau", language: "fr" },
    Person { username: "carlos", first_name: "Carlos", last_name: "Ortega", language: "es" },
    Person { username: "ines", first_name: "Inês", last_name: "Duarte", language: "pt" },
    Person { username: "emma", first_name: "Emma", last_name: "Clarke", language: "en" },
];

/// Author and text; each user writes their own language.
const MESSAGES: [(&str, &str); 10] = [
    ("carlos", "¡Hola a todos! ¿Cuándo llegáis a Barcelona?"),
    ("lea", "Bonjour ! Mon train arrive à la gare à dix heures du matin."),
    ("emma", "My flight arrives at noon. Where do we meet?"),
    ("ines", "Olá! Eu chego à tarde e vou direto para o hotel."),
    ("carlos", "Podemos comer juntos en la playa. Conozco un restaurante muy bueno: https://example.org/mar"),
    ("lea", "Bonne idée, j'aime beaucoup le poisson. Est-ce que la mer est déjà chaude ?"),
    ("emma", "I will bring my camera. The weather is going to be beautiful! ☀️"),
    ("carlos", "El agua está fría, pero el sol calienta. @emma, trae también un sombrero."),
    ("ines", "Boa ideia! Eu levo uma garrafa de vinho para o jantar."),
    ("lea", "Alors à demain, mes amis. Bon voyage !"),
];

/// How long a translation may take. It usually takes a second at most, with the start of its engine.
const TIMEOUT: Duration = Duration::from_secs(30);

const TITLE: &str = "Barcelona 🌍";

/// Translations of the demo's messages: reader, message, language.
pub struct Translations(Vec<(UserId, String, &'static str)>);

impl Translations {
    /// Requests models for all languages of the demo, and once they are there, the translations that they
    /// make better. Never ends.
    pub async fn improve(self, chat: Chat, needed: Needed) {
        let languages: Vec<Language> =
            PEOPLE.iter().filter_map(|person| Language::parse(person.language).ok()).collect();
        for &from in &languages {
            for &to in languages.iter().filter(|to| **to != from) {
                needed.note(Pair { from, to });
            }
        }
        needed.settled().await;
        for (reader, message, language) in self.0 {
            // One that is being made may still use the engines of before: it is replaced once it is done.
            let translations = chat.translations();
            let made = translations.request_and_wait(reader, &message, language, TIMEOUT).await;
            let improved = match made {
                Ok(_) => translations.request(reader, &message, language).await,
                Err(error) => Err(error),
            };
            if let Err(error) = improved {
                tracing::warn!(%error, "Failed to request a translation of the demo");
            }
        }
        std::future::pending::<()>().await;
    }
}

/// Adds the demo users and their conversation unless they exist, and prints how to sign in.
pub async fn set_up(chat: &Chat, data: &Path) -> anyhow::Result<Translations> {
    let path = data.join("demo-passwords.txt");
    let known = fs::read_to_string(&path).unwrap_or_default();
    let mut passwords: HashMap<&str, String> = known
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, password)| {
            let person = PEOPLE.iter().find(|person| person.username == name)?;
            Some((person.username, password.to_owned()))
        })
        .collect();
    for person in &PEOPLE {
        passwords.entry(person.username).or_insert_with(|| Secrets::system().hex(5));
    }
    let lines: String =
        PEOPLE.iter().map(|person| format!("{} {}\n", person.username, passwords[person.username])).collect();
    private::write(&path, &lines)
        .with_context(|| format!("failed to write the demo passwords to `{}`", path.display()))?;

    let mut ids = HashMap::new();
    for person in &PEOPLE {
        match register(chat, person, &passwords[person.username]).await {
            Ok(id) => ids.insert(person.username, id),
            Err(ChatError::Taken { .. }) => None,
            Err(error) => return Err(error.into()),
        };
    }
    let translations = match ids.len() == PEOPLE.len() {
        true => converse(chat, &ids).await?,
        false => Vec::new(),
    };
    let mut shown = "\nDemo users (sign in as two of them, in two browsers):\n".to_owned();
    for person in &PEOPLE {
        let password = &passwords[person.username];
        shown += &format!("  {:8} password {password}   reads {}\n", person.username, person.language);
    }
    // If standard output is closed, the passwords are in the file.
    let _ = writeln!(io::stdout(), "{shown}");
    Ok(Translations(translations))
}

async fn register(chat: &Chat, person: &Person, password: &str) -> Result<UserId, ChatError> {
    let registration = Registration {
        username: person.username.into(),
        password: password.into(),
        first_name: person.first_name.into(),
        last_name: person.last_name.into(),
        email: format!("{}@demo.example", person.username),
        system_language: Some(person.language.into()),
        regional_language: None,
        ..Registration::default()
    };
    Ok(chat.accounts().register(registration, Device::default()).await?.user.id)
}

/// Creates the conversation; returns the translations that its members read.
async fn converse(
    chat: &Chat,
    ids: &HashMap<&str, UserId>,
) -> Result<Vec<(UserId, String, &'static str)>, ChatError> {
    let participant_ids = ["lea", "ines", "emma"].map(|name| ids[name].to_string()).to_vec();
    let new = NewConversation {
        kind: "group".into(),
        title: Some(TITLE.into()),
        participant_ids,
        ..NewConversation::default()
    };
    let conversation = chat.conversations().create(ids["carlos"], new).await?.conversation.id.to_string();
    let mut translations = Vec::new();
    for (name, content) in MESSAGES {
        let message = NewMessage {
            conversation: conversation.clone(),
            content: content.into(),
            ..NewMessage::default()
        };
        let sent = chat.messages().send(ids[name], message).await?.message.message.id.to_string();
        let readers = PEOPLE.iter().filter(|reader| reader.username != name);
        translations.extend(readers.map(|reader| (ids[reader.username], sent.clone(), reader.language)));
    }
    Ok(translations)
}
