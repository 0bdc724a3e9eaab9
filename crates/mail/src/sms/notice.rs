//! What users are told by text message.
//!
//! A message costs by its parts, so these fit into two of them in any alphabet.

use meeshy_domain::Language;
use std::time::Duration;

// The texts state this time.
/// How long a code works.
pub const CODE_FOR: Duration = Duration::from_secs(600);

/// What a code does, for whoever reads the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeNotice {
    /// Confirms that the number is the user's.
    Confirm,
    /// Takes the number away from the account that has it, and gives it to another one.
    Move,
    /// Lets the user choose a new password.
    Recover,
}

impl CodeNotice {
    /// The message with `code`, in `language` or in English.
    #[must_use]
    pub fn write(self, code: &str, language: Language) -> String {
        self.text(language).replace("{code}", code)
    }

    fn text(self, language: Language) -> &'static str {
        match (language.code(), self) {
            ("ar", Self::Confirm) => {
                "Meeshy: رمزك هو {code}، وهو صالح لمدة 10 دقائق. إن لم تطلبه فتجاهل هذه الرسالة."
            }
            ("ar", Self::Move) => {
                "Meeshy: الرمز {code} ينقل هذا الرقم إلى حساب آخر. لا تُدخله إلا إذا أردت ذلك، ولا تعطه لأحد."
            }
            ("ar", Self::Recover) => {
                "Meeshy: الرمز {code} لاختيار كلمة مرور جديدة، وهو صالح لمدة 10 دقائق. لا تعطه لأحد."
            }
            ("es", Self::Confirm) => {
                "Meeshy: tu código es {code}. Vale durante 10 minutos. Si no lo has pedido, ignora este mensaje."
            }
            ("es", Self::Move) => {
                "Meeshy: el código {code} pasa este número a otra cuenta. Escríbelo solo si lo quieres y no se lo des a nadie."
            }
            ("es", Self::Recover) => {
                "Meeshy: con el código {code} eliges otra contraseña. Vale durante 10 minutos. No se lo des a nadie."
            }
            ("fr", Self::Confirm) => {
                "Meeshy : votre code est {code}. Il est valable 10 minutes. Si vous ne l’avez pas demandé, ignorez ce message."
            }
            ("fr", Self::Move) => {
                "Meeshy : le code {code} transfère ce numéro à un autre compte. Saisissez-le si vous le voulez, ne le donnez à personne."
            }
            ("fr", Self::Recover) => {
                "Meeshy : le code {code} permet de choisir un nouveau mot de passe. Valable 10 minutes. Ne le donnez à personne."
            }
            (_, Self::Confirm) => {
                "Meeshy: your code is {code}. It works for 10 minutes. If you did not ask for it, ignore this message."
            }
            (_, Self::Move) => {
                "Meeshy: the code {code} moves this number to another account. Enter it only if you want that, and give it to nobody."
            }
            (_, Self::Recover) => {
                "Meeshy: the code {code} lets you choose a new password. It works for 10 minutes. Give it to nobody."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The characters of two parts in the alphabet that needs most room (UCS-2, with a header in each part).
    const TWO_PARTS: usize = 2 * 67;

    #[test]
    fn each_language_has_short_texts_of_its_own() {
        let mut all = Vec::new();
        for language in ["en", "fr", "es", "ar"].map(|code| Language::parse(code).unwrap()) {
            for notice in [CodeNotice::Confirm, CodeNotice::Move, CodeNotice::Recover] {
                let text = notice.write("012345", language);
                assert!(text.contains("012345") && !text.contains('{'), "{text}");
                assert!(text.encode_utf16().count() <= TWO_PARTS, "{text}");
                all.push(text);
            }
        }
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
        let write = |code| CodeNotice::Confirm.write("012345", Language::parse(code).unwrap());
        assert_eq!(write("ja"), write("en"));
    }
}
