//! Synthetic Firefox models for tests and benchmarks: real file formats, any shape, one fixed output word.
//!
//! The container is Marian's binary format, version 1; the vocabulary is a SentencePiece protocol buffer with
//! the fields that matter. The output bias of one word is so high that the (random) weights never win. A
//! model that ends its sentences counts the words that it wrote: all that its decoder passes on is the
//! position.

#![expect(clippy::unwrap_used, reason = "only tests use it, and they may panic")]

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

const FLOAT: u64 = 0x404;
const WEIGHTS: u64 = 0x4101;
const TEXT: u64 = 0x101;
/// The piece that ends a sentence.
const END: usize = 0;
/// The integer that represents 1 in a quantized weight.
const SCALE: f32 = 400.0;
/// SentencePiece's space symbol.
const SPACE: char = '\u{2581}';

/// The dimensions of a model.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Encoder layers.
    pub encoder: usize,
    /// Decoder layers.
    pub decoder: usize,
    /// Embedding size.
    pub width: usize,
    /// Feed-forward size.
    pub inner: usize,
    /// Attention heads.
    pub heads: usize,
    /// Vocabulary size.
    pub words: usize,
}

impl Shape {
    /// The smallest possible model.
    pub const SMALLEST: Self = Self { encoder: 1, decoder: 1, width: 32, inner: 64, heads: 2, words: 64 };
    /// Firefox's `tiny` models: 17 MB.
    pub const TINY: Self = Self { encoder: 6, decoder: 2, width: 256, inner: 1536, heads: 8, words: 32_000 };
    /// Firefox's `base-memory` models, which it prefers: 31 MB.
    pub const BASE_MEMORY: Self = Self { decoder: 4, width: 384, ..Self::TINY };
}

/// The files of a model.
pub struct Synthetic {
    /// The model, in Marian's container.
    pub model: Vec<u8>,
    /// The SentencePiece vocabulary.
    pub vocabulary: Vec<u8>,
    /// The lexical shortlist: candidate words for each source word.
    pub shortlist: Vec<u8>,
}

/// A model that outputs this word, again and again.
pub fn saying(word: &str) -> Synthetic {
    let pieces = pieces(word, "", Shape::SMALLEST);
    let model = model(&pieces, word, Shape::SMALLEST, None);
    Synthetic { model, vocabulary: vocabulary(&pieces), shortlist: shortlist(&pieces, 8, 0) }
}

/// A model of a given shape, no narrower than `tiny`, that answers every sentence with `length` words, from 5
/// to 40, or the maximum of the engine. A sentence of `texts` has as many pieces and candidates as with a
/// real model.
pub fn of_shape(shape: Shape, texts: &str, length: usize) -> Synthetic {
    let pieces = pieces("hola", texts, shape);
    let model = model(&pieces, "hola", shape, Some(length));
    Synthetic { model, vocabulary: vocabulary(&pieces), shortlist: shortlist(&pieces, 48, 40) }
}

/// Installs a model with its manifest and selects it; returns its folder.
pub fn install(models_dir: &Path, pair: &str, synthetic: &Synthetic) -> PathBuf {
    let Synthetic { model, vocabulary, shortlist } = synthetic;
    let files = [
        ("model", "model.bin", model),
        ("vocab", "vocab.spm", vocabulary),
        ("lexicalShortlist", "lex.bin", shortlist),
    ];
    let version = sha256(&files.iter().flat_map(|(_, _, bytes)| bytes.iter().copied()).collect::<Vec<u8>>());
    let folder = models_dir.join(pair).join(&version[..16]);
    std::fs::create_dir_all(&folder).unwrap();
    let mut listed = serde_json::Map::new();
    for (role, name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
        let entry = serde_json::json!({"name": name, "size": bytes.len(), "sha256": sha256(bytes)});
        listed.insert(role.to_owned(), entry);
    }
    let manifest = serde_json::json!({"architecture": "synthetic", "source": "a test", "files": listed});
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    std::fs::write(models_dir.join(pair).join("active"), &version[..16]).unwrap();
    folder
}

/// The SHA-256 digest in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The end-of-sentence and unknown pieces come first, as in Marian.
fn pieces(word: &str, texts: &str, shape: Shape) -> Vec<String> {
    let mut pieces = vec!["</s>".to_owned(), "<unk>".to_owned(), format!("{SPACE}{word}"), SPACE.to_string()];
    pieces.extend(('a'..='z').chain('0'..='9').map(String::from));
    pieces.extend(".,?!'".chars().map(String::from));
    let mut known: Vec<String> = texts.split_whitespace().flat_map(pieces_of).collect();
    known.sort_unstable();
    known.dedup();
    known.retain(|piece| !pieces.contains(piece));
    pieces.extend(known);
    let missing = shape.words - pieces.len();
    pieces.extend((0..missing).map(|number| format!("{SPACE}piece{number}")));
    pieces
}

