//! Stories about the import, each told on both databases.

mod columns;
mod copies;
mod corpus;
mod dirt;
mod every;
mod hidden;
mod later;
mod rejected;
mod returned;
mod uploads;
