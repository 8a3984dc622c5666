//! Deltas: how rows travel as the difference to a row the other side is known to hold.
//!
//! Everything here is driven by the schema. One function codes a row in both directions
//! ([`code_row`]), one module draws the packet ([`header`], [`record`]), and [`Confirmed`] is the
//! receiving side. What to send to whom is not decided here.

pub mod codecs;
pub mod confirmed;
pub mod events;
pub mod header;
pub mod places;
pub mod predict;
pub mod record;
pub mod row;
pub mod tables;
mod track;
pub mod training;

pub use codecs::{RowReader, RowWriter};
pub use confirmed::{Change, Confirmed, ConfirmedRow, Group, GroupMember, Received};
pub use events::EventRow;
pub use header::{InputReport, SnapshotHeader, Verdict};
pub use row::{RowCodec, code_plain, code_row};
pub use tables::Tables;

use crate::bits::OutOfBits;

/// Why a snapshot packet was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeltaError {
    /// The bytes ended early.
    Short,
    /// The bytes break the format; says where.
    Malformed(&'static str),
    /// It refers to a baseline that is no longer held (it was overtaken). Harmless: it is not
    /// acked, so the server sends again.
    Stale,
    /// It was used before, or is too old to matter. Harmless.
    Old,
}

impl From<OutOfBits> for DeltaError {
    fn from(_: OutOfBits) -> DeltaError {
        DeltaError::Short
    }
}
