//! The databases: connections, transactions, migrations, notifications, and how rows become types.

pub(crate) mod causes;
pub(crate) mod error;
pub(crate) mod exclusive;
pub(crate) mod full_text;
pub(crate) mod migrate;
pub(crate) mod notice;
pub(crate) mod notify;
pub(crate) mod pg;
pub(crate) mod placeholders;
pub(crate) mod query;
pub(crate) mod queue;
pub(crate) mod record;
pub(crate) mod sqlite;
pub(crate) mod threads;
pub(crate) mod tx;
pub(crate) mod value;
pub(crate) mod write_check;
