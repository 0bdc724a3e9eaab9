//! Whether an import adds up: what was counted on the way against what is in the database.

use super::error::ImportError;
use super::report::Report;
use crate::mapping::Draft;
use meeshy_store::legacy;
use meeshy_store::{Tx, Value};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Rows that are read at a time.
const PAGE: i64 = 2_000;

/// A digest of all messages and translations, whatever their order: how many, and the sum of the digests of each.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Texts {
    messages: (u64, u128),
    translations: (u64, u128),
}

impl Texts {
    pub(super) fn add(&mut self, collection: &str, draft: &Draft<'_>) {
        let total = match collection {
            "Message" => &mut self.messages,
            "MessageTranslation" => &mut self.translations,
            _ => return,
        };
        add(total, &draft.id, draft.text("content").unwrap_or_default());
    }
}

fn add(total: &mut (u64, u128), id: &str, content: &str) {
    let digest = Sha256::new().chain_update(id).chain_update([0]).chain_update(content).finalize();
    let half: [u8; 16] = std::array::from_fn(|index| digest[index]);
    *total = (total.0 + 1, total.1.wrapping_add(u128::from_le_bytes(half)));
}

/// Checks that every document came to an end, that the ledger says the same, and at the first import that the texts are what
/// they were: later they may have been changed here.
///
/// # Errors
/// [`ImportError::DoesNotAddUp`], with what does not.
pub(super) fn everything(tx: &mut Tx<'_>, report: &Report, texts: Option<&Texts>) -> Result<(), ImportError> {
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
                "`{}` has {} documents, and {noted} are noted",
                count.collection, count.source
            ));
        }
    }
    if let Some(texts) = texts
        && *texts != read(tx)?
    {
        return wrong("the texts of messages and translations are not those of the dump".into());
    }
    Ok(())
}

/// The texts of all that was imported.
fn read(tx: &mut Tx<'_>) -> Result<Texts, ImportError> {
    Ok(Texts {
        messages: sum(tx, "messages", "Message")?,
        translations: sum(tx, "translations", "MessageTranslation")?,
    })
}

fn sum(tx: &mut Tx<'_>, table: &str, collection: &str) -> Result<(u64, u128), ImportError> {
    let sql = format!(
        "SELECT d.id, t.content FROM legacy_documents d JOIN {table} t ON t.id = d.id \
         WHERE d.collection = $1 AND d.id > $2 AND d.outcome = 'inserted' ORDER BY d.id LIMIT {PAGE}"
    );
    let mut total = (0, 0);
    let mut after = String::new();
    loop {
        let params = [Value::from(collection), Value::from(&after)];
        let page: Vec<(String, String)> =
            tx.query(&sql, &params, |row| Ok((row.take("id")?, row.take("content")?)))?;
        for (id, content) in &page {
            add(&mut total, id, content);
        }
        match page.into_iter().next_back() {
            Some((id, _)) => after = id,
            None => return Ok(total),
        }
    }
}
