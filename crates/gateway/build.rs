//! Makes sure that there is a folder to embed: the web client is built by `make web`.

use std::{fs, path::Path};

fn main() {
    let dist = Path::new("../../web/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    if !dist.exists()
        && let Err(error) = fs::create_dir_all(dist)
    {
        println!("cargo::error=cannot make {}: {error}", dist.display());
    }
}
