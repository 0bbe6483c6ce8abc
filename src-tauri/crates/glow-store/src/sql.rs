//! Between Rust's values and SQLite's.

use glow_model::{
    BlobId, BlobKey, BlobRef, MomentKind, OperationId, Plane, Role, Verdict,
    state::{Keeps, Wakefulness},
};
use rusqlite::{Row, types::Type};

use crate::{OperationState, Part, Tier};

/// SQLite's integers are signed; every number of the model that is stored is far below 2^63.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Reads a number that was never negative.
pub(crate) fn uint(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// As [`uint`], where there may be none.
pub(crate) fn uint_or_null(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    match row.get::<_, Option<i64>>(column)? {
        Some(_) => uint(row, column).map(Some),
        None => Ok(None),
    }
}

/// An operation's id in the first column.
pub(crate) fn operation_id(row: &Row<'_>) -> rusqlite::Result<OperationId> {
    Ok(OperationId(row.get(0)?))
}

/// A blob as three columns: id, key, size.
pub(crate) fn blob_ref(row: &Row<'_>, first: usize) -> rusqlite::Result<BlobRef> {
    Ok(BlobRef { id: BlobId(row.get(first)?), key: BlobKey(row.get(first + 1)?), size: uint(row, first + 2)? })
}

/// `count` place holders for a list.
pub(crate) fn marks(count: usize) -> String {
    let mut marks = "?,".repeat(count);
    marks.pop();
    marks
}

/// An enum that is stored as its number.
pub(crate) trait Code: Copy + 'static {
    /// Every value at the place of its number.
    const ALL: &'static [Self];

    /// The number.
    fn code(self) -> i64;

    /// Reads the number from a column.
    fn read(row: &Row<'_>, column: usize) -> rusqlite::Result<Self> {
        let number: i64 = row.get(column)?;
        usize::try_from(number).ok().and_then(|place| Self::ALL.get(place).copied()).ok_or_else(|| {
            let unknown = format!("{number} is not one of {} values", Self::ALL.len());
            rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, unknown.into())
        })
    }
}

macro_rules! codes {
    ($( $name:ident { $($value:ident = $number:literal),+ } )+) => { $(
        impl Code for $name {
            const ALL: &'static [Self] = &[$($name::$value),+];
            fn code(self) -> i64 {
                match self { $($name::$value => $number),+ }
            }
        }
    )+ };
}

codes! {
    Plane { Control = 0, Content = 1 }
    Role { Host = 0, Member = 1, Carrier = 2 }
    MomentKind { Photo = 0, Clip = 1, Live = 2 }
    Part { Grid = 0, Screen = 1, Original = 2, Motion = 3 }
    Tier { Grid = 0, Screen = 1, Manifest = 2, Original = 3, Motion = 4 }
    Wakefulness { Awake = 0, Asleep = 1, Leaving = 2 }
    Keeps { Previews = 0, WhenPlugged = 1, All = 2 }
    OperationState { Whole = 0, Retracted = 1, Stripped = 2 }
    Verdict { Approve = 0, HoldBack = 1, Block = 2, Unblock = 3 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_value_stands_at_its_number<T: Code>() {
        for (place, value) in T::ALL.iter().enumerate() {
            assert_eq!(value.code(), i64::try_from(place).unwrap());
        }
    }

    #[test]
    fn codes_read_what_they_wrote() {
        every_value_stands_at_its_number::<Plane>();
        every_value_stands_at_its_number::<Role>();
        every_value_stands_at_its_number::<MomentKind>();
        every_value_stands_at_its_number::<Part>();
        every_value_stands_at_its_number::<Tier>();
        every_value_stands_at_its_number::<Wakefulness>();
        every_value_stands_at_its_number::<Keeps>();
        every_value_stands_at_its_number::<OperationState>();
        every_value_stands_at_its_number::<Verdict>();
    }
}
