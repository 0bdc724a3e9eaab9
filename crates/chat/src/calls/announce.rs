//! Tells the gateways what has happened in a call.

use crate::ChatError;
use crate::context::Context;
use crate::event_bus::{CallChange, CallEvent, Event};
use meeshy_store::calls::Call;
use meeshy_store::{StoreError, Tx, call_events};
use std::sync::Arc;

/// Announces a change under its number in the call, once it is on disk. Other gateways read it as a row.
pub(super) fn announce(
    tx: &mut Tx<'_>,
    context: &Context,
    call: &Call,
    number: i64,
    change: CallChange,
) -> Result<(), ChatError> {
    let event =
        CallEvent { call_id: call.id, conversation_id: call.conversation_id, mode: call.mode, change };
    if !context.store.is_exclusive() {
        let payload = serde_json::to_string(&event)
            .map_err(|error| StoreError::Statement(format!("an event of a call: {error}")))?;
        call_events::insert(tx, call.id, number, &context.process, &payload)?;
    }
    context.deliver(tx, None, Event::Call { number, event: Arc::new(event) });
    Ok(())
}
