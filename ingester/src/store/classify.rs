//! What a driver's error means for the caller.

use sqlx::Error;
use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

use super::StoreError;

/// Sorts a driver's error into the variants of [`StoreError`].
pub(super) fn classify(database: &str, source: Error) -> StoreError {
    let database = database.to_owned();
    let sort = if let Error::Database(error) = &source {
        match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => sort_postgres(error.code()),
            None => sort_sqlite(error.as_ref()),
        }
    } else if is_connection_lost(&source) {
        Sort::Unreachable
    } else if matches!(source, Error::Decode(_) | Error::ColumnDecode { .. }) {
        Sort::Corrupt
    } else {
        Sort::Other
    };
    match sort {
        Sort::Unreachable => StoreError::Unreachable { database, source },
        Sort::Busy => StoreError::Busy { database, source },
        Sort::LeaseLost => StoreError::LeaseLost,
        Sort::AccessDenied => StoreError::AccessDenied { database, source },
        Sort::NotMigrated => StoreError::NotMigrated { database },
        Sort::ReadOnly => StoreError::ReadOnly { database, source },
        Sort::DiskFull => StoreError::DiskFull { database, source },
        Sort::Corrupt => StoreError::Corrupt { database, what: source.to_string() },
        Sort::Other => StoreError::Database { database, source },
    }
}

fn is_connection_lost(error: &Error) -> bool {
    matches!(error, Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::WorkerCrashed | Error::BeginFailed)
}

/// The variant that an error becomes.
enum Sort {
    Unreachable,
    Busy,
    LeaseLost,
    AccessDenied,
    NotMigrated,
    ReadOnly,
    DiskFull,
    Corrupt,
    Other,
}

/// By SQLSTATE, the five characters of PostgreSQL's appendix A, and those that the migrations make.
fn sort_postgres(code: &str) -> Sort {
    match code {
        // what `require_lease` raises
        "KITE1" => Sort::LeaseLost,
        // undefined table, undefined column, undefined function
        "42P01" | "42703" | "42883" => Sort::NotMigrated,
        // insufficient privilege, no such database
        "42501" | "3D000" => Sort::AccessDenied,
        "25006" => Sort::ReadOnly,
        "53100" => Sort::DiskFull,
        // data corrupted, index corrupted
        "XX001" | "XX002" => Sort::Corrupt,
        // serialization failure, deadlock, lock not available
        "40001" | "40P01" | "55P03" => Sort::Busy,
        // too many connections; the server is stopping, crashed or starting
        "53300" | "57P01" | "57P02" | "57P03" => Sort::Unreachable,
        _ if code.starts_with("08") => Sort::Unreachable,
        _ if code.starts_with("28") => Sort::AccessDenied,
        _ => Sort::Other,
    }
}

/// By the low byte of SQLite's extended result code, and by the message where that says no more than "error".
fn sort_sqlite(error: &dyn DatabaseError) -> Sort {
    let code = error.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
    let is_schema =
        ["no such table", "no such column", "has no column named"].iter().any(|start| error.message().contains(start));
    match code & 0xff {
        1 if is_schema => Sort::NotMigrated,
        3 | 23 => Sort::AccessDenied,
        5 | 6 => Sort::Busy,
        8 => Sort::ReadOnly,
        // input or output failed, cannot open
        10 | 14 => Sort::Unreachable,
        // malformed, not a database
        11 | 26 => Sort::Corrupt,
        13 => Sort::DiskFull,
        _ => Sort::Other,
    }
}
