use std::path::PathBuf;

use crate::store::DatabaseUrl;

use super::settings::Reader;

pub(super) const URL: &str = "DATABASE_URL";
pub(super) const SPOOL: &str = "ALPHA_KITE_SPOOL";

/// The file that is used where nothing is set.
const DEFAULT_FILE: &str = "alpha-kite.db";

/// Where data is stored.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// The database. `DATABASE_URL`: `sqlite://path` or `postgres://user:password@host:port/database`. Default
    /// `sqlite://alpha-kite.db`, a file in the working folder.
    pub url: DatabaseUrl,
    /// The folder in which rows wait while the database is away. `ALPHA_KITE_SPOOL`. Default `alpha-kite-spool` in the
    /// working folder.
    pub spool: PathBuf,
}

impl DatabaseConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let url = reader.read(URL, str::parse).unwrap_or_else(|| DatabaseUrl::sqlite(DEFAULT_FILE));
        let spool = reader.read(SPOOL, |text| Ok::<_, String>(PathBuf::from(text)));
        Self { url, spool: spool.unwrap_or_else(|| "alpha-kite-spool".into()) }
    }
}
