//! Carries events from transactions to the dispatchers of all processes.
//!
//! Within this process an event carries its payload ([`Delivery`]). Other processes are notified, soon after the
//! commit, of the new number of a conversation (`announcements`), and read the rows of the log. A lost
//! announcement only costs time: every process also polls ([`Feed`](crate::Feed)).

mod announcements;
mod bus;
mod call_event;
mod delivery;
mod event;
mod followed;
mod note;

pub(crate) use bus::{Heard, Subscription};
pub use call_event::{CallChange, CallEvent, CallMember, CallPerson, CallSignal};
pub(crate) use delivery::{Delivery, News};
pub use event::{
    Ephemeral, Event, FileUse, FoundTranslation, FriendRequestChange, Happened, HiddenFrom, LeftUnread,
    MemberChange, NewNotification, NotificationChange, NotificationNews, ReactionChange, Separation, Typing,
};
pub(crate) use followed::Followed;
pub(crate) use note::{Line, decode};
