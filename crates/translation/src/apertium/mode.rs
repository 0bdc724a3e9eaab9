//! Apertium's `.mode` files: a single line with a shell pipeline of the programs of a pair.

use crate::pair::Pair;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io;
use std::path::Path;

/// Programs that support `-z` (flush at NUL). A mode that needs any other program cannot be kept running.
const KNOWN: [&str; 12] = [
    "apertium-anaphora",
    "apertium-interchunk",
    "apertium-postchunk",
    "apertium-pretransfer",
    "apertium-tagger",
    "apertium-transfer",
    "cg-proc",
    "hfst-proc",
    "lrx-proc",
    "lsx-proc",
    "lt-proc",
    "rtx-proc",
];

/// How a pair is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mode {
    /// The programs, each reading the output of the previous one.
    pub(super) stages: Vec<Stage>,
    /// A digest of the pipeline and of the size and time of its data files.
    pub(super) version: String,
}

/// A program of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stage {
    pub(super) program: String,
    pub(super) arguments: Vec<String>,
}

/// Why a mode cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ModeError {
    #[error("empty")]
    Empty,
    #[error("requires a shell: `{0}`")]
    NeedsShell(char),
    #[error("unclosed quote")]
    OpenQuote,
    #[error("`{0}` is not a program that Meeshy can keep running")]
    UnknownProgram(String),
}

/// The contents of a folder.
#[derive(Debug, Default)]
pub(super) struct Modes {
    /// Every usable mode, by pair.
    pub(super) by_pair: HashMap<Pair, Mode>,
    /// What could not be read, and why: a mode, or the data that it names.
    pub(super) unread: Vec<(Pair, String)>,
}

/// Reads the modes of a folder.
pub(super) fn read_folder(folder: &Path) -> io::Result<Modes> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    let mut modes = Modes::default();
    for file in files {
        let path = file.path();
        let Some(pair) = pair_of(&path) else { continue };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                modes.unread.push((pair, format!("{}: {error}", path.display())));
                continue;
            }
        };
        match parse(&text) {
            Ok(stages) => {
                let (version, unread) = version_of(&text, &stages);
                modes.unread.extend(unread.map(|problem| (pair, problem)));
                modes.by_pair.entry(pair).or_insert(Mode { stages, version });
            }
            Err(error) => {
                tracing::info!(%error, path = %path.display(), "Ignoring an unsupported Apertium mode");
            }
        }
    }
    Ok(modes)
}

/// The pair in a file name such as `eng-spa.mode`; `None` for variants (`eng-cat_valencia`).
fn pair_of(path: &Path) -> Option<Pair> {
    if path.extension()? != "mode" {
        return None;
    }
    Pair::of_engine(path.file_stem()?.to_str()?)
}

/// Moves the mark of an unknown word behind it, as a blank, so that the post-generator sees the word and can
/// elide what precedes it (`d'Ernaux`). An escaped `@` is no mark.
const MARKS_AS_BLANKS: &str = r"s/(^|[^\\])[*@]([^][\\*@[:space:]]+)/\1\2[?]/g";

/// The stages of a pipeline, with options to flush at NUL and to mark unknown words.
pub(super) fn parse(text: &str) -> Result<Vec<Stage>, ModeError> {
    let mut stages = Vec::new();
    for words in split(text.trim())? {
        let mut words = words.into_iter().filter_map(|word| match word.as_str() {
            // The `apertium` script replaces these: how the generator treats unknown words, and options for
            // the tagger.
            "$1" => Some("-g".to_owned()),
            "$2" => None,
            _ => Some(word),
        });
        let program = words.next().ok_or(ModeError::Empty)?;
        if !KNOWN.contains(&program.as_str()) {
            return Err(ModeError::UnknownProgram(program));
        }
        let arguments: Vec<String> = std::iter::once("-z".to_owned()).chain(words).collect();
        if program == "lt-proc" && arguments.iter().any(|argument| argument == "-p") {
            let arguments = ["-z", "-u", "-E", MARKS_AS_BLANKS].map(str::to_owned).to_vec();
            stages.push(Stage { program: "sed".to_owned(), arguments });
        }
        stages.push(Stage { program, arguments });
    }
    Ok(stages)
}

/// The words of each command. Only quotes and `|` are supported; any other shell syntax is an error.
fn split(text: &str) -> Result<Vec<Vec<String>>, ModeError> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            quote @ ('\'' | '"') => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next() {
                        Some(end) if end == quote => break,
                        Some(inside) => word.push(inside),
                        None => return Err(ModeError::OpenQuote),
                    }
                }
            }
            '|' => {
                commands.last_mut().ok_or(ModeError::Empty)?.extend(word.take());
                commands.push(Vec::new());
            }
            shell @ (';' | '&' | '<' | '>' | '`' | '(' | ')' | '\\' | '\n' | '\0') => {
                return Err(ModeError::NeedsShell(shell));
            }
            space if space.is_whitespace() => {
                commands.last_mut().ok_or(ModeError::Empty)?.extend(word.take());
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    commands.last_mut().ok_or(ModeError::Empty)?.extend(word);
    if commands.iter().any(Vec::is_empty) { Err(ModeError::Empty) } else { Ok(commands) }
}

