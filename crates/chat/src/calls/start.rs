//! Starts calls.

use super::announce::announce;
use super::care::CHECK_CALL;
use super::find::{CallView, view};
use super::join::Media;
use super::{Calls, care, not_allowed};
use crate::ChatError;
use crate::access::{find_with_member, may_address, member};
use crate::call_refusal::CallRefusal;
use crate::event_bus::{CallChange, CallMember};
use crate::policy::{Action, Place, Standing};
use meeshy_domain::{CallId, CallRole, CallType, ConversationKind, UserId, call, limits};
use meeshy_store::calls::{self, NewParticipant};
use meeshy_store::conversations::Conversation;
use meeshy_store::members::{self, Member};
use meeshy_store::{Tx, friend_requests, live_calls, privacy, visibility};

/// A call to be started.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// Its id, from [`Calls::new_id`].
    pub id: CallId,
    /// The id or identifier of the conversation.
    pub conversation: String,
    /// With or without pictures.
    pub call_type: CallType,
    /// What the caller has turned on.
    pub media: Media,
    /// The socket through which the caller takes part.
    pub socket: Option<String>,
}

impl Calls {
    /// Calls the other members of a conversation.
    ///
    /// # Errors
    /// When the caller may not write or call there, another call is going on there, or there are no such calls.
    pub async fn start(&self, caller: UserId, new: NewCall) -> Result<CallView, ChatError> {
        let service = self.clone();
        let write = move |tx: &mut Tx<'_>| {
            let found = tx.fetch(find_with_member(caller, &new.conversation))?;
            let (conversation, member) = match member(found) {
                Err(ChatError::NotAMember) => return Err(CallRefusal::NotAParticipant.into()),
                found => found?,
            };
            may_call(tx, &conversation, &member, new.call_type)?;
            if tx.fetch(live_calls::of_conversation(conversation.id))?.is_some() {
                return Err(CallRefusal::AlreadyActive.into());
            }
            service.insert(tx, &conversation, caller, &new)
        };
        self.context.write_unless_there(write).await
    }

    fn insert(
        &self,
        tx: &mut Tx<'_>,
        conversation: &Conversation,
        caller: UserId,
        new: &NewCall,
    ) -> Result<CallView, ChatError> {
        let (context, now) = (&self.context, self.context.now());
        let metadata = serde_json::json!({ "type": new.call_type }).to_string();
        let call = calls::NewCall {
            id: new.id,
            conversation_id: conversation.id,
            initiator_id: caller,
            started_at: now,
            metadata,
        };
        calls::insert(tx, &call)?;
        let (is_audio_enabled, is_video_enabled) = new.media.enabled(new.call_type);
        let participant = NewParticipant {
            id: context.new_id(),
            call_id: new.id,
            user_id: caller,
            role: CallRole::Initiator,
            joined_at: now,
            is_audio_enabled,
            is_video_enabled,
        };
        calls::add_participant(tx, &participant)?;
        let ends_at = tx.now()?.plus(self.settings.ring_time);
        live_calls::insert(tx, conversation.id, new.id, ends_at)?;
        self.connect(tx, new.id, caller, participant.id, new.socket.clone())?;
        let delay = care::CHECK_INTERVAL.min(self.settings.ring_time);
        CHECK_CALL.enqueue_in(tx, &new.id.to_string(), &new.id, delay)?;
        let number = live_calls::advance(tx, new.id)?.ok_or(CallRefusal::Ended)?;
        let started = view(tx, new.id)?;
        if let Some(participant) = started.participants.first().and_then(CallMember::of) {
            let initiator = participant.person.clone();
            let hidden_from = tx.fetch(visibility::separated(caller))?;
            let change = CallChange::Initiated { initiator, participant, hidden_from };
            announce(tx, context, &started.call, number, change)?;
        }
        Ok(started)
    }
}

/// Fails if a member may not call the others: they are disturbed as by a message.
fn may_call(
    tx: &mut Tx<'_>,
    conversation: &Conversation,
    member: &Member,
    call_type: CallType,
) -> Result<(), ChatError> {
    Standing::from(member).check(Action::Write(Place::of(conversation))).map_err(not_allowed)?;
    may_address(tx, conversation, member.user_id).map_err(not_allowed)?;
    if !call::is_supported(call_type, conversation.kind) {
        return Err(CallRefusal::VideoNotSupported.into());
    }
    if call::is_among_strangers(conversation.kind) {
        return are_few(tx, conversation);
    }
    if conversation.kind == ConversationKind::Direct {
        return lets_call(tx, conversation, member.user_id);
    }
    Ok(())
}

/// Fails in an open conversation with many members: a call would ring for all of them.
fn are_few(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<(), ChatError> {
    let most = limits::OPEN_CALL_MEMBERS;
    let some = tx.fetch(members::first_ids(conversation.id, most + 1))?;
    if i64::try_from(some.len()).is_ok_and(|count| count <= most) {
        return Ok(());
    }
    let why = format!("in an open conversation with more than {most} members nobody can call");
    Err(CallRefusal::NotAllowed(why).into())
}

/// Fails if the other person of a direct conversation lets only friends call, and the caller is none.
fn lets_call(tx: &mut Tx<'_>, conversation: &Conversation, caller: UserId) -> Result<(), ChatError> {
    let refusing = tx.fetch(privacy::refusing_calls(conversation.id, caller, 1))?;
    let friends = tx.fetch(friend_requests::friends_among(caller, &refusing))?;
    if refusing.iter().all(|user| friends.contains(user)) {
        return Ok(());
    }
    Err(CallRefusal::NotAllowed("this person can only be called by friends".to_owned()).into())
}
