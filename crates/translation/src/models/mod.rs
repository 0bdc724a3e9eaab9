//! Firefox Translations models: installed ones, available ones, and their installation.

mod blocking;
mod download;
mod error;
mod import;
mod index;
mod kept;
mod manifest;
mod store;

pub use download::Progress;
pub use error::ModelError;
pub use index::{Available, Index, RemoteFile};
pub use kept::KeptIndex;
pub use manifest::{FileEntry, Files, Installed, Manifest, Role};
pub use store::{ModelStore, State, Versions};
