//! Makes sure that what a test starts ends with it, however it ends.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder, and a shell that waits until the test process is gone, runs a last command and removes the folder.
///
/// The shell reads a pipe whose other end this process holds. The kernel closes that end when the process ends, be
/// it by a panic or by `kill -9`, so nothing depends on destructors, which statics do not run.
pub(crate) struct Watchdog {
    pub(crate) folder: PathBuf,
    shell: Child,
}

impl Watchdog {
    /// Watches over a new folder; `last_words` is a shell command that finds the folder in `$0`.
    pub(crate) fn start(last_words: &str) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let name = format!("alpha-kite-{}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        if let Some((user, group)) = server_user() {
            chown(&folder, Some(user), Some(group)).unwrap();
        }
        let shell = as_server_user("sh")
            .arg("-c")
            .arg(format!("cat; {last_words}; cd /; rm -rf \"$0\""))
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        Self { folder, shell }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        self.shell.wait().unwrap();
    }
}

/// A command that runs as a user whom PostgreSQL and pgbouncer accept: they refuse root.
pub(crate) fn as_server_user(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    if let Some((user, group)) = server_user() {
        command.uid(user).gid(group);
    }
    command.current_dir("/");
    command
}

/// User and group `postgres` when this process is root's; `None` when it is anybody else's.
fn server_user() -> Option<(u32, u32)> {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !is_root {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let fields = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields[0] == "postgres")
        .expect("there is no user postgres: run `make test`, which installs PostgreSQL");
    Some((fields[2].parse().unwrap(), fields[3].parse().unwrap()))
}
