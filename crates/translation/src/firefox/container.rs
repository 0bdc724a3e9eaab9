//! Validates the files of a model before the engine loads them.
//!
//! `fxtranslate` trusts its files: a wrong count makes it reserve memory that does not exist, which aborts
//! the program, or loop forever. So counts are checked against the size of the file here.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// More than any model has: the largest published by Mozilla has about 300 tensors.
const MAX_TENSORS: u64 = 10_000;
/// Longer than the name of any tensor.
const MAX_NAME: u64 = 1_000;
/// A matrix has two.
const MAX_DIMENSIONS: u64 = 8;
/// The element types of the models (Marian's `common/types.h`): text, 32-bit float, 8-bit weights. The low
/// byte is the size of an element.
const KINDS: [u64; 3] = [0x101, 0x404, WEIGHTS];
/// 8-bit weights are followed by their scale, a float.
const WEIGHTS: u64 = 0x4101;
const SCALE: u64 = 4;
/// The magic number of a lexical shortlist (`data/shortlist.h`).
const SHORTLIST_MAGIC: u64 = 0xF11A_48D5_0134_17F5;

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum Damage {
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("{0}")]
    Wrong(&'static str),
}

struct Tensor {
    name_length: u64,
    kind: u64,
    dimensions: u64,
    data_length: u64,
}

/// Validates Marian's binary format, version 1: headers, names, shapes, a gap, data.
pub(super) fn check_model(path: &Path) -> Result<(), Damage> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut reader = BufReader::new(file);
    if number(&mut reader)? != 1 {
        return Err(Damage::Wrong("not a model of a supported version"));
    }
    let count = number(&mut reader)?;
    if count == 0 || count > MAX_TENSORS {
        return Err(Damage::Wrong("invalid number of tensors"));
    }
    let mut tensors = Vec::new();
    for _ in 0..count {
        let tensor = Tensor {
            name_length: number(&mut reader)?,
            kind: number(&mut reader)?,
            dimensions: number(&mut reader)?,
            data_length: number(&mut reader)?,
        };
        if tensor.name_length > MAX_NAME || tensor.dimensions > MAX_DIMENSIONS || tensor.data_length > size {
            return Err(Damage::Wrong("invalid tensor header"));
        }
        tensors.push(tensor);
    }
    let names: u64 = tensors.iter().map(|tensor| tensor.name_length).sum();
    skip(&mut reader, names)?;
    for tensor in &tensors {
        check_shape(&mut reader, tensor)?;
    }
    let gap = number(&mut reader)?;
    let data: u64 = tensors.iter().map(|tensor| tensor.data_length).sum();
    let shapes: u64 = tensors.iter().map(|tensor| tensor.dimensions * 4).sum();
    let expected = [16, count * 32, names, shapes, 8, data].iter().sum::<u64>().saturating_add(gap);
    // Writers may pad the end.
    if expected > size {
        return Err(Damage::Wrong("unexpected end of file"));
    }
    Ok(())
}

fn check_shape(reader: &mut impl Read, tensor: &Tensor) -> Result<(), Damage> {
    let mut elements = 1_u64;
    for _ in 0..tensor.dimensions {
        let mut bytes = [0; 4];
        reader.read_exact(&mut bytes)?;
        let length = u64::try_from(i32::from_le_bytes(bytes)).unwrap_or(0);
        elements = elements.saturating_mul(length);
    }
    if !KINDS.contains(&tensor.kind) {
        return Err(Damage::Wrong("a tensor has an unknown element type"));
    }
    let scale = if tensor.kind == WEIGHTS { SCALE } else { 0 };
    let needed = elements.saturating_mul(tensor.kind & 0xFF).saturating_add(scale);
    if elements == 0 || needed > tensor.data_length {
        return Err(Damage::Wrong("a tensor is larger than its data"));
    }
    Ok(())
}

/// Validates a lexical shortlist: a header of six numbers, offsets, and words of the vocabulary.
pub(super) fn check_shortlist(path: &Path, vocabulary: u64) -> Result<(), Damage> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut reader = BufReader::new(file);
    let magic = number(&mut reader)?;
    let _checksum = number(&mut reader)?;
    let first = number(&mut reader)?;
    let _best = number(&mut reader)?;
    let offsets = number(&mut reader)?;
    let words = number(&mut reader)?;
    if magic != SHORTLIST_MAGIC {
        return Err(Damage::Wrong("not a lexical shortlist"));
    }
    // Up to seven more words fill a register.
    if first.saturating_add(8) > vocabulary {
        return Err(Damage::Wrong("more frequent words than words in the vocabulary"));
    }
    let expected = offsets.checked_mul(8).zip(words.checked_mul(4)).and_then(|(a, b)| a.checked_add(b));
    if expected.is_none_or(|expected| expected.saturating_add(48) > size) {
        return Err(Damage::Wrong("unexpected end of file"));
    }
    let mut last = 0;
    for _ in 0..offsets {
        let offset = number(&mut reader)?;
        if offset < last || offset > words {
            return Err(Damage::Wrong("offsets out of order"));
        }
        last = offset;
    }
    for _ in 0..words {
        let mut bytes = [0; 4];
        reader.read_exact(&mut bytes)?;
        if u64::from(u32::from_le_bytes(bytes)) >= vocabulary {
            return Err(Damage::Wrong("words that are not in the vocabulary"));
        }
    }
    Ok(())
}

fn number(reader: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    reader.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn skip(reader: &mut impl Read, bytes: u64) -> io::Result<()> {
    match io::copy(&mut reader.take(bytes), &mut io::sink())? {
        skipped if skipped == bytes => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