/// The stem of a word, and the ending of a long one.
fn pieces_of(word: &str) -> Vec<String> {
    let word = word.trim_end_matches(|character: char| character.is_ascii_punctuation());
    let stem = word.char_indices().nth(7).map_or(word.len(), |_| word.len() / 2);
    let (stem, ending) = word.split_at(word.floor_char_boundary(stem));
    [format!("{SPACE}{stem}"), ending.to_owned()].into_iter().filter(|piece| !piece.is_empty()).collect()
}

/// A vocabulary of these pieces, with higher scores for longer ones.
pub fn vocabulary(pieces: &[String]) -> Vec<u8> {
    let mut proto = Vec::new();
    for (id, piece) in pieces.iter().enumerate() {
        // ModelProto.pieces = 1; SentencePiece { piece = 1, score = 2, type = 3: 1 normal, 2 unknown, 3 control }
        let kind = match id {
            0 => 3,
            1 => 2,
            _ => 1,
        };
        let mut message = vec![0x0A, u8::try_from(piece.len()).unwrap()];
        message.extend_from_slice(piece.as_bytes());
        message.push(0x15);
        let score: f32 = if piece.chars().count() > 1 { -1.0 } else { -10.0 };
        message.extend_from_slice(&score.to_le_bytes());
        message.extend_from_slice(&[0x18, kind]);
        proto.extend_from_slice(&[0x0A, u8::try_from(message.len()).unwrap()]);
        proto.extend(message);
    }
    proto
}

/// A shortlist with this many frequent words, and this many translations for each word.
fn shortlist(pieces: &[String], frequent: usize, translations: usize) -> Vec<u8> {
    let words = pieces.len();
    let header = [0xF11A_48D5_0134_17F5, 0, frequent, translations, words + 1, words * translations];
    let offsets = (0..=words).map(|word| word * translations);
    let mut file: Vec<u8> =
        header.into_iter().chain(offsets).flat_map(|number| (number as u64).to_le_bytes()).collect();
    for word in 0..words {
        let translation = |number: usize| u32::try_from((word * 31 + number * 769) % words).unwrap();
        file.extend((0..translations).map(translation).flat_map(u32::to_le_bytes));
    }
    file
}

struct Tensor {
    name: String,
    kind: u64,
    shape: Vec<i32>,
    data: Vec<u8>,
}

struct Tensors {
    shape: Shape,
    all: Vec<Tensor>,
    seed: u32,
}

impl Tensors {
    fn floats(&mut self, name: &str, values: &[f32]) {
        let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let shape = vec![1, i32::try_from(values.len()).unwrap()];
        self.all.push(Tensor { name: name.to_owned(), kind: FLOAT, shape, data });
    }

    fn random(&mut self, count: usize) -> Vec<u8> {
        let next = |_| {
            self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.seed >> 24) as u8 & 0x3F
        };
        (0..count).map(next).collect()
    }

    /// Random weights, except zeros where the decoder would add something to the position that it passes on.
    fn weights(&mut self, name: &str, rows: usize, columns: usize) {
        let adds = ["_rnn_W", "_Wo", "_W2"].iter().any(|end| name.ends_with(end));
        let data = if name.starts_with("decoder") && adds {
            vec![0; rows * columns]
        } else {
            self.random(rows * columns)
        };
        self.matrix(name, rows, columns, data);
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize, mut data: Vec<u8>) {
        data.extend_from_slice(&SCALE.to_le_bytes());
        data.resize(data.len().next_multiple_of(256), 0);
        let shape = [rows, columns].map(|length| i32::try_from(length).unwrap()).to_vec();
        self.all.push(Tensor { name: name.to_owned(), kind: WEIGHTS, shape, data });
    }

    fn affine(&mut self, name: &str, bias: Option<&str>, rows: usize, columns: usize) {
        self.weights(name, rows, columns);
        self.floats(&format!("{name}_QuantMultA"), &[20.0]);
        if let Some(bias) = bias {
            self.floats(bias, &vec![0.0; columns]);
        }
    }

    fn normalization(&mut self, name: &str) {
        self.floats(&format!("{name}_ln_scale"), &vec![1.0; self.shape.width]);
        self.floats(&format!("{name}_ln_bias"), &vec![0.0; self.shape.width]);
    }

    fn attention(&mut self, prefix: &str) {
        let width = self.shape.width;
        for part in ["q", "k", "v", "o"] {
            self.affine(&format!("{prefix}_W{part}"), Some(&format!("{prefix}_b{part}")), width, width);
        }
        self.normalization(&format!("{prefix}_Wo"));
    }

    fn feed_forward(&mut self, prefix: &str) {
        let (width, inner) = (self.shape.width, self.shape.inner);
        self.affine(&format!("{prefix}_W1"), Some(&format!("{prefix}_b1")), width, inner);
        self.affine(&format!("{prefix}_W2"), Some(&format!("{prefix}_b2")), inner, width);
        self.normalization(&format!("{prefix}_ffn"));
    }
}

