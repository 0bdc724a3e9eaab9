//! Texts that are not messages, on their way from one process to another that translates them, and back.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::translations::State;
use crate::{StoreError, Tx, Value};
use meeshy_domain::{Language, TextId, Timestamp};

record! {
    /// A text that waits for its translation.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Text {
        /// Its id.
        pub id: TextId,
        /// The source language.
        pub from: Language = "source",
        /// The target language.
        pub to: Language = "target",
        /// The requested trade-off between speed and quality, by the name on the wire.
        pub tier: String,
        /// The text.
        pub content: String,
    }
}

/// Requests translations of texts.
pub fn ask(tx: &mut Tx<'_>, texts: &[Text], now: Timestamp) -> Result<(), StoreError> {
    for text in texts {
        tx.execute(
            "INSERT INTO text_requests (id, source, target, tier, content, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                text.id.into(),
                text.from.into(),
                text.to.into(),
                (&text.tier).into(),
                (&text.content).into(),
                now.into(),
            ],
        )?;
    }
    Ok(())
}

/// Claims waiting texts, at most `limit` and none of a pair in `but`, and removes those requested before
/// `forget`, whose callers have timed out.
pub fn claim(
    tx: &mut Tx<'_>,
    by: &str,
    forget: Timestamp,
    but: &[(Language, Language)],
    limit: i64,
) -> Result<Vec<Text>, StoreError> {
    tx.execute("DELETE FROM text_requests WHERE created_at < $1", &[forget.into()])?;
    let lock = tx.skip_locked();
    let mut params = vec![by.into(), limit.into()];
    let others = if but.is_empty() {
        String::new()
    } else {
        params.extend(padded(but.iter().map(|(from, to)| Value::from(format!("{from}-{to}")))));
        format!("AND source || '-' || target NOT IN ({})", placeholders(3, but.len()))
    };
    tx.fetch_all(
        &format!(
            "UPDATE text_requests SET claimed_by = $1 WHERE id IN \
               (SELECT id FROM text_requests WHERE state IS NULL {others} \
                AND claimed_by NOT IN (SELECT id FROM translators) ORDER BY created_at, id LIMIT $2 {lock}) \
             RETURNING {}",
            Text::columns()
        ),
        &params,
    )
}

/// Stores the result of a text until the caller fetches it.
pub fn answer(tx: &mut Tx<'_>, id: TextId, state: &State) -> Result<(), StoreError> {
    let [content, engine, score, reason, code, grade] = state.columns();
    tx.execute(
        "UPDATE text_requests SET state = $2, answer = $3, engine = $4, score = $5, reason = $6, reason_code = $7, grade = $8 WHERE id = $1",
        &[id.into(), state.name().into(), content, engine, score, reason, code, grade],
    )?;
    Ok(())
}

/// Fetches the available results.
pub fn fetch(tx: &mut Tx<'_>, ids: &[TextId]) -> Result<Vec<(TextId, State)>, StoreError> {
    let list = placeholders(1, ids.len());
    tx.fetch_all(
        &format!(
            "DELETE FROM text_requests WHERE state IS NOT NULL AND id IN ({list}) \
             RETURNING id, state, answer, engine, score, reason, reason_code, grade"
        ),
        &padded(ids.iter().map(|id| Value::from(*id))),
    )
}
