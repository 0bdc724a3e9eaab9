//! Checks the counts of an import against the database.

use crate::import::error::ImportError;
use crate::import::report::Report;
use crate::import::text_digest::{Sum, TextDigest};
use meeshy_store::{Tx, Value, legacy};
use std::collections::HashMap;

/// Rows that are read at a time.
const PAGE: i64 = 2_000;

/// Checks that every document has an outcome, that the ledger agrees and, on the first import, that the texts
/// match the dump: later they may have been changed here.
///
/// # Errors
/// [`ImportError::DoesNotAddUp`], with the difference.
pub(super) fn everything(
    tx: &mut Tx<'_>,
    report: &Report,
    texts: Option<&TextDigest>,
) -> Result<(), ImportError> {
    let wrong = |what: String| Err(ImportError::DoesNotAddUp(what));
    let ledger: HashMap<String, i64> = legacy::count(tx)?.into_iter().collect();
    for count in &report.collections {
        if !count.adds_up() {
            return wrong(format!(
                "of {} documents of `{}`, {} were inserted, {} merged, {} archived, {} rejected",
                count.source, count.collection, count.inserted, count.merged, count.archived, count.rejected
            ));
        }
        let noted = ledger.get(&count.collection).copied().unwrap_or(0).cast_unsigned();
        if noted.abs_diff(count.source) > count.conflicts {
            return wrong(format!(
                "`{}` has {} documents, but the ledger has {noted}",
                count.collection, count.source
            ));
        }
    }
    if let Some(texts) = texts
        && *texts != read(tx)?
    {
        return wrong("the texts of messages and translations differ from the dump".into());
    }
    Ok(())
}

/// The digest of all imported texts.
fn read(tx: &mut Tx<'_>) -> Result<TextDigest, ImportError> {
    Ok(TextDigest {
        messages: sum(tx, "messages", "Message")?,
        translations: sum(tx, "translations", "MessageTranslation")?,
    })
}

fn sum(tx: &mut Tx<'_>, table: &str, collection: &str) -> Result<Sum, ImportError> {
    let sql = format!(
        "SELECT d.id, t.content FROM legacy_documents d JOIN {table} t ON t.id = d.id \
         WHERE d.collection = $1 AND d.id > $2 AND d.outcome = 'inserted' ORDER BY d.id LIMIT {PAGE}"
    );
    let mut total = Sum::default();
    let mut after = String::new();
    loop {
        let params = [Value::from(collection), Value::from(&after)];
        let page: Vec<(String, String)> = tx.fetch_all(&sql, &params)?;
        for (id, content) in &page {
            total.add(id, content);
        }
        match page.into_iter().next_back() {
            Some((id, _)) => after = id,
            None => return Ok(total),
        }
    }
}
