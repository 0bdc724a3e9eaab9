//! Which columns of a row were changed where: in the old system, here, or on both sides.
//!
//! The ledger stores a digest of each column from when both sides agreed. A column whose value differs here
//! was changed here; one that differs in the document was changed in the old system.

use super::digests::{ColumnDigests, column_digest};
use super::model::{Draft, Volatile};
use meeshy_store::Value;

/// A side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// This server.
    Here,
    /// The old system.
    There,
}

/// How a row that was changed on both sides is resolved.
#[derive(Debug, Default, PartialEq)]
pub struct Decision {
    /// Columns that get the value of the document.
    pub taken: Vec<(String, Value)>,
    /// Columns that were changed on both sides, and the side that wins.
    pub conflicts: Vec<(String, Side)>,
}

/// Decides by column. `base` is what both sides had, `here` the row as it is, `there` as the document says it.
///
/// What was changed on one side only wins. Of what was changed on both, the side with the newer `updated_at` wins, and here
/// where that is not known or the same. Columns that mean something together are decided together.
#[must_use]
pub fn decide(base: &ColumnDigests, here: &Draft<'_>, there: &Draft<'_>) -> Decision {
    let mapping = here.mapper.mapping;
    let columns: Vec<Column<'_>> = here
        .lasting_values()
        .zip(there.lasting_values())
        .zip(&base.0)
        .filter(|(((name, _), _), _)| *name != "id" && !mapping.insert_only.contains(name))
        .map(|(((name, here), (_, there)), base)| Column {
            name,
            here,
            there,
            changed_here: column_digest(here) != *base,
            changed_there: column_digest(there) != *base,
        })
        .collect();
    let group_of =
        |column: &Column<'_>| mapping.column_groups.iter().position(|group| group.contains(&column.name));
    let (mut alone, mut groups) = (Vec::new(), vec![Vec::new(); mapping.column_groups.len()]);
    for column in columns {
        match group_of(&column) {
            Some(group) => groups[group].push(column),
            None => alone.push(vec![column]),
        }
    }
    let mut decision = Decision::default();
    for group in alone.into_iter().chain(groups) {
        decide_group(&mut decision, &group, here, there);
    }
    decision
}

/// Whether a row was changed here, other than by server-updated columns.
#[must_use]
pub fn is_changed(base: &ColumnDigests, here: &Draft<'_>) -> bool {
    let mapping = here.mapper.mapping;
    here.lasting_values().zip(&base.0).any(|((name, value), base)| {
        let is_ours = name == "id" || mapping.insert_only.contains(&name) || volatile(here, name).is_some();
        !is_ours && column_digest(value) != *base && !(name == "password_hash" && is_hash_of_ours(value))
    })
}

#[derive(Clone, Copy)]
struct Column<'a> {
    name: &'a str,
    here: &'a Value,
    there: &'a Value,
    changed_here: bool,
    changed_there: bool,
}

impl Column<'_> {
    /// Signing in rehashes the same password; a new password has its date, which is decided with it.
    fn is_changed_here(&self) -> bool {
        self.changed_here && !(self.name == "password_hash" && is_hash_of_ours(self.here))
    }

    fn differs(&self) -> bool {
        column_digest(self.here) != column_digest(self.there)
    }
}

fn decide_group(decision: &mut Decision, group: &[Column<'_>], here: &Draft<'_>, there: &Draft<'_>) {
    if !group.iter().any(|column| column.changed_there) {
        return;
    }
    let different = || group.iter().filter(|column| column.differs());
    let take = |column: &Column<'_>| (column.name.to_owned(), column.there.clone());
    if !group.iter().any(Column::is_changed_here) {
        decision.taken.extend(different().map(take));
        return;
    }
    let conflicts: Vec<&Column<'_>> =
        different().filter(|column| volatile(here, column.name).is_none()).collect();
    if conflicts.is_empty() {
        let is_greater = |column: &&Column<'_>| {
            volatile(here, column.name) == Some(Volatile::Greater) && is_greater(column.there, column.here)
        };
        decision.taken.extend(different().filter(is_greater).map(take));
        return;
    }
    let winner = newer(group, here, there);
    // One of our hashes counts too, now that the date says that the password has changed.
    let on_both = |column: &&&Column<'_>| column.changed_here && column.changed_there;
    let has_some = conflicts.iter().any(|column| on_both(&column));
    let named =
        conflicts.iter().filter(|column| if has_some { on_both(column) } else { column.changed_there });
    decision.conflicts.extend(named.map(|column| (column.name.to_owned(), winner)));
    if winner == Side::There {
        decision.taken.extend(different().map(take));
    }
}

