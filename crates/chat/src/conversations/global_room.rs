//! The room for everybody.

use super::Conversations;
use crate::ChatError;
use meeshy_domain::{ConversationKind, MemberRole};
use meeshy_store::Tx;
use meeshy_store::conversations::{self, Conversation};
use meeshy_store::members::{self, NewMember};
use meeshy_store::read_cursors;
use meeshy_store::users::User;

/// The identifier of the room for everybody.
const GLOBAL_ROOM: &str = "meeshy";

impl Conversations {
    pub(crate) async fn open_global_room(&self) -> Result<(), ChatError> {
        let now = self.context.now();
        let room = Conversation {
            title: Some("Meeshy Global".into()),
            ..Conversation::new(self.context.new_id(), GLOBAL_ROOM.into(), ConversationKind::Global, now)
        };
        let write = move |tx: &mut Tx<'_>| {
            // Of several processes that start at the same time, one creates it.
            tx.lock_setup()?;
            if !conversations::identifier_is_taken(tx, GLOBAL_ROOM)? {
                conversations::insert(tx, &room)?;
            }
            Ok(())
        };
        self.context.write_unless_there(write).await
    }

    pub(crate) fn join_global_room(&self, tx: &mut Tx<'_>, user: &User) -> Result<(), ChatError> {
        let Some(room) = conversations::find_by_identifier(tx, GLOBAL_ROOM)? else { return Ok(()) };
        let (user_id, joined_at) = (user.id, user.created_at);
        let role = MemberRole::Member;
        members::insert(
            tx,
            &NewMember { id: self.context.new_id(), conversation_id: room.id, user_id, role, joined_at },
        )?;
        // Messages from before a user joined count as read.
        if room.last_sequence > 0 {
            read_cursors::advance(tx, room.id, user_id, room.last_sequence, joined_at)?;
        }
        Ok(())
    }
}
