//! The address of a database, never shown with its password.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use url::Url;

use super::DatabaseUrlError;

/// What may follow the `?` of a PostgreSQL URL; everything else there is for other programs and left out.
const POSTGRES_PARAMETERS: [&str; 15] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

/// Where the database is: `postgres://user:password@host:port/database?sslmode=require` or `sqlite://path`.
///
/// A path is taken as it stands, relative to the working folder or absolute (`sqlite:///var/lib/rows.db`).
/// `Display` and `Debug` never show the password.
///
/// # Examples
/// ```
/// use alpha_kite::store::DatabaseUrl;
///
/// let url: DatabaseUrl = "postgres://kite:secret@db.example:6543/postgres".parse()?;
/// assert_eq!(url.to_string(), "postgres://kite@db.example:6543/postgres");
/// # Ok::<(), alpha_kite::store::DatabaseUrlError>(())
/// ```
#[derive(Clone)]
pub struct DatabaseUrl(Target);

/// The database that a URL names.
#[derive(Clone)]
pub(super) enum Target {
    Postgres(Box<PgConnectOptions>),
    Sqlite(PathBuf),
}

impl DatabaseUrl {
    /// The SQLite database in the file `path`.
    pub fn sqlite(path: impl AsRef<Path>) -> Self {
        Self(Target::Sqlite(path.as_ref().to_path_buf()))
    }

    /// Whether it is a SQLite file.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        matches!(self.target(), Target::Sqlite(_))
    }

    pub(super) fn target(&self) -> &Target {
        &self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        let (scheme, rest) = text.split_once(':').ok_or(DatabaseUrlError::Scheme)?;
        match scheme {
            "postgres" | "postgresql" if rest.starts_with("//") => {
                parse_postgres(text).map(|options| Self(Target::Postgres(Box::new(options))))
            }
            "sqlite" => parse_sqlite(rest).map(|path| Self(Target::Sqlite(path))),
            "postgres" | "postgresql" => Err(DatabaseUrlError::Postgres),
            _ => Err(DatabaseUrlError::Scheme),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = match &self.0 {
            Target::Sqlite(path) => return write!(f, "sqlite://{}", path.display()),
            Target::Postgres(options) => options,
        };
        write!(f, "postgres://{}@", options.get_username())?;
        match options.get_socket() {
            Some(folder) => write!(f, "{}", folder.display())?,
            None => f.write_str(options.get_host())?,
        }
        write!(f, ":{}/{}", options.get_port(), options.get_database().unwrap_or_default())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

fn parse_postgres(text: &str) -> Result<PgConnectOptions, DatabaseUrlError> {
    let mut url = Url::parse(text).map_err(|_| DatabaseUrlError::Postgres)?;

    // A raw '/', '?' or '#' ends the password early and makes its rest a path, parameters or a fragment, which
    // would then be shown. The '@' of the host gives that away.
    let tail = &url[url::Position::BeforePath..];
    if tail.contains('@') || url.fragment().is_some() {
        return Err(DatabaseUrlError::Postgres);
    }

    let known: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| POSTGRES_PARAMETERS.contains(&key.as_ref()))
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    if !known.is_empty() {
        url.query_pairs_mut().extend_pairs(known);
    }
    PgConnectOptions::from_str(url.as_str()).map_err(|_| DatabaseUrlError::Postgres)
}

fn parse_sqlite(rest: &str) -> Result<PathBuf, DatabaseUrlError> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path == ":memory:" {
        return Err(DatabaseUrlError::Memory);
    }
    if path.is_empty() || path.contains('?') {
        return Err(DatabaseUrlError::Sqlite);
    }
    Ok(PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_never_shown() {
        let cases = [
            ("postgres://kite:hunter2@db.example/rows", "postgres://kite@db.example:5432/rows"),
            ("postgresql://kite:hunter2@db.example:6543/rows?sslmode=require", "postgres://kite@db.example:6543/rows"),
            ("postgres://kite@db.example/rows?password=hunter2", "postgres://kite@db.example:5432/rows"),
            ("postgres://kite:hunter2@%2Frun%2Fpg/rows", "postgres://kite@/run/pg:5432/rows"),
            ("postgres://kite:hunter2@db.example/rows?pgbouncer=true&supa=x", "postgres://kite@db.example:5432/rows"),
            ("postgres://kite:h%40unter2@[::1]:1/rows", "postgres://kite@[::1]:1/rows"),
        ];
        for (text, shown) in cases {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), shown, "{text}");
            assert_eq!(format!("{url:?}"), format!("DatabaseUrl({shown})"), "{text}");
        }
    }

    #[test]
    fn sqlite_paths_are_taken_as_they_stand() {
        for (text, path) in [
            ("sqlite://alpha-kite.db", "alpha-kite.db"),
            ("sqlite:alpha-kite.db", "alpha-kite.db"),
            ("sqlite:///var/lib/a b%20c.db", "/var/lib/a b%20c.db"),
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), format!("sqlite://{path}"));
        }
    }

    #[test]
    fn refusals_do_not_repeat_the_input() {
        let cases = [
            "hunter2",
            "",
            "mysql://kite:hunter2@db/rows",
            "postgres:hunter2",
            "postgres://kite:12/hunter2@db.example/rows",
            "postgres://kite:12?hunter2@db.example/rows",
            "postgres://kite:12#hunter2@db.example/rows",
            "postgres://kite:hunter2@db.example:port/rows",
            "postgres://kite@db.example/rows?sslmode=hunter2",
            "sqlite://",
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite://rows.db?mode=hunter2",
        ];
        for text in cases {
            let error = text.parse::<DatabaseUrl>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}: {error}");
        }
    }
}