fn model(pieces: &[String], word: &str, shape: Shape, length: Option<usize>) -> Vec<u8> {
    let Shape { encoder, decoder, width, inner, heads, .. } = shape;
    let mut tensors = Tensors { shape, all: Vec::new(), seed: 0 };
    for layer in 1..=encoder {
        tensors.attention(&format!("encoder_l{layer}_self"));
        tensors.feed_forward(&format!("encoder_l{layer}_ffn"));
    }
    for layer in 1..=decoder {
        let name = format!("decoder_l{layer}");
        tensors.affine(&format!("{name}_rnn_W"), None, width, width);
        tensors.affine(&format!("{name}_rnn_Wf"), Some(&format!("{name}_rnn_bf")), width, width);
        tensors.normalization(&format!("{name}_rnn_ffn"));
        tensors.attention(&format!("{name}_context"));
        tensors.feed_forward(&format!("{name}_ffn"));
    }
    let said = format!("{SPACE}{word}");
    let mut bias: Vec<f32> = pieces.iter().map(|piece| if *piece == said { 1e6 } else { -1e6 }).collect();
    let mut embeddings = tensors.random(pieces.len() * width);
    if let Some(length) = length {
        // The embedding of the word is zero, so that only the position comes through, and the end-of-sentence
        // bias depends on it.
        let said = pieces.iter().position(|piece| *piece == said).unwrap();
        (bias[said], bias[END]) = (0.0, -(lateness(length - 1, width) + lateness(length, width)) / 2.0);
        embeddings[said * width..][..width].fill(0);
        embeddings[END * width..][..width].fill(0);
        embeddings[END * width + clock(width)] = 127;
    }
    tensors.matrix("Wemb", pieces.len(), width, embeddings);
    tensors.floats("none_QuantMultA", &[100.0]);
    tensors.floats("decoder_ff_logit_out_b", &bias);
    let settings = format!(
        "dim-emb: {width}\nenc-depth: {encoder}\ndec-depth: {decoder}\ntransformer-heads: {heads}\ntransformer-dim-ffn: {inner}\n\0"
    );
    let shape = vec![i32::try_from(settings.len()).unwrap()];
    let name = "special:model.yml".to_owned();
    tensors.all.push(Tensor { name, kind: TEXT, shape, data: settings.into_bytes() });
    container(&tensors.all)
}

/// The component of the position encoding that grows over the length of a chat sentence.
fn clock(width: usize) -> usize {
    (0..width / 2).find(|&column| wave(column, width) < 1.0 / 30.0).unwrap()
}

fn wave(column: usize, width: usize) -> f32 {
    1e-4_f32.powf(column as f32 / (width as f32 / 2.0 - 1.0))
}

/// The score of the end of the sentence at a position, given what the decoder sees of it after normalization.
fn lateness(position: usize, width: usize) -> f32 {
    let phases = (0..width / 2).map(|column| position as f32 * wave(column, width));
    let numbers: Vec<f32> = phases.clone().map(f32::sin).chain(phases.map(f32::cos)).collect();
    let mean = numbers.iter().sum::<f32>() / width as f32;
    let spread = (numbers.iter().map(|number| (number - mean).powi(2)).sum::<f32>() / width as f32).sqrt();
    (numbers[clock(width)] - mean) / spread * 127.0 / SCALE
}

fn container(tensors: &[Tensor]) -> Vec<u8> {
    let mut file: Vec<u8> = [1, tensors.len() as u64].into_iter().flat_map(u64::to_le_bytes).collect();
    for tensor in tensors {
        let header =
            [tensor.name.len() as u64 + 1, tensor.kind, tensor.shape.len() as u64, tensor.data.len() as u64];
        file.extend(header.into_iter().flat_map(u64::to_le_bytes));
    }
    for tensor in tensors {
        file.extend_from_slice(tensor.name.as_bytes());
        file.push(0);
    }
    for tensor in tensors {
        file.extend(tensor.shape.iter().flat_map(|length| length.to_le_bytes()));
    }
    let gap = (file.len() + 8).next_multiple_of(256) - (file.len() + 8);
    file.extend_from_slice(&(gap as u64).to_le_bytes());
    file.resize(file.len() + gap, 0);
    for tensor in tensors {
        file.extend_from_slice(&tensor.data);
    }
    file
}
