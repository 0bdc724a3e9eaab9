//! Indexes the texts of messages for the search, in the background.

use crate::ChatError;
use crate::context::Context;
use meeshy_domain::text::grams;
use meeshy_domain::{ConversationId, MessageId};
use meeshy_store::messages::{self, Message};
use meeshy_store::search_index::{self, Entry};
use meeshy_store::translations::{self, State};
use meeshy_store::{Tx, search_queue};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How often to look for messages that wait.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Messages that are indexed in one transaction, few enough that no other write waits for long.
const BATCH: i64 = 200;

/// Indexes what is queued. One of the gateways does it at a time, the others wait for it.
#[derive(Clone)]
pub(crate) struct SearchIndexer {
    context: Arc<Context>,
}

impl SearchIndexer {
    pub fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Indexes until `stop` is ready.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut is_failing = false;
        loop {
            let more = tokio::select! {
                () = &mut stop => return,
                more = self.index_some() => more,
            };
            match &more {
                Err(error) if !is_failing => tracing::warn!(%error, "Failed to index messages; trying again"),
                _ => {}
            }
            is_failing = more.is_err();
            if !more.unwrap_or(false) {
                tokio::select! {
                    () = &mut stop => return,
                    () = tokio::time::sleep(POLL_INTERVAL) => {}
                }
            }
        }
    }

    /// Indexes some of what is queued; returns whether there was any.
    async fn index_some(&self) -> Result<bool, ChatError> {
        if !self.context.store.read(search_queue::has_work).await? {
            return Ok(false);
        }
        self.context.store.write(index).await?;
        Ok(true)
    }
}

fn index(tx: &mut Tx<'_>) -> Result<(), ChatError> {
    let changed = search_queue::take(tx, BATCH)?;
    let ids: Vec<MessageId> = changed.iter().copied().collect();
    let mut texts: BTreeMap<MessageId, (ConversationId, BTreeSet<String>)> = messages::find_all(tx, &ids)?
        .into_iter()
        .filter(is_searchable)
        .map(|message| (message.id, (message.conversation_id, grams(&message.content))))
        .collect();
    for translation in tx.fetch(translations::list(&ids))? {
        if let (Some((_, known)), State::Done { content, .. }) =
            (texts.get_mut(&translation.message_id), &translation.state)
        {
            known.extend(grams(content));
        }
    }
    let entries: Vec<Entry> = texts
        .into_iter()
        .map(|(message, (conversation, grams))| Entry { message, conversation, grams })
        .collect();
    Ok(search_index::replace(tx, &changed, &entries)?)
}

/// Whether everybody in the conversation can read the text, and a person wrote it.
fn is_searchable(message: &Message) -> bool {
    message.concealed(None).is_none() && !message.is_by_system()
}
