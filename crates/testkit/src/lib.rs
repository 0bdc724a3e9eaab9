//! Throw-away databases.
