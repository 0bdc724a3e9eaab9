//! Where an export goes, and how far it is.

use crate::dump::write::Form;
use std::io::Write;
use std::path::Path;

/// Where a dump goes.
pub enum Target<'a> {
    /// A file or folder that is not there yet, in some form.
    Path(&'a Path, Form),
    /// A stream such as standard output, as an archive.
    Stream(&'a mut dyn Write, Form),
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// It begins, and there were so many documents at the import.
    Documents(u64),
    /// It begins with a collection.
    Collection(&'a str),
    /// It has written so many more.
    Written(u64),
}
