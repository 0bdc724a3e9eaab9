//! Orders of text messages: the parameters of the job that sends them.

use meeshy_jobs::Kind;
use meeshy_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};

/// The job that sends a text message.
pub(crate) const SMS: Kind<Order> = Kind::new("send-sms");

/// What is to be sent. It contains neither a code, which is made when the message is sent, nor a number.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The row of the code.
    pub code: String,
}

impl Order {
    /// Orders the message, which replaces an earlier one that was not sent yet.
    pub fn place(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        // Whoever knows the id may enter the code, and keys are logged.
        SMS.enqueue(tx, &crate::secrets::digest(&self.code), self)
    }
}
