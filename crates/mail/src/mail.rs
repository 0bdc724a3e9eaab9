//! One e-mail.

use crate::Written;
use meeshy_domain::Timestamp;

/// An e-mail to one person.
#[derive(Clone)]
pub struct Mail {
    /// A unique id of letters and digits.
    pub id: String,
    /// When it was written.
    pub at: Timestamp,
    /// The address of the reader.
    pub to: String,
    /// What it says.
    pub written: Written,
}