/// The side that was changed last: by the date of the group if it has one, such as that of a password.
fn newer(group: &[Column<'_>], here: &Draft<'_>, there: &Draft<'_>) -> Side {
    let own = group.iter().find(|column| column.name == "last_password_change");
    let dates = match own.map(|column| (column.here, column.there)) {
        Some((Value::Int(here), Value::Int(there))) if here != there => (Some(*here), Some(*there)),
        _ => (here.int("updated_at"), there.int("updated_at")),
    };
    match dates {
        (Some(here), Some(there)) if there > here => Side::There,
        _ => Side::Here,
    }
}

fn volatile(row: &Draft<'_>, column: &str) -> Option<Volatile> {
    if column == "updated_at" {
        return Some(Volatile::Greater);
    }
    row.mapper.mapping.volatile.iter().find(|(name, _)| *name == column).map(|(_, volatile)| *volatile)
}

fn is_greater(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => one > other,
        (_, Value::Null) => *one != Value::Null,
        _ => false,
    }
}

/// Whether only Meeshy can verify a password hash: the old system only supports bcrypt.
#[must_use]
pub fn is_hash_of_ours(value: &Value) -> bool {
    matches!(value, Value::Text(hash) if hash.starts_with("$argon2"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::{Mapper, people};

    fn person<'m>(mapper: &'m Mapper, columns: &[(&str, Value)]) -> Draft<'m> {
        let mut row = mapper.row(vec![Value::Null; mapper.columns().len()]);
        row.set("id", "1");
        row.set("updated_at", 1);
        row.set("password_hash", "$2b$old");
        columns.iter().for_each(|(column, value)| row.set(column, value.clone()));
        row
    }

    type Decided = (Vec<(String, Value)>, Vec<(String, Side)>);

    fn decided(here: &[(&str, Value)], there: &[(&str, Value)]) -> Decided {
        let mapper = Mapper::new(&people::USER);
        let base = ColumnDigests::of(&person(&mapper, &[]));
        let base = ColumnDigests::from_bytes(&base.to_bytes(), &mapper).expect("what was written");
        let Decision { taken, conflicts } = decide(&base, &person(&mapper, here), &person(&mapper, there));
        (taken, conflicts)
    }

    #[test]
    fn a_change_on_one_side_wins() {
        assert_eq!(decided(&[("bio", "here".into())], &[]), (vec![], vec![]));
        let taken = vec![("bio".into(), "there".into())];
        assert_eq!(decided(&[], &[("bio", "there".into())]), (taken.clone(), vec![]));
        let here = [("avatar", "here".into()), ("last_active_at", 9.into())];
        assert_eq!(decided(&here, &[("bio", "there".into())]), (taken, vec![]));
        assert_eq!(decided(&[("bio", "same".into())], &[("bio", "same".into())]), (vec![], vec![]));
    }

    #[test]
    fn a_change_on_both_sides_is_named_and_the_newer_wins() {
        let side = |here: i64, there: i64| {
            let here = [("bio", "here".into()), ("updated_at", here.into())];
            let (taken, conflicts) = decided(&here, &[("bio", "there".into()), ("updated_at", there.into())]);
            (taken.iter().any(|(name, _)| name == "bio"), conflicts)
        };
        assert_eq!(side(5, 4), (false, vec![("bio".into(), Side::Here)]));
        assert_eq!(side(5, 5), (false, vec![("bio".into(), Side::Here)]));
        assert_eq!(side(4, 5), (true, vec![("bio".into(), Side::There)]));
    }

    #[test]
    fn what_the_messengers_life_changes_is_no_conflict() {
        let here = [("last_active_at", 9.into()), ("failed_login_attempts", 3.into())];
        let there = [("last_active_at", 7.into()), ("failed_login_attempts", 1.into())];
        assert_eq!(decided(&here, &there), (vec![], vec![]));
        assert_eq!(decided(&there, &here).0, [("last_active_at".into(), 9.into())]);
    }

    #[test]
    fn a_password_that_was_only_hashed_anew_gives_way_to_a_new_one() {
        let signed_in = [("password_hash", "$argon2id$same".into()), ("updated_at", 9.into())];
        let (taken, conflicts) = decided(&signed_in, &[("password_hash", "$2b$new".into())]);
        assert_eq!((taken, conflicts), (vec![("password_hash".into(), "$2b$new".into())], vec![]));

        let here = [("password_hash", "$argon2id$new".into()), ("last_password_change", 5.into())];
        let there = |at: i64| [("password_hash", "$2b$new".into()), ("last_password_change", at.into())];
        assert!(decided(&here, &there(4)).0.is_empty());
        assert_eq!(decided(&here, &there(6)).0.len(), 2);
        assert_eq!(decided(&here, &there(6)).1[0], ("password_hash".into(), Side::There));
    }

    #[test]
    fn digests_of_other_columns_are_none() {
        let mapper = Mapper::new(&people::USER);
        let bytes = ColumnDigests::of(&person(&mapper, &[])).to_bytes();
        assert!(ColumnDigests::from_bytes(&bytes[..bytes.len() - 1], &mapper).is_none());
        assert!(ColumnDigests::from_bytes(&[], &mapper).is_none());
        assert!(ColumnDigests::from_bytes(&bytes, &Mapper::new(&people::STATS)).is_none());
    }
}
