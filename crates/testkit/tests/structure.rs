//! The structure of the sources: no circular imports between the files of a crate, and no file that is too
//! long.

use meeshy_testkit::rust_files;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The maximum number of lines per file.
const MAX_LINES: usize = 500;

/// Files that are longer because they are tables of cases.
const LONG_FILES: &[&str] = &[];

/// Crates whose folders, too, do not import each other in circles.
const LAYERED_CRATES: &[&str] = &["chat"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder of all crates").to_owned()
}

#[test]
fn no_file_is_too_long() {
    let root = crates();
    for file in rust_files(&root) {
        let name = file.strip_prefix(&root).expect("a file below").display().to_string();
        let lines = fs::read_to_string(&file).expect("text").lines().count();
        let is_allowed = lines <= MAX_LINES || LONG_FILES.contains(&name.as_str());
        assert!(is_allowed, "{name} has {lines} lines: split it");
    }
}

#[test]
fn files_of_a_crate_do_not_import_each_other_in_circles() {
    let mut circles = Vec::new();
    for entry in fs::read_dir(crates()).expect("the folder of all crates") {
        let folder = entry.expect("an entry").path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        circles.extend(modules_of(&folder).circles().into_iter().map(|it| format!("{name}: {it}")));
    }
    assert!(circles.is_empty(), "move what these share to a file of its own:\n{}", circles.join("\n"));
}

#[test]
fn folders_of_a_layered_crate_do_not_import_each_other_in_circles() {
    for name in LAYERED_CRATES {
        let circles = modules_of(&crates().join(name)).circles_of_folders();
        assert!(circles.is_empty(), "{name}: move what these share further down:\n{}", circles.join("\n"));
    }
}

/// The modules of the crate in a folder.
fn modules_of(folder: &Path) -> Modules {
    let source = folder.join("src");
    let files = rust_files(&source).into_iter().map(|file| {
        let text = fs::read_to_string(&file).expect("text");
        (module_of(file.strip_prefix(&source).expect("a file below")), text)
    });
    Modules::read(files.collect())
}

#[test]
fn a_circle_is_found_through_re_exports_and_nested_imports() {
    let circles = |files: &[(&str, &str)]| {
        let files = files.iter().map(|(path, text)| (module_of(Path::new(path)), (*text).to_owned()));
        Modules::read(files.collect()).circles()
    };
    let parent = ("lib.rs", "mod a;\nmod b;\npub use a::{One, Two as Three};\n");
    let child = ("a/mod.rs", "mod c;\npub use c::One;\npub struct Two;\n");
    let leaf = ("a/c.rs", "use crate::b::Four;\n");
    assert_eq!(circles(&[parent, child, leaf, ("b.rs", "use std::io;\n")]), [""; 0]);
    let renamed = ("b.rs", "use crate::Three;\n");
    let back = ("a/mod.rs", "mod c;\npub use c::One;\nuse crate::b::Four;\n");
    assert_eq!(circles(&[parent, back, leaf, renamed]), ["a imports Four of b", "b imports Three of a"]);
    let direct = ("b.rs", "use crate::{\n    One,\n};\n");
    assert_eq!(circles(&[parent, child, leaf, direct]), ["a::c imports Four of b", "b imports One of a::c"]);
    let written_out = ("b.rs", "fn of() -> crate::a::c::One { todo() }\n");
    assert_eq!(circles(&[parent, child, leaf, written_out]).len(), 2);
    let only_in_tests = ("b.rs", "#[cfg(test)]\nmod tests {\n    use crate::One;\n}\n");
    assert_eq!(circles(&[parent, child, leaf, only_in_tests]), [""; 0]);
    let folders = |files: &[(&str, &str)]| {
        let files = files.iter().map(|(path, text)| (module_of(Path::new(path)), (*text).to_owned()));
        Modules::read(files.collect()).circles_of_folders()
    };
    let upper = ("b/one.rs", "use crate::a::c::One;\n");
    let other = ("b/two.rs", "pub struct Four;\n");
    let across = ("a/c.rs", "use crate::b::two::Four;\n");
    let files = [parent, child, across, ("b/mod.rs", "mod one;\nmod two;\n"), upper, other];
    assert_eq!((circles(&files).len(), folders(&files).len()), (0, 2), "each file is fine");
    assert_eq!(folders(&[parent, child, ("a/c.rs", ""), upper, other]), [""; 0]);
    let parent_of_child = ("a/mod.rs", "mod c;\nuse c::One;\npub const ALL: usize = 1;\n");
    let child_of_parent = ("a/c.rs", "use super::ALL;\n");
    assert_eq!(circles(&[parent, parent_of_child, child_of_parent]).len(), 2);
}

/// The path of a module, from the root of its crate.
type Module = Vec<String>;

