//! The words of notifications, in the languages of the interface.

use meeshy_domain::{FileKind, Language};

/// The words of one language. `{name}` stands for who did it, `{place}` for the title of the conversation, `{emoji}` for the reaction.
pub(super) struct Wording {
    pub somebody: &'static str,
    pub reply: &'static str,
    pub mention: &'static str,
    pub reaction: &'static str,
    pub added: &'static str,
    pub joined: &'static str,
    pub friend_request: &'static str,
    pub friend_accepted: &'static str,
    pub missed_call: &'static str,
    pub missed_video_call: &'static str,
    pub accept: &'static str,
    pub decline: &'static str,
    /// A message whose text is not shown here.
    pub hidden: &'static str,
    pub photo: &'static str,
    pub video: &'static str,
    pub recording: &'static str,
    pub document: &'static str,
}

impl Wording {
    /// In a language, or in English.
    pub fn of(language: Language) -> &'static Self {
        match language.code() {
            "fr" => &FRENCH,
            "es" => &SPANISH,
            "ar" => &ARABIC,
            _ => &ENGLISH,
        }
    }

    /// What a file is called in a preview.
    pub fn file(&self, mime_type: &str) -> String {
        let (symbol, word) = match FileKind::of_type(mime_type) {
            FileKind::Image => ("📷", self.photo),
            FileKind::Video => ("🎥", self.video),
            FileKind::Audio => ("🎵", self.recording),
            _ if mime_type.eq_ignore_ascii_case("application/pdf") => ("📄", "PDF"),
            _ => ("📎", self.document),
        };
        format!("{symbol} {word}")
    }
}

/// Puts values in the place of `{name}` and the like. What is put in is not searched for others.
pub(super) fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
        filled.push_str(value);
        rest = after;
    }
    filled + rest
}

const ENGLISH: Wording = Wording {
    somebody: "Somebody",
    reply: "{name} replied to you",
    mention: "{name} mentioned you",
    reaction: "{name} reacted with {emoji}",
    added: "{name} added you to {place}",
    joined: "{name} joined {place}",
    friend_request: "{name} wants to be your friend",
    friend_accepted: "{name} accepted your friend request",
    missed_call: "Missed call from {name}",
    missed_video_call: "Missed video call from {name}",
    accept: "Accept",
    decline: "Decline",
    hidden: "Message",
    photo: "Photo",
    video: "Video",
    recording: "Audio",
    document: "File",
};

const FRENCH: Wording = Wording {
    somebody: "Quelqu’un",
    reply: "{name} vous a répondu",
    mention: "{name} vous a mentionné",
    reaction: "{name} a réagi avec {emoji}",
    added: "{name} vous a ajouté à {place}",
    joined: "{name} a rejoint {place}",
    friend_request: "{name} veut devenir votre ami",
    friend_accepted: "{name} a accepté votre demande d’ami",
    missed_call: "Appel manqué de {name}",
    missed_video_call: "Appel vidéo manqué de {name}",
    accept: "Accepter",
    decline: "Refuser",
    hidden: "Message",
    photo: "Photo",
    video: "Vidéo",
    recording: "Audio",
    document: "Fichier",
};

const SPANISH: Wording = Wording {
    somebody: "Alguien",
    reply: "{name} te ha respondido",
    mention: "{name} te ha mencionado",
    reaction: "{name} ha reaccionado con {emoji}",
    added: "{name} te ha añadido a {place}",
    joined: "{name} se ha unido a {place}",
    friend_request: "{name} quiere ser tu amigo",
    friend_accepted: "{name} ha aceptado tu solicitud de amistad",
    missed_call: "Llamada perdida de {name}",
    missed_video_call: "Videollamada perdida de {name}",
    accept: "Aceptar",
    decline: "Rechazar",
    hidden: "Mensaje",
    photo: "Foto",
    video: "Vídeo",
    recording: "Audio",
    document: "Archivo",
};

const ARABIC: Wording = Wording {
    somebody: "شخص ما",
    reply: "ردّ عليك {name}",
    mention: "أشار إليك {name}",
    reaction: "تفاعل {name} بـ {emoji}",
    added: "أضافك {name} إلى {place}",
    joined: "انضم {name} إلى {place}",
    friend_request: "يريد {name} أن يصبح صديقك",
    friend_accepted: "قبل {name} طلب صداقتك",
    missed_call: "مكالمة فائتة من {name}",
    missed_video_call: "مكالمة فيديو فائتة من {name}",
    accept: "قبول",
    decline: "رفض",
    hidden: "رسالة",
    photo: "صورة",
    video: "فيديو",
    recording: "صوت",
    document: "ملف",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_once() {
        assert_eq!(
            filled("{name} in {place}!", &[("name", "{place}"), ("place", "Oslo")]),
            "{place} in Oslo!"
        );
        assert_eq!(filled("no values", &[]), "no values");
        assert_eq!(filled("{missing}|{open", &[]), "|");
    }

    #[test]
    fn every_language_names_who_did_it() {
        for code in ["en", "fr", "es", "ar", "de"] {
            let words = Wording::of(Language::parse(code).unwrap());
            for text in [words.reply, words.mention, words.reaction, words.added, words.joined] {
                assert!(text.contains("{name}"), "{text}");
            }
            assert!(words.reaction.contains("{emoji}") && words.added.contains("{place}"));
        }
    }
}
