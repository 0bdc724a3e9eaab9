//! Viewing messages that may be viewed only once.

use super::Messages;
use crate::ChatError;
use crate::access::{message_id, readable};
use meeshy_domain::UserId;
use meeshy_store::Tx;
use meeshy_store::messages::Message;
use meeshy_store::view_once::{self, Viewed};

impl Messages {
    /// The message with its text, which is shown to the caller this once. Its author can always read it.
    ///
    /// # Errors
    /// When the caller cannot read such a message, it is not one to be viewed once, or the caller or enough others have viewed it.
    pub async fn view_once(&self, caller: UserId, message: &str) -> Result<Message, ChatError> {
        let (service, id) = (self.clone(), message_id(message)?);
        let write = move |tx: &mut Tx<'_>| {
            let now = service.context.now();
            let message = readable(tx, caller, id, now)?;
            if !message.details.is_view_once || message.details.is_encrypted {
                return Err(ChatError::InvalidOperation(
                    "this message can be read in its conversation".into(),
                ));
            }
            if message.sender_id == Some(caller) {
                return Ok(message);
            }
            let key = service.context.new_id::<String>();
            match view_once::view(tx, &key, (message.conversation_id, id), caller, now)? {
                Viewed::Now => Ok(message),
                Viewed::Before => Err(ChatError::Forbidden("you have viewed this message already".into())),
                Viewed::ByOthers => {
                    Err(ChatError::Forbidden("as many people as allowed have viewed this message".into()))
                }
            }
        };
        self.context.store.write(write).await
    }
}
