//! The tables, version by version.
//!
//! Never changes a version that was released: a change is a further one. A file of a newer version
//! than this server knows is left alone.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::problem::Problem;

/// "Tick" in ASCII: marks a file as a store of this server.
const APPLICATION: i32 = 0x5469_636B;

/// What leads from each version to the next; the first makes the tables.
const MIGRATIONS: [&str; 5] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
];

/// Makes what is missing, one version at a time.
pub(super) fn bring_up_to_date(connection: &mut Connection) -> Result<(), Problem> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version_of(&transaction)?;
    let known = i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX);
    if version > known {
        return Err(Problem::Newer { version, known });
    }
    for (next, migration) in (1..).zip(MIGRATIONS) {
        if next > version {
            transaction.execute_batch(migration)?;
            transaction.pragma_update(None, "user_version", next)?;
        }
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    Ok(transaction.commit()?)
}

fn version_of(transaction: &Transaction<'_>) -> Result<i32, Problem> {
    let number = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let fresh = application == 0 && version == 0 && tables == 0;
    if application != APPLICATION && !fresh {
        return Err(Problem::Foreign);
    }
    Ok(version)
}