/// The version of a mode, and which of its data could not be read.
fn version_of(text: &str, stages: &[Stage]) -> (String, Option<String>) {
    let mut unread = None;
    let mut digest = Sha256::new_with_prefix(text.as_bytes());
    for file in stages.iter().flat_map(|stage| &stage.arguments).filter(|argument| argument.starts_with('/'))
    {
        let metadata = match std::fs::metadata(file) {
            Ok(metadata) => metadata,
            Err(error) => {
                unread = unread.or(Some(format!("{file}: {error}")));
                continue;
            }
        };
        digest.update(metadata.len().to_le_bytes());
        let age = metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        digest.update(age.unwrap_or_default().as_nanos().to_le_bytes());
    }
    (hex::encode(&digest.finalize()[..8]), unread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pipeline_becomes_stages_that_flush() {
        let stages =
            parse("lt-proc '/a b/x.bin' | apertium-tagger -g $2 '/x.prob' | lt-proc $1 \"/y.bin\"\n")
                .unwrap();
        let shown: Vec<String> =
            stages.iter().map(|stage| format!("{} {}", stage.program, stage.arguments.join(","))).collect();
        assert_eq!(shown, ["lt-proc -z,/a b/x.bin", "apertium-tagger -z,-g,/x.prob", "lt-proc -z,-g,/y.bin"]);
    }

    #[rstest::rstest]
    #[case("de *Ernaux", "de Ernaux[?]")]
    #[case("*uno @dos,\\@tres", "uno[?] dos,[?]\\@tres")]
    #[case("[*]star[*] 5 [*] 3", "[*]star[*] 5 [*] 3")]
    #[case("\\[*x\\] a\\@b.c", "\\[x[?]\\] a\\@b.c")]
    #[case("*élève\0*यह[][\n]\0", "élève[?]\0यह[?][][\n]\0")]
    fn sed_moves_marks_behind_words(#[case] stream: &str, #[case] expected: &str) {
        let mut sed = std::process::Command::new("sed")
            .args(["-z", "-u", "-E", MARKS_AS_BLANKS])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut sed.stdin.take().unwrap(), stream.as_bytes()).unwrap();
        let output = sed.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }

    #[test]
    fn marks_are_moved_before_the_post_generator() {
        let stages = parse("lt-proc $1 '/g.bin' | lt-proc -p '/p.bin'").unwrap();
        let programs: Vec<&str> = stages.iter().map(|stage| stage.program.as_str()).collect();
        assert_eq!(programs, ["lt-proc", "sed", "lt-proc"]);
    }

    #[test]
    fn only_known_programs_are_run() {
        assert_eq!(parse("rm -rf '/'"), Err(ModeError::UnknownProgram("rm".to_owned())));
        assert_eq!(parse("lt-proc x; rm y"), Err(ModeError::NeedsShell(';')));
        assert_eq!(parse("lt-proc $(rm y)"), Err(ModeError::NeedsShell('(')));
        assert_eq!(parse("lt-proc 'x"), Err(ModeError::OpenQuote));
        assert_eq!(parse("lt-proc x | | lt-proc y"), Err(ModeError::Empty));
        assert_eq!(parse(""), Err(ModeError::Empty));
    }

    #[test]
    fn file_names_determine_the_pair() {
        let pair = |name: &str| pair_of(Path::new(name)).map(|pair| pair.to_string());
        assert_eq!(pair("/modes/eng-spa.mode").as_deref(), Some("en-es"));
        assert_eq!(pair("fr-es.mode").as_deref(), Some("fr-es"));
        assert_eq!(pair("oci-cat.mode").as_deref(), Some("oc-ca"));
        for other in ["eng-cat_valencia.mode", "eco-es-fr.mode", "README", "eng-eng.mode", "xyz-spa.mode"] {
            assert_eq!(pair(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_input_panics(text in "[a-z \\-|'\"$12;/\\\\\n\\PC]{0,120}") {
            if let Ok(stages) = parse(&text) {
                for stage in stages {
                    prop_assert!(stage.program == "sed" || KNOWN.contains(&stage.program.as_str()));
                    prop_assert_eq!(stage.arguments.first().map(String::as_str), Some("-z"));
                }
            }
        }
    }
}