/// The module in a file, by its path below `src`.
fn module_of(path: &Path) -> Module {
    let mut module: Module =
        path.with_extension("").iter().map(|part| part.to_string_lossy().into()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

/// The modules of a crate, with what they import and export.
struct Modules(BTreeMap<Module, Imports>);

#[derive(Default)]
struct Imports {
    /// Paths that the module uses.
    used: Vec<String>,
    /// Paths that it re-exports, with their names.
    exported: BTreeMap<String, String>,
}

impl Modules {
    fn read(files: Vec<(Module, String)>) -> Self {
        Self(files.into_iter().map(|(module, text)| (module, Imports::read(&text))).collect())
    }

    /// The imports that are part of a circle of files.
    fn circles(&self) -> Vec<String> {
        self.circles_between(Clone::clone)
    }

    /// The imports that are part of a circle of the folders and files at the top.
    fn circles_of_folders(&self) -> Vec<String> {
        self.circles_between(|module| module.iter().take(1).cloned().collect())
    }

    fn circles_between(&self, part_of: impl Fn(&Module) -> Module) -> Vec<String> {
        let mut edges: BTreeMap<Module, BTreeMap<Module, BTreeSet<&str>>> = BTreeMap::new();
        for (module, imports) in &self.0 {
            for path in &imports.used {
                let home = self.home(module, path, 0).map(|home| part_of(&home));
                if let Some(home) = home.filter(|home| *home != part_of(module)) {
                    let name = path.rsplit("::").next().unwrap_or_default();
                    edges.entry(part_of(module)).or_default().entry(home).or_default().insert(name);
                }
            }
        }
        let reachable = |from: &Module| {
            let (mut reached, mut next) = (BTreeSet::new(), vec![from.clone()]);
            while let Some(module) = next.pop() {
                for home in edges.get(&module).into_iter().flat_map(BTreeMap::keys) {
                    if reached.insert(home.clone()) {
                        next.push(home.clone());
                    }
                }
            }
            reached
        };
        let mut circles = Vec::new();
        for (module, homes) in &edges {
            for (home, names) in homes.iter().filter(|(home, _)| reachable(home).contains(module)) {
                let names: Vec<&str> = names.iter().copied().collect();
                circles.push(format!("{} imports {} of {}", shown(module), names.join(", "), shown(home)));
            }
        }
        circles
    }

    /// The module that defines what a module calls by a path; `None` outside of the crate.
    fn home(&self, module: &Module, path: &str, depth: usize) -> Option<Module> {
        let mut names = path.split("::").peekable();
        let mut home = match *names.peek()? {
            "crate" => Module::new(),
            "self" | "super" => module.clone(),
            first if self.0.contains_key(&child(module, first)) => module.clone(),
            _ => return None,
        };
        while let Some(first) = names.next_if(|name| matches!(*name, "crate" | "self" | "super")) {
            if first == "super" {
                home.pop();
            }
        }
        while let Some(name) = names.next_if(|name| self.0.contains_key(&child(&home, name))) {
            home.push(name.to_owned());
        }
        let exported = names.next().and_then(|name| self.0.get(&home)?.exported.get(name));
        // A module may re-export what another one re-exports; bounded, because it may be itself.
        match exported.filter(|_| depth < 8).and_then(|path| self.home(&home, path, depth + 1)) {
            Some(further) => Some(further),
            None => self.0.contains_key(&home).then_some(home),
        }
    }
}

fn child(module: &Module, name: &str) -> Module {
    let mut child = module.clone();
    child.push(name.to_owned());
    child
}

fn shown(module: &Module) -> String {
    if module.is_empty() { "the root".to_owned() } else { module.join("::") }
}

impl Imports {
    /// Reads a file without its tests and comments.
    fn read(text: &str) -> Self {
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
        let text: String = lines.flat_map(|line| [line, "\n"]).collect();
        let mut imports = Self::default();
        let mut rest = text.as_str();
        while let Some((line, after)) = rest.split_once('\n') {
            let line_without_pub = match line.trim_start().strip_prefix("pub") {
                Some(after) if after.starts_with([' ', '(']) => {
                    after.split_once(' ').map_or(after, |(_, it)| it)
                }
                _ => line.trim_start(),
            };
            if !line_without_pub.starts_with("use ") {
                imports.used.extend(paths_in(line));
                rest = after;
                continue;
            }
            let is_public = line.trim_start().starts_with("pub");
            let start = line.len() - line_without_pub.len() + "use ".len();
            let Some(end) = rest.find(';') else { break };
            let paths = expanded("", &rest[start..end]);
            if is_public {
                imports.exported.extend(paths);
            } else {
                imports.used.extend(paths.into_iter().map(|(_, path)| path));
            }
            rest = &rest[end + 1..];
        }
        imports
    }
}

/// The names imported by a `use`, each with its path: `a::{b, c::d as e}` imports `b` from `a::b` and `e`
/// from `a::c::d`.
fn expanded(before: &str, tree: &str) -> Vec<(String, String)> {
    let tree = tree.trim();
    let Some((path, inside)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
        let path = format!("{before}{}", path.trim());
        let path = path.strip_suffix("::self").unwrap_or(&path);
        let name = if alias.is_empty() { path.rsplit("::").next().unwrap_or_default() } else { alias.trim() };
        return vec![(name.to_owned(), path.to_owned())];
    };
    let inside = inside.strip_suffix('}').unwrap_or(inside);
    let before = format!("{before}{}", path.trim());
    let (mut depth, mut start, mut paths) = (0, 0, Vec::new());
    for (at, character) in inside.char_indices().chain([(inside.len(), ',')]) {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = &inside[start..at];
                if !part.trim().is_empty() {
                    paths.extend(expanded(&before, part));
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    paths
}

/// The paths in a line that start with `crate` or `super`.
fn paths_in(line: &str) -> impl Iterator<Item = String> {
    let is_in_path = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    line.split(move |c| !is_in_path(c))
        .filter(|path| path.starts_with("crate::") || path.starts_with("super::"))
        .map(|path| path.trim_end_matches(':').to_owned())
}
