//! The models of Firefox Translations: what is installed, what could be, and how it gets here.

mod download;
mod index;
mod store;

pub use download::Progress;
pub use index::{Available, Index, RemoteFile};
pub use store::{FileEntry, Files, Installed, Manifest, ModelError, ModelStore, Role};
