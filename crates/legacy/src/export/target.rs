//! The destination and the progress of an export.

use crate::dump::write::Form;
use std::io::Write;
use std::path::Path;

/// The destination of a dump.
pub enum Target<'a> {
    /// A file or folder that does not exist yet, in some form.
    Path(&'a Path, Form),
    /// A stream such as standard output, as an archive.
    Stream(&'a mut dyn Write, Form),
}

/// The progress of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// It starts; the import had this many documents.
    Documents(u64),
    /// It starts a collection.
    Collection(&'a str),
    /// It has written this many more.
    Written(u64),
}
