//! Rows as Rust types: a struct, its columns, how it is read and how it is inserted, from one declaration.

use crate::engine::placeholders::placeholders_exactly;
use crate::{FromValue, Row, StoreError, Value};

/// A type that rows are read as: one value, a tuple, or a struct declared with [`record!`]. Columns are read
/// in the order of the statement.
pub trait FromRow: Sized {
    /// Reads the next columns of `row`.
    ///
    /// # Errors
    /// When there are no more columns, or one is of another type.
    fn from_row(row: &mut Row) -> Result<Self, StoreError>;
}

impl<T: FromValue> FromRow for T {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        row.next()
    }
}

/// The statement that adds a record to its table; `then` is a suffix such as `ON CONFLICT DO NOTHING`.
pub(crate) fn insert_statement<R: Record>(then: &str) -> String {
    let (table, fields) = (R::TABLE, R::FIELDS.join(", "));
    format!("INSERT INTO {table} ({fields}) VALUES ({}) {then}", placeholders_exactly(1, R::FIELDS.len()))
}

/// Two groups of columns that have values together.
impl<A: FromValue, B: FromValue> FromRow for Option<(A, B)> {
    fn from_row(row: &mut Row) -> Result<Self, StoreError> {
        let (first, second): (Option<A>, Option<B>) = FromRow::from_row(row)?;
        Ok(first.zip(second))
    }
}

/// For statements of which only the number of rows matters.
impl FromRow for () {
    fn from_row(_: &mut Row) -> Result<Self, StoreError> {
        Ok(())
    }
}

macro_rules! tuples {
    ($(($($name:ident),+))+) => {$(
        impl<$($name: FromRow),+> FromRow for ($($name,)+) {
            fn from_row(row: &mut Row) -> Result<Self, StoreError> {
                Ok(($($name::from_row(row)?,)+))
            }
        }
    )+};
}

tuples! { (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G) }

/// A struct with one column per field, in a table.
pub(crate) trait Record: FromRow {
    /// The table.
    const TABLE: &'static str;
    /// Its columns, in the order of the fields.
    const FIELDS: &'static [&'static str];
    /// The values of the columns.
    fn values(&self) -> Vec<Value>;
}

/// Declares a struct that is read from rows.
///
/// `columns()` is the column list for a `SELECT`: the names of the fields or, for a field with `=
/// expression`, that text, which for a field that is itself a struct is its column list. After `as "u"`,
/// columns are qualified with the table `u`. A struct `in` a table is a [`Record`] of it: it can also be
/// [inserted](crate::Tx::insert).
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $name:ident $(as $alias:literal)? $(in $table:ident)? {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty $(= $sql:expr)?,)*
        }
    ) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        $crate::engine::record::record!(@columns $name [$($alias)?] $([$field $(= $sql)?])*);

        impl $crate::engine::record::FromRow for $name {
            fn from_row(row: &mut $crate::Row) -> Result<Self, $crate::StoreError> {
                Ok(Self { $($field: $crate::engine::record::FromRow::from_row(row)?,)* })
            }
        }

        $crate::engine::record::record!(@table $name [$($table)?] $([$field $(= $sql)?])*);
    };
    (@columns $name:ident $alias:tt $([$($column:tt)*])*) => {
        impl $name {
            /// The column list for a `SELECT`.
            pub(crate) fn columns() -> &'static str {
                static COLUMNS: std::sync::OnceLock<String> = std::sync::OnceLock::new();
                COLUMNS.get_or_init(|| [$($crate::engine::record::record!(@column $alias $($column)*)),*].join(", "))
            }
        }
    };
    (@table $name:ident [] $($field:tt)*) => {};
    (@table $name:ident [$table:ident] $([$field:ident $(= $sql:expr)?])*) => {
        impl $crate::engine::record::Record for $name {
            const TABLE: &'static str = stringify!($table);
            const FIELDS: &'static [&'static str] = &[$($crate::engine::record::record!(@column [] $field $(= $sql)?)),*];
            fn values(&self) -> Vec<$crate::Value> {
                vec![$(self.$field.clone().into()),*]
            }
        }
    };
    (@column $alias:tt $field:ident = $sql:expr) => { $sql };
    (@column [] $field:ident) => { stringify!($field) };
    (@column [$alias:literal] $field:ident) => { concat!($alias, ".", stringify!($field)) };
}
pub(crate) use record;
