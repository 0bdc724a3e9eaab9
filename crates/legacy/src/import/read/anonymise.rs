//! Anonymisation. The same value is always replaced by the same one, so references still match.
//!
//! Ids, dates, languages, counts, roles and the lengths of texts are kept.

use crate::mapping::Draft;
use meeshy_store::Value;
use sha2::{Digest, Sha256};

/// The replacement for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Substitute {
    /// A name such as `u3fa9c1`.
    Name,
    /// An address at `example.org`.
    Mail,
    /// A number from the range reserved for fiction.
    Phone,
    /// A text of the same length.
    Text,
    /// An address from the range reserved for documentation.
    Ip,
    /// As many digits as a hash has.
    Hash,
    /// Nothing.
    Nothing,
}

/// Every column with personal data, whatever its table.
const COLUMNS: &[(&str, Substitute)] = &[
    ("username", Substitute::Name),
    ("first_name", Substitute::Name),
    ("last_name", Substitute::Name),
    ("display_name", Substitute::Name),
    ("nickname", Substitute::Name),
    ("custom_name", Substitute::Text),
    ("reporter_name", Substitute::Name),
    ("sender_username", Substitute::Name),
    ("sender_first_name", Substitute::Name),
    ("sender_last_name", Substitute::Name),
    ("sender_display_name", Substitute::Name),
    ("email", Substitute::Mail),
    ("pending_email", Substitute::Mail),
    ("phone_number", Substitute::Phone),
    ("pending_phone_number", Substitute::Phone),
    ("bio", Substitute::Text),
    ("content", Substitute::Text),
    ("encrypted_content", Substitute::Text),
    ("message_preview", Substitute::Text),
    ("message", Substitute::Text),
    ("name", Substitute::Text),
    ("title", Substitute::Text),
    ("description", Substitute::Text),
    ("text", Substitute::Text),
    ("translated_text", Substitute::Text),
    ("caption", Substitute::Text),
    ("alt", Substitute::Text),
    ("original_name", Substitute::Text),
    ("reason", Substitute::Text),
    ("moderator_notes", Substitute::Text),
    ("value", Substitute::Text),
    ("ip_address", Substitute::Ip),
    ("last_login_ip", Substitute::Ip),
    ("registration_ip", Substitute::Ip),
    ("password_hash", Substitute::Hash),
    ("token_hash", Substitute::Hash),
    ("code_hash", Substitute::Hash),
    ("session_token", Substitute::Hash),
    ("refresh_token", Substitute::Hash),
    ("device_fingerprint", Substitute::Hash),
    ("token", Substitute::Hash),
    ("link_id", Substitute::Hash),
    ("short_url", Substitute::Hash),
    ("email_verification_token", Substitute::Hash),
    ("phone_verification_code", Substitute::Hash),
    ("pending_email_verification_token", Substitute::Hash),
    ("pending_phone_verification_code", Substitute::Hash),
    ("remote_party_id", Substitute::Hash),
    ("whatsapp_internal_id", Substitute::Hash),
    ("two_factor_secret", Substitute::Hash),
    ("two_factor_pending_secret", Substitute::Hash),
    ("encrypted_key", Substitute::Hash),
    ("root_key", Substitute::Hash),
    ("chain_key_send", Substitute::Hash),
    ("chain_key_receive", Substitute::Hash),
    ("avatar", Substitute::Nothing),
    ("banner", Substitute::Nothing),
    ("sender_avatar", Substitute::Nothing),
    ("data", Substitute::Nothing),
    ("changes", Substitute::Nothing),
    ("metadata", Substitute::Nothing),
    ("encryption_metadata", Substitute::Nothing),
    ("user_agent", Substitute::Nothing),
    ("referrer", Substitute::Nothing),
    ("city", Substitute::Nothing),
    ("region", Substitute::Nothing),
    ("location", Substitute::Nothing),
    ("latitude", Substitute::Nothing),
    ("longitude", Substitute::Nothing),
    ("geo_location", Substitute::Nothing),
    ("geo_coordinates", Substitute::Nothing),
    ("last_login_location", Substitute::Nothing),
    ("last_login_device", Substitute::Nothing),
    ("registration_location", Substitute::Nothing),
    ("registration_device", Substitute::Nothing),
    ("birth_date", Substitute::Nothing),
    ("birthday", Substitute::Nothing),
    ("original_url", Substitute::Hash),
    ("transcription", Substitute::Nothing),
    ("translations", Substitute::Nothing),
    ("embedding", Substitute::Nothing),
    ("chatterbox_conditionals", Substitute::Nothing),
    ("reference_audio_url", Substitute::Nothing),
    ("training_audio_samples", Substitute::Nothing),
    ("voice_characteristics", Substitute::Nothing),
    ("fingerprint", Substitute::Nothing),
    ("signature_short", Substitute::Nothing),
    ("signal_identity_key_private", Substitute::Nothing),
    ("identity_key_private", Substitute::Nothing),
    ("signed_pre_key_private", Substitute::Nothing),
    ("pre_key_pool", Substitute::Nothing),
    ("dh_ratchet_private_key", Substitute::Nothing),
];

