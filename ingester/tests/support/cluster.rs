//! A throw-away PostgreSQL cluster.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, raw_sql};

use super::watchdog::{Watchdog, as_server_user};

/// A PostgreSQL server of the test's own, on a Unix socket in a folder of its own. It stops, and the folder goes,
/// when the value is dropped or the process ends.
pub(crate) struct Cluster {
    /// The folder of the server's socket.
    socket_folder: PathBuf,
    /// Ends a server of the test's own.
    watchdog: Option<Watchdog>,
}

impl Cluster {
    /// The one cluster that all tests of a program share. `ALPHA_KITE_TEST_PG` may give the socket folder of one that
    /// runs already, with a superuser `postgres` who needs no password; the tests leave their databases in it.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| match std::env::var_os("ALPHA_KITE_TEST_PG") {
            Some(folder) => Self { socket_folder: PathBuf::from(folder), watchdog: None },
            None => Self::start(),
        })
    }

    /// A cluster of one's own: for tests that create roles, which are the whole cluster's.
    pub(crate) fn start() -> Self {
        let programs = programs();
        let pg_ctl = programs.join("pg_ctl");
        let watchdog = Watchdog::start(&format!("'{}' -D \"$0/data\" -m immediate stop", pg_ctl.display()));
        let folder = &watchdog.folder;
        let data = folder.join("data");

        run(as_server_user(programs.join("initdb"))
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg(&data));
        let cluster = Self { socket_folder: folder.clone(), watchdog: Some(watchdog) };
        cluster.resume();
        cluster
    }

    /// Stops the server as a crash does, in the middle of whatever it does.
    pub(crate) fn crash(&self) {
        run(self.pg_ctl().args(["--mode=immediate", "stop"]));
    }

    /// Starts the server on what it left.
    pub(crate) fn resume(&self) {
        let folder = self.socket_folder.display();
        // Nothing here has to survive a power loss, so nothing waits for the disk.
        let settings = format!("-k '{folder}' -h '' -c fsync=off -c full_page_writes=off -c max_connections=200");
        let log = self.socket_folder.join("log");
        run(self.pg_ctl().arg("--log").arg(log).args(["--options", &settings]).arg("start"));
    }

    fn pg_ctl(&self) -> std::process::Command {
        assert!(self.watchdog.is_some(), "the server belongs to somebody else");
        let mut command = as_server_user(programs().join("pg_ctl"));
        command.arg("--wait").arg("--pgdata").arg(self.socket_folder.join("data"));
        command
    }

    /// The URL of a database for a user.
    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        let host = self.socket_folder.display().to_string().replace('/', "%2F");
        format!("postgres://{user}@{host}/{database}")
    }

    /// The folder of the server's socket.
    pub(crate) fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    /// A connection as superuser.
    pub(crate) async fn connect(&self, database: &str) -> PgConnection {
        PgConnection::connect(&self.url("postgres", database)).await.unwrap()
    }

    /// Creates an empty database and returns its name.
    pub(crate) async fn create_database(&self) -> String {
        static CREATED: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), CREATED.fetch_add(1, Ordering::Relaxed));
        let mut connection = self.connect("postgres").await;
        raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await.unwrap();
        name
    }
}

/// The folder of PostgreSQL's programs: the newest of Debian's, else one on `PATH`.
fn programs() -> PathBuf {
    let version = |folder: &Path| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let mut debian: Vec<PathBuf> =
        Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    debian.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian
        .into_iter()
        .map(|folder| folder.join("bin"))
        .chain(std::env::split_paths(&path))
        .find(|programs| programs.join("initdb").exists() && programs.join("postgres").exists())
        .expect("PostgreSQL is not installed: run `make test`, which installs it")
}

fn run(command: &mut std::process::Command) {
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(output.success(), "{command:?} failed: {output}");
}
