//! Fresh databases.

use std::fmt;
use std::path::Path;

use crate::support::Cluster;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub(crate) const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// The address of a new database.
pub(crate) async fn url(engine: Engine, folder: &Path) -> String {
    match engine {
        Engine::Sqlite => format!("sqlite://{}", folder.join("live.db").display()),
        Engine::Postgres => {
            let cluster = Cluster::shared();
            cluster.url("postgres", &cluster.create_database().await)
        }
    }
}

/// A new database in the words of the peer.
pub(crate) async fn for_peer(engine: Engine, folder: &Path) -> String {
    match engine {
        Engine::Sqlite => folder.join("peer.db").display().to_string(),
        Engine::Postgres => {
            let cluster = Cluster::shared();
            let name = cluster.create_database().await;
            format!("host={} user=postgres dbname={name}", cluster.socket_folder().display())
        }
    }
}
