//! Firefox models made by the tests and benchmarks: the true form, any shape, and one word that they always say.
//!
//! The container is Marian's binary format, version 1; the vocabulary is a SentencePiece protocol buffer with the
//! fields that matter. The bias of the output is so high for one word that the weights, whatever they are, never win.

#![expect(clippy::unwrap_used, reason = "only tests use it, and they may panic")]

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

const FLOAT: u64 = 0x404;
const WEIGHTS: u64 = 0x4101;
const TEXT: u64 = 0x101;
/// SentencePiece's mark of a space.
const SPACE: char = '\u{2581}';

/// How large a model is.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Layers that read.
    pub encoder: usize,
    /// Layers that write.
    pub decoder: usize,
    /// Numbers for a word.
    pub width: usize,
    /// Numbers in between.
    pub inner: usize,
    /// Heads of the attention.
    pub heads: usize,
    /// Words.
    pub words: usize,
}

impl Shape {
    /// As small as can be.
    pub const SMALLEST: Self = Self { encoder: 1, decoder: 1, width: 32, inner: 64, heads: 2, words: 64 };
    /// The `tiny` models of Firefox: 17 MB.
    pub const TINY: Self = Self { encoder: 6, decoder: 2, width: 256, inner: 1536, heads: 8, words: 32_000 };
}

/// The files of a model.
pub struct Synthetic {
    /// Marian's container.
    pub model: Vec<u8>,
    /// SentencePiece's.
    pub vocabulary: Vec<u8>,
    /// The words that are tried for a word.
    pub shortlist: Vec<u8>,
}

/// A model that answers everything with this word, again and again.
pub fn saying(word: &str) -> Synthetic {
    let pieces = pieces(word, "", Shape::SMALLEST);
    let model = model(&pieces, word, Shape::SMALLEST);
    Synthetic { model, vocabulary: vocabulary(&pieces), shortlist: shortlist(&pieces) }
}

/// The files of a model of a certain shape that knows each word of `texts` as one, without a shortlist.
pub fn of_shape(shape: Shape, texts: &str) -> (Vec<u8>, Vec<u8>) {
    let pieces = pieces("hola", texts, shape);
    (model(&pieces, "hola", shape), vocabulary(&pieces))
}

/// Puts a model where an installation would be, with its manifest, and in use; gives its folder.
pub fn install(models_dir: &Path, pair: &str, synthetic: &Synthetic) -> PathBuf {
    let Synthetic { model, vocabulary, shortlist } = synthetic;
    let files = [
        ("model", "model.bin", model),
        ("vocab", "vocab.spm", vocabulary),
        ("lexicalShortlist", "lex.bin", shortlist),
    ];
    install_files(models_dir, pair, &files)
}

/// The same with these files, each by its role and name.
pub fn install_files(models_dir: &Path, pair: &str, given: &[(&str, &str, &Vec<u8>)]) -> PathBuf {
    let version = sha256(&given.iter().flat_map(|(_, _, bytes)| bytes.iter().copied()).collect::<Vec<u8>>());
    let folder = models_dir.join(pair).join(&version[..16]);
    std::fs::create_dir_all(&folder).unwrap();
    let mut files = serde_json::Map::new();
    for (role, name, bytes) in given {
        std::fs::write(folder.join(name), bytes).unwrap();
        let entry = serde_json::json!({"name": name, "size": bytes.len(), "sha256": sha256(bytes)});
        files.insert((*role).to_owned(), entry);
    }
    let manifest = serde_json::json!({"architecture": "synthetic", "source": "a test", "files": files});
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    std::fs::write(models_dir.join(pair).join("active"), &version[..16]).unwrap();
    folder
}

/// In hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The end and the unknown word come first, as Marian has them.
fn pieces(word: &str, texts: &str, shape: Shape) -> Vec<String> {
    let mut pieces = vec!["</s>".to_owned(), "<unk>".to_owned(), format!("{SPACE}{word}"), SPACE.to_string()];
    pieces.extend(('a'..='z').chain('0'..='9').map(String::from));
    let mut known: Vec<String> = texts.split_whitespace().map(|word| format!("{SPACE}{word}")).collect();
    known.sort_unstable();
    known.dedup();
    known.retain(|piece| !pieces.contains(piece));
    pieces.extend(known);
    let missing = shape.words - pieces.len();
    pieces.extend((0..missing).map(|number| format!("{SPACE}piece{number}")));
    pieces
}

/// A vocabulary of these pieces.
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
        message.extend_from_slice(&(-(id as f32)).to_le_bytes());
        message.extend_from_slice(&[0x18, kind]);
        proto.extend_from_slice(&[0x0A, u8::try_from(message.len()).unwrap()]);
        proto.extend(message);
    }
    proto
}

/// Eight frequent words, and no translations of any single word.
fn shortlist(pieces: &[String]) -> Vec<u8> {
    let offsets = pieces.len() + 1;
    let header = [0xF11A_48D5_0134_17F5, 0, 8, 1, offsets as u64, 0];
    header.into_iter().chain(std::iter::repeat_n(0, offsets)).flat_map(u64::to_le_bytes).collect()
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

    fn weights(&mut self, name: &str, rows: usize, columns: usize) {
        let mut data = Vec::new();
        for _ in 0..rows * columns {
            self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            data.push((self.seed >> 24) as u8 & 0x3F);
        }
        data.extend_from_slice(&400_f32.to_le_bytes());
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

fn model(pieces: &[String], word: &str, shape: Shape) -> Vec<u8> {
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
    tensors.weights("Wemb", pieces.len(), width);
    tensors.floats("none_QuantMultA", &[10.0]);
    let said = format!("{SPACE}{word}");
    let bias: Vec<f32> = pieces.iter().map(|piece| if *piece == said { 1e6 } else { -1e6 }).collect();
    tensors.floats("decoder_ff_logit_out_b", &bias);
    let settings = format!(
        "dim-emb: {width}\nenc-depth: {encoder}\ndec-depth: {decoder}\ntransformer-heads: {heads}\ntransformer-dim-ffn: {inner}\n\0"
    );
    let shape = vec![i32::try_from(settings.len()).unwrap()];
    let name = "special:model.yml".to_owned();
    tensors.all.push(Tensor { name, kind: TEXT, shape, data: settings.into_bytes() });
    container(&tensors.all)
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
