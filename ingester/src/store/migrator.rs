//! Applies the migrations, all that are missing or none.
//!
//! sqlx's own runner holds a session lock and prepares statements, which a pooler in transaction mode does not
//! carry from one statement to the next. This one does everything in one transaction, in plain text.

use sqlx::migrate::{Migration, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection as _, Row as _, raw_sql};

use super::MigrationError;

static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");
static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");

/// What a call of [`Store::migrate`](super::Store::migrate) did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// What it applied, in order; empty when the database was up to date.
    pub applied: Vec<Applied>,
    /// How many migrations were there before.
    pub already: usize,
}

/// One applied migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// When it was written: `YYYYMMDDHHMMSS`.
    pub version: i64,
    /// What it does, from the file's name.
    pub description: String,
}

/// Why migrating stopped: the list disagrees, or the database said no.
pub(super) enum Stop {
    List(MigrationError),
    Sql(sqlx::Error),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

pub(super) async fn migrate_postgres(connection: &mut PgConnection) -> Result<Migrated, Stop> {
    let mut transaction = connection.begin().await?;
    // The lock ends with the transaction, so it holds through a pooler too. The number is any that nobody else uses.
    raw_sql(
        "set local client_min_messages = warning;
         set local lock_timeout = 0;
         set local statement_timeout = 0;
         select pg_advisory_xact_lock(4703919737795216459);
         create table if not exists alpha_kite_migrations (
             version     bigint      not null constraint alpha_kite_migrations_key primary key,
             description text        not null,
             checksum    text        not null,
             applied_at  timestamptz not null default now()
         );
         alter table alpha_kite_migrations enable row level security;",
    )
    .execute(&mut *transaction)
    .await?;
    let applied = raw_sql("select version, checksum from alpha_kite_migrations order by version")
        .fetch_all(&mut *transaction)
        .await?;
    let applied: Vec<(i64, String)> =
        applied.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?;
    let missing = missing(&POSTGRES, &applied).map_err(Stop::List)?;
    for migration in &missing {
        raw_sql(migration.sql.clone()).execute(&mut *transaction).await.map_err(|error| failed(migration, error))?;
        raw_sql(AssertSqlSafe(record(migration))).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(migrated(&missing, applied.len()))
}

pub(super) async fn migrate_sqlite(connection: &mut SqliteConnection) -> Result<Migrated, Stop> {
    let mut transaction = connection.begin_with("begin immediate").await?;
    raw_sql(
        "create table if not exists alpha_kite_migrations (
             version     integer not null constraint alpha_kite_migrations_key primary key,
             description text    not null,
             checksum    text    not null,
             applied_at  integer not null default (cast(round(unixepoch('subsec') * 1000) as integer))
         ) strict;",
    )
    .execute(&mut *transaction)
    .await?;
    let applied = raw_sql("select version, checksum from alpha_kite_migrations order by version")
        .fetch_all(&mut *transaction)
        .await?;
    let applied: Vec<(i64, String)> =
        applied.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?;
    let missing = missing(&SQLITE, &applied).map_err(Stop::List)?;
    for migration in &missing {
        raw_sql(migration.sql.clone()).execute(&mut *transaction).await.map_err(|error| failed(migration, error))?;
        raw_sql(AssertSqlSafe(record(migration))).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(migrated(&missing, applied.len()))
}

/// The migrations to apply, in order, after comparing those that are applied with the files.
fn missing<'m>(known: &'m Migrator, applied: &[(i64, String)]) -> Result<Vec<&'m Migration>, MigrationError> {
    for &(version, ref applied_checksum) in applied {
        let migration =
            known.iter().find(|known| known.version == version).ok_or(MigrationError::Unknown { version })?;
        if checksum(migration) != *applied_checksum {
            return Err(MigrationError::Changed { version });
        }
    }
    Ok(known.iter().filter(|known| applied.iter().all(|&(version, _)| version != known.version)).collect())
}

/// The statement that notes a migration as applied. Its text is made of file names and hex digits of this build.
fn record(migration: &Migration) -> String {
    format!(
        "insert into alpha_kite_migrations (version, description, checksum) values ({}, '{}', '{}')",
        migration.version,
        migration.description.replace('\'', "''"),
        checksum(migration)
    )
}

/// SHA-384 of the file, in hex.
fn checksum(migration: &Migration) -> String {
    migration.checksum.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn failed(migration: &Migration, source: sqlx::Error) -> Stop {
    // A broken connection says nothing about the migration.
    if source.as_database_error().is_none() {
        return Stop::Sql(source);
    }
    Stop::List(MigrationError::Failed { version: migration.version, source })
}

fn migrated(applied: &[&Migration], already: usize) -> Migrated {
    let applied = applied
        .iter()
        .map(|migration| Applied { version: migration.version, description: migration.description.to_string() })
        .collect();
    Migrated { applied, already }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dialects_have_the_same_list() {
        let list = |migrator: &Migrator| -> Vec<(i64, String)> {
            migrator.iter().map(|migration| (migration.version, migration.description.to_string())).collect()
        };
        assert_eq!(list(&POSTGRES), list(&SQLITE));
        assert!(list(&POSTGRES).is_sorted());
        assert!(!list(&POSTGRES).is_empty());
    }

    #[test]
    fn only_what_is_missing_is_applied_and_only_on_the_same_files() {
        let all: Vec<(i64, String)> =
            POSTGRES.iter().map(|migration| (migration.version, checksum(migration))).collect();
        let count = |applied: &[(i64, String)]| missing(&POSTGRES, applied).map(|missing| missing.len());

        assert_eq!(count(&[]).unwrap(), all.len());
        assert_eq!(count(&all[..1]).unwrap(), all.len() - 1);
        assert_eq!(count(&all).unwrap(), 0);

        let changed = [(all[0].0, all[1].1.clone())];
        assert!(matches!(count(&changed), Err(MigrationError::Changed { version }) if version == all[0].0));
        let newer = [(99_991_231_000_000, String::new())];
        assert!(matches!(count(&newer), Err(MigrationError::Unknown { version: 99_991_231_000_000 })));
    }
}
