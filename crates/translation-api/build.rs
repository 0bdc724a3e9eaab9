//! Compiles the gRPC interface description to Rust, without `protoc`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    compile()
}

#[cfg(feature = "grpc")]
fn compile() -> Result<(), Box<dyn Error>> {
    use prost::Message;

    let files = protox::compile(["meeshy/translation/v1/translation.proto"], ["proto"])?;
    let folder = std::path::PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    // For reflection.
    std::fs::write(folder.join("descriptors.bin"), files.encode_to_vec())?;
    tonic_prost_build::configure().build_transport(false).compile_fds(files)?;
    Ok(())
}

#[cfg(not(feature = "grpc"))]
fn compile() -> Result<(), Box<dyn Error>> {
    Ok(())
}
