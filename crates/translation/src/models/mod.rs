//! Firefox Translations models: installed ones, available ones, and their installation.
//!
//! Models come from three kinds of sources ([`Source`]): the index of Mozilla or of a mirror, a folder, and
//! packages. Each says which models it offers ([`Index`]); [`ModelStore`] installs them.

mod available;
mod blocking;
mod download;
mod error;
mod http;
mod import;
mod index;
mod kept;
mod manifest;
mod packages;
mod pull;
mod simple;
mod store;
mod unpack;

pub use available::{Available, Index, Package, RemoteFile, Source};
pub use download::Progress;
pub use error::ModelError;
pub use kept::KeptIndex;
pub use manifest::{FileEntry, Files, Installed, Manifest, Role};
pub use packages::Packages;
pub use store::{ModelStore, State, Versions};
