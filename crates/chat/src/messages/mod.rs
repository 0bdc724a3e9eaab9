//! Messages: send, edit, delete and read them, who has read them, the reactions to them, and the files attached to them.

mod delete;
mod draft;
mod edit;
mod file_use;
mod files;
mod forward;
mod history;
mod language;
mod mentions;
mod overview;
mod own_deletions;
mod pins;
mod reactions;
mod read;
mod receipts;
mod search;
mod search_indexer;
mod send;
mod view_once;

pub(crate) use delete::delete_for_everybody;
pub use draft::{Disclosure, NewMessage};
pub use edit::MessageEdit;
pub use file_use::FileStatusPage;
pub use files::{FileRequest, Files, ServedFile};
pub use history::MessageHistory;
pub use mentions::{MentionOfCaller, MentionSuggestion};
pub use overview::{LatestReactions, MessageReceipts};
pub use reactions::{MessageReactions, Reactions};
pub use read::{MessagePage, PagePlace, PageRequest};
pub use receipts::{ReadStatus, ReceiptCounts, ReceiptPage};
pub use search::{FoundMessages, SearchRequest};
pub(crate) use search_indexer::SearchIndexer;
pub use send::Sent;

use crate::context::Context;
use crate::translation::{Engines, Signals, WarmUp};
use crate::views::Views;
use std::sync::Arc;

/// Messages. Cheap to clone.
#[derive(Clone)]
pub struct Messages {
    context: Arc<Context>,
    views: Views,
    engines: Engines,
    signals: Arc<Signals>,
    warm_up: WarmUp,
    max_chars: usize,
}

impl Messages {
    pub(crate) fn new(
        context: Arc<Context>,
        views: Views,
        engines: Engines,
        signals: Arc<Signals>,
        warm_up: WarmUp,
        max_chars: usize,
    ) -> Self {
        Self { context, views, engines, signals, warm_up, max_chars }
    }

    /// The maximum length of a message, in characters.
    pub fn max_chars(&self) -> usize {
        self.max_chars
    }
}
