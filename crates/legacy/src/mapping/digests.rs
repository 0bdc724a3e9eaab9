//! Digests of rows and columns, with which a later import detects changes.

use super::model::{Draft, Mapper};
use crc::{CRC_32_ISCSI, Crc, Table};
use meeshy_store::Value;
use sha2::{Digest, Sha256};

impl Draft<'_> {
    /// The digest of the row as in the document: the first 16 bytes of a SHA-256.
    #[must_use]
    pub fn row_digest(&self) -> [u8; 16] {
        let told = self.mapper.columns.iter().zip(&self.values);
        row_digest(
            told.filter(|(column, _)| !self.mapper.mapping.is_provisional(column)).map(|(_, value)| value),
        )
    }
}

/// The digest of the values of a row, the same for what was written and for what either database returns.
pub fn row_digest<'v>(values: impl Iterator<Item = &'v Value>) -> [u8; 16] {
    let mut hash = Sha256::new();
    for value in values {
        let (tag, bytes): (u8, &[u8]) = match value {
            Value::Null => (0, &[]),
            // SQLite has no booleans.
            Value::Bool(on) => (1, &i64::from(*on).to_le_bytes()),
            Value::Int(number) => (1, &number.to_le_bytes()),
            Value::Real(number) => (2, &number.to_bits().to_le_bytes()),
            Value::Text(text) => (3, text.as_bytes()),
            Value::Bytes(bytes) => (4, bytes),
        };
        hash.update([tag]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    let digest: [u8; 32] = hash.finalize().into();
    std::array::from_fn(|index| digest[index])
}

static CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// A digest of each permanent column of a row: none for no value, otherwise four bytes. It detects changes;
/// it is not a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDigests(pub(super) Vec<Option<u32>>);

impl ColumnDigests {
    /// Of the permanent columns of a row.
    #[must_use]
    pub fn of(row: &Draft<'_>) -> Self {
        Self(row.lasting_values().map(|(_, value)| column_digest(value)).collect())
    }

    /// As stored in the ledger: the number of columns, a bit for each that has a value, and their digests.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; 1 + self.0.len().div_ceil(8)];
        bytes[0] = u8::try_from(self.0.len()).unwrap_or(u8::MAX);
        for (at, digest) in self.0.iter().enumerate() {
            if let Some(digest) = digest {
                bytes[1 + at / 8] |= 1 << (at % 8);
                bytes.extend(digest.to_le_bytes());
            }
        }
        bytes
    }

    /// From the ledger; `None` if they are of a row with other columns.
    #[must_use]
    pub fn from_bytes(bytes: &[u8], mapper: &Mapper) -> Option<Self> {
        let columns = mapper.lasting_columns().count();
        let (&count, rest) = bytes.split_first()?;
        let (bits, digests) = rest.split_at_checked(columns.div_ceil(8))?;
        let (digests, left) = digests.as_chunks::<4>();
        let has_value = |at: usize| bits[at / 8] >> (at % 8) & 1 == 1;
        let with_value = (0..columns).filter(|at| has_value(*at)).count();
        if usize::from(count) != columns || digests.len() != with_value || !left.is_empty() {
            return None;
        }
        let mut digests = digests.iter();
        let next =
            |at| if has_value(at) { digests.next().map(|bytes| u32::from_le_bytes(*bytes)) } else { None };
        Some(Self((0..columns).map(next).collect()))
    }
}

pub(super) fn column_digest(value: &Value) -> Option<u32> {
    Some(match value {
        Value::Null => return None,
        // SQLite has no booleans.
        Value::Bool(on) => CRC.checksum(&i64::from(*on).to_le_bytes()),
        Value::Int(number) => CRC.checksum(&number.to_le_bytes()),
        Value::Real(number) => CRC.checksum(&number.to_bits().to_le_bytes()),
        Value::Text(text) => CRC.checksum(text.as_bytes()),
        Value::Bytes(bytes) => CRC.checksum(bytes),
    })
}
