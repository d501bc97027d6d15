//! A pooler in transaction mode, as hosted PostgreSQL puts in front of its databases.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::cluster::Cluster;
use super::watchdog::{Watchdog, as_server_user};

/// Debian's pgbouncer before a cluster. It hands every transaction to the server connection that was idle longest, so
/// whatever a client leaves behind in a session is soon found missing, or found by somebody else.
pub(crate) struct Pgbouncer {
    address: String,
    _watchdog: Watchdog,
}

impl Pgbouncer {
    pub(crate) fn start(cluster: &Cluster) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = std::env::split_paths(&path)
            .chain([PathBuf::from("/usr/sbin")])
            .map(|folder| folder.join("pgbouncer"))
            .find(|program| program.exists())
            .expect("pgbouncer is not installed: run `make test`, which installs it");
        let watchdog = Watchdog::start("kill $(cat \"$0/pid\")");
        let folder = &watchdog.folder;
        let settings = format!(
            "[databases]\n* = host={server}\n[pgbouncer]\npool_mode = transaction\nserver_round_robin = 1\n\
             default_pool_size = 3\nmin_pool_size = 3\nmax_client_conn = 200\nauth_type = trust\n\
             auth_file = {folder}/users\nunix_socket_dir = {folder}\nlisten_port = 6432\nlogfile = {folder}/log\n\
             pidfile = {folder}/pid\n",
            server = cluster.socket_folder().display(),
            folder = folder.display(),
        );
        std::fs::write(folder.join("users"), "\"postgres\" \"\"\n").unwrap();
        std::fs::write(folder.join("pgbouncer.ini"), settings).unwrap();
        let status = as_server_user(program)
            .arg("--daemon")
            .arg("--quiet")
            .arg(folder.join("pgbouncer.ini"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "pgbouncer did not start: {status}");

        let socket = folder.join(".s.PGSQL.6432");
        let started = Instant::now();
        while UnixStream::connect(&socket).is_err() {
            assert!(started.elapsed() < Duration::from_secs(10), "pgbouncer does not listen");
            sleep(Duration::from_millis(5));
        }
        let address = folder.display().to_string().replace('/', "%2F");
        Self { address, _watchdog: watchdog }
    }

    /// The URL of a database through the pooler.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}:6432/{database}", self.address)
    }
}
