//! Queries as values, so that several can be sent to the database together.
//!
//! A function that returns a [`Query`] does not run it; [`Tx::fetch`](crate::Tx::fetch) does. Given several
//! queries, as a tuple or a list, it sends all of them before it waits: on PostgreSQL they share one round
//! trip.

use crate::{FromRow, Row, StoreError, Value};

/// A statement and its parameters.
pub(crate) type Statement = (String, Vec<Value>);

/// Converts the rows of a result.
type Read<T> = Box<dyn FnOnce(Vec<Row>) -> Result<T, StoreError>>;

/// A statement, and how its result is read.
pub struct Query<T> {
    /// `None` if the result is known without the database.
    statement: Option<Statement>,
    read: Read<T>,
}

impl<T: 'static> Query<T> {
    /// A query that only returns `value`.
    pub fn known(value: T) -> Self {
        Self { statement: None, read: Box::new(move |_| Ok(value)) }
    }

    fn new(
        sql: impl Into<String>,
        params: Vec<Value>,
        read: impl FnOnce(Vec<Row>) -> Result<T, StoreError> + 'static,
    ) -> Self {
        Self { statement: Some((sql.into(), params)), read: Box::new(read) }
    }

    /// Reads the only row, such as a count.
    pub(crate) fn one(sql: impl Into<String>, params: Vec<Value>) -> Self
    where
        T: FromRow,
    {
        Self::new(sql, params, |rows| {
            let mut row = rows.into_iter().next().ok_or_else(StoreError::no_row)?;
            T::from_row(&mut row)
        })
    }

    /// Reads the first row, if there is one.
    pub(crate) fn optional(sql: impl Into<String>, params: Vec<Value>) -> Query<Option<T>>
    where
        T: FromRow,
    {
        Query::new(sql, params, |rows| {
            rows.into_iter().next().map(|mut row| T::from_row(&mut row)).transpose()
        })
    }

    /// Reads every row.
    pub(crate) fn all(sql: impl Into<String>, params: Vec<Value>) -> Query<Vec<T>>
    where
        T: FromRow,
    {
        Query::new(sql, params, |mut rows| rows.iter_mut().map(T::from_row).collect())
    }

    /// Converts the result with `make`.
    pub fn map<U: 'static>(self, make: impl FnOnce(T) -> U + 'static) -> Query<U> {
        let Self { statement, read } = self;
        Query { statement, read: Box::new(move |rows| read(rows).map(make)) }
    }
}

/// One query or several.
pub trait Queries {
    /// Their results, in the same shape.
    type Answers;
    /// Adds the statements, in order.
    fn add_statements(&mut self, statements: &mut Vec<(String, Vec<Value>)>);
    /// Reads the results of the statements, in order.
    ///
    /// # Errors
    /// When a row does not match its reader.
    fn read(self, answers: &mut std::vec::IntoIter<Vec<Row>>) -> Result<Self::Answers, StoreError>;
}

impl<T> Queries for Query<T> {
    type Answers = T;

    fn add_statements(&mut self, statements: &mut Vec<(String, Vec<Value>)>) {
        // An empty one keeps its place, which shows which result belongs to which query.
        statements.extend(self.statement.as_mut().map(std::mem::take));
    }

    fn read(self, answers: &mut std::vec::IntoIter<Vec<Row>>) -> Result<T, StoreError> {
        let rows = self.statement.and_then(|_| answers.next()).unwrap_or_default();
        (self.read)(rows)
    }
}

impl<Q: Queries> Queries for Vec<Q> {
    type Answers = Vec<Q::Answers>;

    fn add_statements(&mut self, statements: &mut Vec<(String, Vec<Value>)>) {
        self.iter_mut().for_each(|query| query.add_statements(statements));
    }

    fn read(self, answers: &mut std::vec::IntoIter<Vec<Row>>) -> Result<Self::Answers, StoreError> {
        self.into_iter().map(|query| query.read(answers)).collect()
    }
}

impl<Q: Queries> Queries for Option<Q> {
    type Answers = Option<Q::Answers>;

    fn add_statements(&mut self, statements: &mut Vec<(String, Vec<Value>)>) {
        self.iter_mut().for_each(|query| query.add_statements(statements));
    }

    fn read(self, answers: &mut std::vec::IntoIter<Vec<Row>>) -> Result<Self::Answers, StoreError> {
        self.map(|query| query.read(answers)).transpose()
    }
}

impl Queries for () {
    type Answers = ();

    fn add_statements(&mut self, _: &mut Vec<(String, Vec<Value>)>) {}

    fn read(self, _: &mut std::vec::IntoIter<Vec<Row>>) -> Result<(), StoreError> {
        Ok(())
    }
}

macro_rules! tuples {
    ($($($name:ident)*;)*) => {$(
        #[expect(non_snake_case, reason = "each is named as its type")]
        impl<$($name: Queries),*> Queries for ($($name,)*) {
            type Answers = ($($name::Answers,)*);

            fn add_statements(&mut self, statements: &mut Vec<(String, Vec<Value>)>) {
                let ($($name,)*) = self;
                $($name.add_statements(statements);)*
            }

            fn read(self, answers: &mut std::vec::IntoIter<Vec<Row>>) -> Result<Self::Answers, StoreError> {
                let ($($name,)*) = self;
                Ok(($($name.read(answers)?,)*))
            }
        }
    )*};
}

tuples! { A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; }
