//! Tests of the import, on both databases.

mod anomalies;
mod columns;
mod copies;
mod corpus;
mod deleted;
mod every;
mod hidden;
mod later;
mod rejected;
mod returned;
mod uploads;