/// Columns with lists of personal data.
const LISTS: &[&str] = &["username_history", "two_factor_backup_codes", "validated_mentions", "tags"];

/// Replaces personal data, and drops fields without a column.
pub(super) fn draft(draft: &mut Draft<'_>) {
    let mapper = draft.mapper;
    for (column, value) in mapper.columns().iter().zip(draft.values_mut()) {
        if LISTS.contains(&column.as_str()) && *value != Value::Null {
            *value = "[]".into();
        }
        if let Some((_, stand)) = COLUMNS.iter().find(|(known, _)| known == column) {
            replace(value, *stand);
        }
    }
    draft.drop_rest();
    for notice in &mut draft.notices {
        notice.detail.clear();
    }
}

fn replace(value: &mut Value, stand: Substitute) {
    if stand == Substitute::Nothing {
        *value = Value::Null;
        return;
    }
    let Value::Text(text) = value else { return };
    if text.is_empty() {
        return;
    }
    let digits = digits(text);
    *text = match stand {
        Substitute::Name => format!("u{}", &digits[..12]),
        Substitute::Mail => format!("{}@example.org", &digits[..16]),
        Substitute::Phone => format!("+1555{:07}", number(&digits) % 10_000_000),
        Substitute::Ip => format!("192.0.2.{}", number(&digits) % 254 + 1),
        Substitute::Hash => digits,
        Substitute::Text => words(text, &digits),
        Substitute::Nothing => String::new(),
    };
}

/// Sixty-four digits that depend only on the text.
fn digits(text: &str) -> String {
    hex::encode(Sha256::digest(text.to_lowercase()))
}

fn number(digits: &str) -> u64 {
    u64::from_str_radix(&digits[..15], 16).unwrap_or_default()
}

/// A text with the same whitespace, lines and length, but without its words.
fn words(text: &str, digits: &str) -> String {
    let letters: Vec<char> =
        digits.chars().map(|digit| char::from(b'a' + digit.to_digit(16).unwrap_or(0) as u8)).collect();
    let mut letters = letters.iter().cycle();
    text.chars()
        .map(|character| match character {
            blank if blank.is_whitespace() => blank,
            mark if mark.is_ascii_punctuation() => mark,
            _ => letters.next().copied().unwrap_or('x'),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str, stand: Substitute) -> String {
        let mut value = Value::from(text);
        replace(&mut value, stand);
        match value {
            Value::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_of_a_text_is_left_but_its_shape() {
        let made = replaced("Bonjour Léa, ça va ?", Substitute::Text);
        assert_eq!(made.chars().count(), "Bonjour Léa, ça va ?".chars().count());
        assert!(!made.contains("Bonjour") && made.ends_with(" ?"), "{made}");
    }

    #[test]
    fn the_same_person_is_made_up_the_same_way() {
        assert_eq!(replaced("lea", Substitute::Name), replaced("Lea", Substitute::Name));
        assert_ne!(replaced("lea", Substitute::Name), replaced("leo", Substitute::Name));
        assert!(replaced("lea@meeshy.me", Substitute::Mail).ends_with("@example.org"));
        assert!(replaced("+33612345678", Substitute::Phone).starts_with("+1555"));
    }
}
