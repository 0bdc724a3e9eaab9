//! The models of Firefox Translations: what is installed, what could be, and how it gets here.

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
