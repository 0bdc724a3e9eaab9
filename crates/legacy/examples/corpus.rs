//! Writes a synthetic old database, as large as the real one or larger.
//!
//! ```text
//! cargo run --release -p meeshy-legacy --example corpus -- --seed 1 --scale 1 --form archive-gz --out /tmp/old.gz
//! ```

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};
use flate2::Compression;
use flate2::write::GzEncoder;
use meeshy_legacy::corpus::Corpus;
use meeshy_legacy::dump::{self, Form};
use std::fs::File;
use std::path::{Path, PathBuf};

#[derive(Parser)]
struct Arguments {
    /// The seed; the same seed creates the same database
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The size, as a multiple of the old database
    #[arg(long, default_value_t = 1)]
    scale: usize,
    #[arg(long, value_enum, default_value = "dir")]
    form: OutputForm,
    /// A new folder or file
    #[arg(long)]
    out: PathBuf,
    /// A folder for the uploaded files
    #[arg(long)]
    uploads: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum OutputForm {
    Dir,
    DirGz,
    Archive,
    ArchiveGz,
    TarGz,
}

#[expect(clippy::print_stdout, reason = "a program for the terminal")]
fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let corpus = Corpus::new(arguments.seed, arguments.scale);
    let write = |path: &Path, form| dump::write(path, form, "meeshy", corpus.outgoing());
    let written = match arguments.form {
        OutputForm::Dir => write(&arguments.out, Form::Folder)?,
        OutputForm::DirGz => write(&arguments.out, Form::FolderGz)?,
        OutputForm::Archive => write(&arguments.out, Form::Archive)?,
        OutputForm::ArchiveGz => write(&arguments.out, Form::ArchiveGz)?,
        OutputForm::TarGz => {
            let folder = tempfile::tempdir().context("failed to create a temporary folder")?;
            let dump = folder.path().join("dump");
            let written = write(&dump, Form::Folder)?;
            tar_gz(&dump, &arguments.out)
                .with_context(|| format!("failed to write `{}`", arguments.out.display()))?;
            written
        }
    };
    if let Some(folder) = &arguments.uploads {
        corpus.write_uploads(folder).with_context(|| format!("failed to write `{}`", folder.display()))?;
    }
    for collection in &written {
        println!("{:>12}  {}", collection.documents, collection.name);
    }
    println!("{:>12}  documents", written.iter().map(|collection| collection.documents).sum::<u64>());
    Ok(())
}

fn tar_gz(folder: &Path, out: &Path) -> std::io::Result<()> {
    let mut tar = tar::Builder::new(GzEncoder::new(File::create_new(out)?, Compression::default()));
    tar.append_dir_all("dump", folder)?;
    tar.into_inner()?.finish()?.sync_all()
}
