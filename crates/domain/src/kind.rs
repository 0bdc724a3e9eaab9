//! Kinds of conversations, messages and reports.

use crate::named::named;

named!(
    /// The kinds of conversation.
    ConversationKind, "conversation type" {
        /// Exactly two users.
        Direct = "direct",
        /// Users who were added.
        Group = "group",
        /// Anybody can join.
        Public = "public",
        /// Every user is a member.
        Global = "global",
        /// Few members write, the others read.
        Broadcast = "broadcast",
    }
);

impl ConversationKind {
    /// The kinds that users can create.
    pub const OPENABLE: &[Self] = &[Self::Direct, Self::Group, Self::Public];
}

named!(
    /// The kinds of message that clients send.
    MessageType, "message type" {
        /// A text.
        Text = "text",
        /// An image.
        Image = "image",
        /// A file of another type.
        File = "file",
        /// A recording.
        Audio = "audio",
        /// A video.
        Video = "video",
        /// A location.
        Location = "location",
    }
);

named!(
    /// What is wrong with a translation.
    ReportReason, "reason" {
        /// It has another meaning.
        Wrong = "wrong",
        /// A part is missing.
        Incomplete = "incomplete",
        /// It is understandable but unnatural.
        Clumsy = "clumsy",
        /// It is rude, unlike the message.
        Offensive = "offensive",
        /// It is in another language.
        Language = "language",
        /// Something else, described in the comment.
        Other = "other",
    }
);

named!(
    /// The state of a friend request.
    FriendRequestStatus, "status" {
        /// It waits for an answer.
        Pending = "pending",
        /// The two are friends.
        Accepted = "accepted",
        /// It was declined.
        Rejected = "rejected",
        /// It was declined for good. Only the old system did so.
        Blocked = "blocked",
    }
);

named!(
    /// What can be reported to the moderators of the server.
    ReportedKind, "kind of report" {
        /// A message.
        Message = "message",
        /// A user.
        User = "user",
        /// A conversation.
        Conversation = "conversation",
        /// A community.
        Community = "community",
    }
);

named!(
    /// What is wrong with what is reported.
    AbuseKind, "type of report" {
        /// Unsolicited advertisement.
        Spam = "spam",
        /// Inappropriate content.
        Inappropriate = "inappropriate",
        /// Harassment of somebody.
        Harassment = "harassment",
        /// Violence, or a threat of it.
        Violence = "violence",
        /// Hate.
        HateSpeech = "hate_speech",
        /// A profile of nobody.
        FakeProfile = "fake_profile",
        /// A profile in the name of somebody else.
        Impersonation = "impersonation",
        /// Something else, described in the reason.
        Other = "other",
    }
);
