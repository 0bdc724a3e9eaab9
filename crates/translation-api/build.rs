//! Compiles the gRPC interface description to Rust, without `protoc`.

use prost::Message;
use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    if !cfg!(feature = "grpc") {
        return Ok(());
    }
    let files = protox::compile(["meeshy/translation/v1/translation.proto"], ["proto"])?;
    let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    // For reflection.
    fs::write(folder.join("descriptors.bin"), files.encode_to_vec())?;
    tonic_prost_build::configure().build_transport(false).compile_fds(files)?;
    Ok(())
}
