//! Synthetic CTranslate2 models: real file formats, tiny shapes, and a fixed chain of output words.
//!
//! All weights are zero except those that make each word select its successor: an embedding is the word's own
//! direction, and the projection turns it to that of the successor.

use super::synthetic::vocabulary;
use std::path::Path;

/// Eight heads, the default, of eight each; also more than the number of words.
const WIDTH: usize = 64;
const FLOAT: u8 = 0;
const WORDS: [&str; 9] = [
    "</s>",
    "<unk>",
    "<s>",
    "\u{2581}bonjour",
    "\u{2581}hola",
    "__en__",
    "__fr__",
    "__es__",
    "\u{2581}hello",
];
/// The successor of each word: French outputs `bonjour`, Spanish `hola`, and a model without a token for its
/// target also `hola`.
const FOLLOWS: [(&str, &str); 5] = [
    ("<s>", "\u{2581}hola"),
    ("__fr__", "\u{2581}bonjour"),
    ("__es__", "\u{2581}hola"),
    ("\u{2581}bonjour", "</s>"),
    ("\u{2581}hola", "</s>"),
];

/// Installs a model with this name and manifest under `models_dir`.
pub fn install(models_dir: &Path, name: &str, manifest: &str) {
    let folder = models_dir.join("ct2").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("meeshy.toml"), manifest).unwrap();
    std::fs::write(folder.join("model.bin"), model()).unwrap();
    std::fs::write(folder.join("shared_vocabulary.json"), serde_json::json!(WORDS).to_string()).unwrap();
    let config = serde_json::json!({
        "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "decoder_start_token": "<s>",
        "add_source_bos": false, "add_source_eos": false
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let pieces: Vec<String> =
        WORDS.iter().map(ToString::to_string).chain(('a'..='z').map(String::from)).collect();
    for tokenizer in ["source.spm", "target.spm", "sentencepiece.bpe.model"] {
        std::fs::write(folder.join(tokenizer), vocabulary(&pieces)).unwrap();
    }
}

struct Variables(Vec<(String, Vec<usize>, Vec<f32>)>);

impl Variables {
    fn zeros(&mut self, name: &str, shape: &[usize]) {
        self.0.push((name.to_owned(), shape.to_vec(), vec![0.0; shape.iter().product()]));
    }

    fn norm(&mut self, name: &str, gamma: f32) {
        self.0.push((format!("{name}/gamma"), vec![WIDTH], vec![gamma; WIDTH]));
        self.zeros(&format!("{name}/beta"), &[WIDTH]);
    }

    fn linear(&mut self, name: &str, rows: usize) {
        self.zeros(&format!("{name}/weight"), &[rows, WIDTH]);
        self.zeros(&format!("{name}/bias"), &[rows]);
    }

    /// One direction per word; with `turned`, that of the previous word.
    fn words(&mut self, name: &str, turned: bool) {
        let at = |word: &str| WORDS.iter().position(|other| *other == word).unwrap();
        let mut values = vec![0.0; WORDS.len() * WIDTH];
        if turned {
            for (word, next) in FOLLOWS {
                values[at(next) * WIDTH + at(word)] = 10.0;
            }
        } else {
            (0..WORDS.len()).for_each(|word| values[word * WIDTH + word] = 10.0);
        }
        self.0.push((format!("{name}/weight"), vec![WORDS.len(), WIDTH], values));
    }

    fn layer(&mut self, side: &str) {
        let attentions: &[(&str, &[usize])] = match side {
            "encoder" => &[("self_attention", &[3, 1])],
            _ => &[("self_attention", &[3, 1]), ("attention", &[1, 2, 1])],
        };
        for (attention, shapes) in attentions {
            let scope = format!("{side}/layer_0/{attention}");
            self.norm(&format!("{scope}/layer_norm"), 1.0);
            for (number, rows) in shapes.iter().enumerate() {
                self.linear(&format!("{scope}/linear_{number}"), rows * WIDTH);
            }
        }
        let scope = format!("{side}/layer_0/ffn");
        self.norm(&format!("{scope}/layer_norm"), 1.0);
        self.linear(&format!("{scope}/linear_0"), WIDTH);
        self.linear(&format!("{scope}/linear_1"), WIDTH);
    }
}

/// The container: version 6, the name and revision of the specification, the variables, no aliases.
fn model() -> Vec<u8> {
    let mut variables = Variables(Vec::new());
    for (side, embeddings) in [("encoder", "encoder/embeddings_0"), ("decoder", "decoder/embeddings")] {
        variables.words(embeddings, false);
        variables.zeros(&format!("{side}/position_encodings/encodings"), &[512, WIDTH]);
        variables.norm(&format!("{side}/layer_norm"), 1.0);
        variables.layer(side);
    }
    variables.words("decoder/projection", true);
    variables.zeros("decoder/projection/bias", &[WORDS.len()]);
    let mut bytes = Vec::new();
    number(&mut bytes, 6);
    text(&mut bytes, "TransformerSpec");
    number(&mut bytes, 7);
    number(&mut bytes, variables.0.len());
    for (name, shape, values) in variables.0 {
        text(&mut bytes, &name);
        bytes.push(u8::try_from(shape.len()).unwrap());
        shape.into_iter().for_each(|length| number(&mut bytes, length));
        bytes.push(FLOAT);
        number(&mut bytes, values.len() * 4);
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    number(&mut bytes, 0);
    bytes
}

fn number(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend_from_slice(&u32::try_from(number).unwrap().to_le_bytes());
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&u16::try_from(text.len() + 1).unwrap().to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(0);
}
