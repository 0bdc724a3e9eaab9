//! Signed links to files, for images and players that send no token.
//!
//! A signature is for one file of one data set and is valid for one to two days. It stays the same all day so
//! that caches work. Every payload contains a current one.

use crate::ChatError;
use crate::signing_key::SigningKey;
use hmac::{Hmac, KeyInit, Mac};
use meeshy_domain::{AttachmentId, Timestamp, WebAddress};
use meeshy_store::attachments::Attachment;
use sha2::Sha256;
use std::fmt::Write;

const DAY_SECONDS: i64 = 86_400;
/// Days that a link is valid, including the day on which it was made.
const DAYS: i64 = 2;
/// Separates this key from others derived from the same secret (RFC 5869 3.2).
const PURPOSE: &[u8] = b"meeshy file links 1";
/// Bytes of a signature: 128 bits.
const SIGNATURE_BYTES: usize = 16;

/// The signature in the query of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSignature {
    /// The signature, in hexadecimal.
    pub signature: String,
    /// The time of expiry in seconds since 1970.
    pub expires: i64,
}

/// Makes and checks links.
pub(crate) struct FileLinks {
    mac: Hmac<Sha256>,
}

impl FileLinks {
    /// Derives the key from the server's secret, for this data set.
    pub(crate) fn new(secret: &SigningKey, data_set: &str) -> Result<Self, ChatError> {
        let key: [u8; 32] = secret.derive(data_set, PURPOSE)?;
        let mac = Hmac::new_from_slice(&key)
            .map_err(|_| ChatError::InvalidOperation("a key for file links cannot be used".into()))?;
        Ok(Self { mac })
    }

    /// `url`, which leads to the file, with a signature. URLs of other servers are left as they are.
    pub(crate) fn sign(&self, url: &str, file: AttachmentId, now: Timestamp) -> String {
        if !url.starts_with('/') {
            return url.to_owned();
        }
        let today = now.millis().div_euclid(DAY_SECONDS * 1000);
        let expires = (today + DAYS) * DAY_SECONDS;
        let mut signed = url.to_owned();
        signed += if url.contains('?') { "&sig=" } else { "?sig=" };
        for byte in &self.mac_of(file, expires).finalize().into_bytes()[..SIGNATURE_BYTES] {
            let _ = write!(signed, "{byte:02x}");
        }
        let _ = write!(signed, "&exp={expires}");
        signed
    }

    /// A file with signed links. Without a URL, it is linked by its id.
    pub(crate) fn linked(&self, file: Attachment, now: Timestamp) -> Attachment {
        let sign = |url: &str| self.sign(url, file.id, now);
        let file_url = match WebAddress::parse(&file.file_url) {
            Some(_) => sign(&file.file_url),
            None => sign(&format!("/api/v1/attachments/{}", file.id)),
        };
        Attachment { file_url, thumbnail_url: file.thumbnail_url.as_deref().map(sign), ..file }
    }

    /// Whether a signature is valid for this file.
    pub(crate) fn is_valid(&self, shown: &FileSignature, file: AttachmentId, now: Timestamp) -> bool {
        let holds = now.millis().div_euclid(1000) < shown.expires;
        let Ok(signature) = hex::decode(&shown.signature) else { return false };
        // It compares in constant time.
        let is_signed = signature.len() == SIGNATURE_BYTES
            && self.mac_of(file, shown.expires).verify_truncated_left(&signature).is_ok();
        holds && is_signed
    }

    fn mac_of(&self, file: AttachmentId, expires: i64) -> Hmac<Sha256> {
        self.mac.clone().chain_update(format!("{file} {expires}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const URL: &str = "/api/v1/attachments/file/a.png";

    fn links(data_set: &str) -> FileLinks {
        FileLinks::new(&SigningKey::Secret("0123456789abcdef0123456789abcdef".into()), data_set).unwrap()
    }

    fn file(id: &str) -> AttachmentId {
        id.parse().unwrap()
    }

    fn signature(url: &str) -> FileSignature {
        let (_, query) = url.split_once("sig=").unwrap();
        let (signature, expires) = query.split_once("&exp=").unwrap();
        FileSignature { signature: signature.to_owned(), expires: expires.parse().unwrap() }
    }

    #[test]
    fn a_link_is_the_same_all_day_and_holds_for_a_day_at_least() {
        let (links, file) = (links("one"), file("65d000000000000000000001"));
        let at = |hour: i64| Timestamp::from_millis(hour * HOUR);
        let morning = links.sign(URL, file, at(24));
        assert!(morning.starts_with(&format!("{URL}?sig=")), "{morning}");
        assert_eq!(links.sign(URL, file, at(47)), morning);
        assert_ne!(links.sign(URL, file, at(48)), morning);
        let shown = signature(&morning);
        for (hour, holds) in [(24, true), (71, true), (72, false), (1000, false)] {
            assert_eq!(links.is_valid(&shown, file, at(hour)), holds, "at {hour}");
        }
        assert_eq!(links.sign("https://cdn.example/a.png", file, at(24)), "https://cdn.example/a.png");
    }

    #[test]
    fn a_signature_is_for_one_file_of_one_set_of_data_until_one_day() {
        let (links_of_one, one) = (links("one"), file("65d000000000000000000001"));
        let now = Timestamp::from_millis(24 * HOUR);
        let good = signature(&links_of_one.sign(URL, one, now));
        assert!(links_of_one.is_valid(&good, one, now));
        assert!(!links_of_one.is_valid(&good, file("65d000000000000000000002"), now));
        assert!(!links("two").is_valid(&good, one, now));
        let later = FileSignature { expires: good.expires + DAY_SECONDS, ..good.clone() };
        assert!(!links_of_one.is_valid(&later, one, now));
        for text in ["", "00", "zz", &good.signature[2..], &format!("{}00", good.signature)] {
            let bad = FileSignature { signature: text.to_owned(), ..good.clone() };
            assert!(!links_of_one.is_valid(&bad, one, now), "{text}");
        }
    }
}
