//! One fresh database with a store in front of it and a way past the store.

use std::sync::OnceLock;

use alpha_kite::store::{DatabaseUrl, Store, open};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, raw_sql};
use tempfile::TempDir;

use super::{Cluster, Pgbouncer};

/// Where a fixture's database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A file.
    Sqlite,
    /// A server, directly.
    Postgres,
    /// A server behind a pooler in transaction mode.
    Pooler,
}

/// A store on a database of its own.
pub(crate) struct Fixture {
    pub(crate) engine: Engine,
    pub(crate) store: Box<dyn Store>,
    pub(crate) url: DatabaseUrl,
    /// The address without the store and without the pooler.
    direct: String,
    _folder: Option<TempDir>,
}

impl Fixture {
    /// A migrated database.
    pub(crate) async fn new(engine: Engine) -> Self {
        let fixture = Self::empty(engine).await;
        fixture.store.migrate().await.unwrap();
        fixture
    }

    /// A database without a table; for SQLite without a file.
    pub(crate) async fn empty(engine: Engine) -> Self {
        static POOLER: OnceLock<Pgbouncer> = OnceLock::new();
        let (url, direct, folder) = match engine {
            Engine::Sqlite => {
                let folder = TempDir::new().unwrap();
                let path = folder.path().join("rows.db").display().to_string();
                (format!("sqlite://{path}"), path, Some(folder))
            }
            Engine::Postgres | Engine::Pooler => {
                let cluster = Cluster::shared();
                let database = cluster.create_database().await;
                let direct = cluster.url("postgres", &database);
                let url = match engine {
                    Engine::Pooler => POOLER.get_or_init(|| Pgbouncer::start(cluster)).url(&database),
                    Engine::Postgres | Engine::Sqlite => direct.clone(),
                };
                (url, direct, None)
            }
        };
        let url: DatabaseUrl = url.parse().unwrap();
        let store = open(&url).await.unwrap();
        Self { engine, store, url, direct, _folder: folder }
    }

    /// Runs SQL past the store; the error is the database's text.
    pub(crate) async fn execute(&self, sql: &str) -> Result<(), String> {
        self.query(sql).await.map(drop)
    }

    /// Runs SQL past the store. Every column of the answer must be text.
    pub(crate) async fn query(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        let sql = raw_sql(AssertSqlSafe(sql.to_owned()));
        match self.engine {
            Engine::Sqlite => {
                let mut connection = self.sqlite().await;
                let rows = sql.fetch_all(&mut connection).await.map_err(|error| error.to_string())?;
                connection.close().await.unwrap();
                Ok(rows.iter().map(|row| (0..row.len()).map(|index| row.get(index)).collect()).collect())
            }
            Engine::Postgres | Engine::Pooler => {
                let mut connection = PgConnection::connect(&self.direct).await.unwrap();
                let rows = sql.fetch_all(&mut connection).await.map_err(|error| error.to_string())?;
                Ok(rows.iter().map(|row| (0..row.len()).map(|index| row.get(index)).collect()).collect())
            }
        }
    }

    /// Every value of every table, hidden columns included, as text.
    pub(crate) async fn dump(&self) -> Vec<Vec<Option<String>>> {
        let tables = ["equity_data", "indicators", "signals", "gaps", "session_digests", "alpha_kite_migrations"];
        let mut dump = Vec::new();
        for table in tables {
            let sql = match self.engine {
                Engine::Sqlite => {
                    let sql = format!(
                        "select group_concat('quote(\"' || name || '\")', ' || '','' || ') from pragma_table_info('{table}')"
                    );
                    let columns = self.query(&sql).await.unwrap()[0][0].clone().unwrap();
                    format!("select {columns} from {table} order by 1")
                }
                Engine::Postgres | Engine::Pooler => format!("select {table}::text from {table} order by 1"),
            };
            dump.extend(self.query(&sql).await.unwrap());
        }
        dump
    }

    /// Takes SQLite's write lock past the store, until the connection is closed: whoever writes waits.
    pub(crate) async fn lock(&self) -> SqliteConnection {
        let mut connection = self.sqlite().await;
        raw_sql("begin immediate").execute(&mut connection).await.unwrap();
        connection
    }

    async fn sqlite(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(&self.direct).disable_statement_logging().connect().await.unwrap()
    }
}
