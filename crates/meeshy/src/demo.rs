//! The demo: three users with three languages and a conversation, so that a visitor sees the point within a
//! minute.

use crate::private;
use anyhow::Context;
use meeshy_chat::{Chat, ChatError, Device, NewConversation, NewMessage, Registration, Secrets};
use meeshy_domain::UserId;
use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

struct Person {
    username: &'static str,
    first_name: &'static str,
    last_name: &'static str,
    language: &'static str,
}

const PEOPLE: [Person; 3] = [
    Person { username: "lea", first_name: "Léa", last_name: "Moreau", language: "fr" },
    Person { username: "carlos", first_name: "Carlos", last_name: "Ortega", language: "es" },
    Person { username: "emma", first_name: "Emma", last_name: "Clarke", language: "en" },
];

/// Author and text; each user writes their own language.
const MESSAGES: [(&str, &str); 8] = [
    ("carlos", "¡Hola a todos! ¿A qué hora llegáis mañana a Barcelona?"),
    ("lea", "Bonjour ! Mon train arrive à la gare à dix heures du matin."),
    ("emma", "My plane lands at noon. Where do we meet?"),
    (
        "carlos",
        "Podemos comer juntos cerca de la playa. Conozco un restaurante muy bueno: https://example.org/mar",
    ),
    ("lea", "Parfait, j'adore le poisson. Est-ce que la mer est déjà chaude ?"),
    ("emma", "I will bring my camera. The weather is going to be beautiful! ☀️"),
    ("carlos", "El agua está fría, pero el sol calienta. @emma, trae también un sombrero."),
    ("lea", "Alors à demain, mes amis. Bon voyage !"),
];

const TITLE: &str = "Barcelona 🌍";

/// Adds the demo users and their conversation unless they exist, and prints how to sign in.
pub async fn set_up(chat: &Chat, data: &Path) -> anyhow::Result<()> {
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
    if ids.len() == PEOPLE.len() {
        converse(chat, &ids).await?;
    }
    let mut shown = "\nDemo users (sign in as two of them, in two browsers):\n".to_owned();
    for person in &PEOPLE {
        let password = &passwords[person.username];
        shown += &format!("  {:8} password {password}   reads {}\n", person.username, person.language);
    }
    // If standard output is closed, the passwords are in the file.
    let _ = writeln!(io::stdout(), "{shown}");
    Ok(())
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
        setup_code: None,
    };
    Ok(chat.accounts().register(registration, Device::default()).await?.user.id)
}

async fn converse(chat: &Chat, ids: &HashMap<&str, UserId>) -> Result<(), ChatError> {
    let participant_ids = ["lea", "emma"].map(|name| ids[name].to_string()).to_vec();
    let new = NewConversation {
        kind: "group".into(),
        title: Some(TITLE.into()),
        participant_ids,
        ..NewConversation::default()
    };
    let conversation = chat.conversations().create(ids["carlos"], new).await?.conversation.id.to_string();
    for (name, content) in MESSAGES {
        let message = NewMessage {
            conversation: conversation.clone(),
            content: content.into(),
            ..NewMessage::default()
        };
        chat.messages().send(ids[name], message).await?;
    }
    Ok(())
}
