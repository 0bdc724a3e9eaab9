//! Why something about a call is refused.

/// A refusal, for which clients have a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallRefusal {
    /// Another call is going on there.
    #[error("another call is going on in this conversation")]
    AlreadyActive,
    /// There is no such call, or the caller may not know of it.
    #[error("no such call")]
    NotFound,
    /// The user is not in this call, or not a member of its conversation.
    #[error("you are not in this call")]
    NotAParticipant,
    /// It is over.
    #[error("this call is over")]
    Ended,
    /// It has as many participants as possible.
    #[error("this call has two participants, which is the most")]
    Full,
    /// There is no video in such a conversation.
    #[error("there are no video calls in public conversations")]
    VideoNotSupported,
    /// The user may not do this.
    #[error("{0}")]
    NotAllowed(String),
    /// A signal that cannot be relayed.
    #[error("invalid signal: {0}")]
    InvalidSignal(String),
    /// The user has signalled too much.
    #[error("too many long signals; try again in a minute")]
    TooManySignals,
    /// A signal in the name of somebody else.
    #[error("`from` has to be your own id")]
    SenderMismatch,
    /// The recipient of a signal is not in the call.
    #[error("the recipient is not in this call")]
    TargetNotFound,
}
