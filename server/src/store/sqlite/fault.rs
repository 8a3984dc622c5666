//! What an error of SQLite means for whoever asked.
//!
//! Never takes a full disk for a broken one: the first goes by itself.

use rusqlite::{Error, ErrorCode, ffi};

use crate::engine::storage::StoreFault;

/// The fault behind an error.
///
/// What could not be written counts as a lack of space too: SQLite says so of a full disk by a code
/// of its own, but not of a quota or of a file that may not grow any more.
pub(super) fn fault_of(error: &Error) -> StoreFault {
    let Error::SqliteFailure(failure, _) = error else {
        return StoreFault::Failed;
    };
    match (failure.code, failure.extended_code) {
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => StoreFault::Busy,
        (ErrorCode::DiskFull, _)
        | (
            ErrorCode::SystemIoFailure,
            ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE | ffi::SQLITE_IOERR_TRUNCATE,
        ) => StoreFault::Full,
        _ => StoreFault::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart() {
        for (code, fault) in [
            (ffi::SQLITE_BUSY, StoreFault::Busy),
            (ffi::SQLITE_BUSY_RECOVERY, StoreFault::Busy),
            (ffi::SQLITE_LOCKED, StoreFault::Busy),
            (ffi::SQLITE_FULL, StoreFault::Full),
            (ffi::SQLITE_IOERR_WRITE, StoreFault::Full),
            (ffi::SQLITE_IOERR_FSYNC, StoreFault::Failed),
            (ffi::SQLITE_CORRUPT, StoreFault::Failed),
            (ffi::SQLITE_CONSTRAINT, StoreFault::Failed),
        ] {
            let error = Error::SqliteFailure(ffi::Error::new(code), None);
            assert_eq!(fault_of(&error), fault, "{error}");
        }
        assert_eq!(fault_of(&Error::QueryReturnedNoRows), StoreFault::Failed);
    }
}
