//! People made up from real ones: the same person is always made up the same way, so that references still fit.
//!
//! What is kept are ids, dates, languages, counts, roles and the lengths of texts.

use crate::mapping::Draft;
use meeshy_store::Value;
use sha2::{Digest, Sha256};

/// What stands in the place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// A name such as `u3fa9c1`.
    Name,
    /// An address at `example.org`.
    Mail,
    /// A number of the range that is kept for stories.
    Phone,
    /// A text of the same length.
    Text,
    /// An address of the range that is kept for documents.
    Ip,
    /// As many digits as a hash has.
    Hash,
    /// Nothing.
    Nothing,
}

/// Every column that says something about a person, whatever its table.
const COLUMNS: &[(&str, Stand)] = &[
    ("username", Stand::Name),
    ("first_name", Stand::Name),
    ("last_name", Stand::Name),
    ("display_name", Stand::Name),
    ("nickname", Stand::Name),
    ("custom_name", Stand::Text),
    ("reporter_name", Stand::Name),
    ("sender_username", Stand::Name),
    ("sender_first_name", Stand::Name),
    ("sender_last_name", Stand::Name),
    ("sender_display_name", Stand::Name),
    ("email", Stand::Mail),
    ("pending_email", Stand::Mail),
    ("phone_number", Stand::Phone),
    ("pending_phone_number", Stand::Phone),
    ("bio", Stand::Text),
    ("content", Stand::Text),
    ("encrypted_content", Stand::Text),
    ("message_preview", Stand::Text),
    ("message", Stand::Text),
    ("name", Stand::Text),
    ("title", Stand::Text),
    ("description", Stand::Text),
    ("text", Stand::Text),
    ("translated_text", Stand::Text),
    ("caption", Stand::Text),
    ("alt", Stand::Text),
    ("original_name", Stand::Text),
    ("reason", Stand::Text),
    ("moderator_notes", Stand::Text),
    ("value", Stand::Text),
    ("ip_address", Stand::Ip),
    ("last_login_ip", Stand::Ip),
    ("registration_ip", Stand::Ip),
    ("password_hash", Stand::Hash),
    ("token_hash", Stand::Hash),
    ("code_hash", Stand::Hash),
    ("session_token", Stand::Hash),
    ("refresh_token", Stand::Hash),
    ("device_fingerprint", Stand::Hash),
    ("token", Stand::Hash),
    ("link_id", Stand::Hash),
    ("short_url", Stand::Hash),
    ("email_verification_token", Stand::Hash),
    ("phone_verification_code", Stand::Hash),
    ("pending_email_verification_token", Stand::Hash),
    ("pending_phone_verification_code", Stand::Hash),
    ("remote_party_id", Stand::Hash),
    ("whatsapp_internal_id", Stand::Hash),
    ("two_factor_secret", Stand::Hash),
    ("two_factor_pending_secret", Stand::Hash),
    ("encrypted_key", Stand::Hash),
    ("root_key", Stand::Hash),
    ("chain_key_send", Stand::Hash),
    ("chain_key_receive", Stand::Hash),
    ("avatar", Stand::Nothing),
    ("banner", Stand::Nothing),
    ("sender_avatar", Stand::Nothing),
    ("data", Stand::Nothing),
    ("changes", Stand::Nothing),
    ("metadata", Stand::Nothing),
    ("encryption_metadata", Stand::Nothing),
    ("user_agent", Stand::Nothing),
    ("referrer", Stand::Nothing),
    ("city", Stand::Nothing),
    ("region", Stand::Nothing),
    ("location", Stand::Nothing),
    ("latitude", Stand::Nothing),
    ("longitude", Stand::Nothing),
    ("geo_location", Stand::Nothing),
    ("geo_coordinates", Stand::Nothing),
    ("last_login_location", Stand::Nothing),
    ("last_login_device", Stand::Nothing),
    ("registration_location", Stand::Nothing),
    ("registration_device", Stand::Nothing),
    ("birth_date", Stand::Nothing),
    ("birthday", Stand::Nothing),
    ("original_url", Stand::Hash),
    ("transcription", Stand::Nothing),
    ("translations", Stand::Nothing),
    ("embedding", Stand::Nothing),
    ("chatterbox_conditionals", Stand::Nothing),
    ("reference_audio_url", Stand::Nothing),
    ("training_audio_samples", Stand::Nothing),
    ("voice_characteristics", Stand::Nothing),
    ("fingerprint", Stand::Nothing),
    ("signature_short", Stand::Nothing),
    ("signal_identity_key_private", Stand::Nothing),
    ("identity_key_private", Stand::Nothing),
    ("signed_pre_key_private", Stand::Nothing),
    ("pre_key_pool", Stand::Nothing),
    ("dh_ratchet_private_key", Stand::Nothing),
];

/// Columns that hold lists of such things.
const LISTS: &[&str] = &["username_history", "two_factor_backup_codes", "validated_mentions", "tags"];

/// Replaces what says something about a person, and forgets what no column holds.
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

fn replace(value: &mut Value, stand: Stand) {
    if stand == Stand::Nothing {
        *value = Value::Null;
        return;
    }
    let Value::Text(text) = value else { return };
    if text.is_empty() {
        return;
    }
    let digits = digits(text);
    *text = match stand {
        Stand::Name => format!("u{}", &digits[..12]),
        Stand::Mail => format!("{}@example.org", &digits[..16]),
        Stand::Phone => format!("+1555{:07}", number(&digits) % 10_000_000),
        Stand::Ip => format!("192.0.2.{}", number(&digits) % 254 + 1),
        Stand::Hash => digits,
        Stand::Text => words(text, &digits),
        Stand::Nothing => String::new(),
    };
}

/// Sixty-four digits that depend on nothing but the text.
fn digits(text: &str) -> String {
    hex::encode(Sha256::digest(text.to_lowercase()))
}

fn number(digits: &str) -> u64 {
    u64::from_str_radix(&digits[..15], 16).unwrap_or_default()
}

/// A text with the same blanks, lines and length, without any of its words.
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

    fn replaced(text: &str, stand: Stand) -> String {
        let mut value = Value::from(text);
        replace(&mut value, stand);
        match value {
            Value::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_of_a_text_is_left_but_its_shape() {
        let made = replaced("Bonjour Léa, ça va ?", Stand::Text);
        assert_eq!(made.chars().count(), "Bonjour Léa, ça va ?".chars().count());
        assert!(!made.contains("Bonjour") && made.ends_with(" ?"), "{made}");
    }

    #[test]
    fn the_same_person_is_made_up_the_same_way() {
        assert_eq!(replaced("lea", Stand::Name), replaced("Lea", Stand::Name));
        assert_ne!(replaced("lea", Stand::Name), replaced("leo", Stand::Name));
        assert!(replaced("lea@meeshy.me", Stand::Mail).ends_with("@example.org"));
        assert!(replaced("+33612345678", Stand::Phone).starts_with("+1555"));
    }
}
