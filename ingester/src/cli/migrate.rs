use std::io::{self, Write as _};

use super::args::Connection;
use super::{Exit, Failure};
use crate::store;

/// Bring the database's tables up to date; creates a SQLite file.
///
/// `replay` does it too. Migrations are applied all or none and lose nothing.
///
/// Example: alpha-kite migrate --database-url sqlite://alpha-kite.db
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(connection: &Connection) -> Result<Exit, Failure> {
    let url = connection.config()?.database.url;
    let store = store::open(&url).await?;
    let migrated = store.migrate().await?;
    store.close().await;

    let mut out = io::stdout().lock();
    for migration in &migrated.applied {
        writeln!(out, "applied {} {}", migration.version, migration.description)?;
    }
    writeln!(out, "{url}: {} applied, {} were there already", migrated.applied.len(), migrated.already)?;
    Ok(Exit::Done)
}
