//! Runs the program in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder in which the program runs, without any setting from outside.
pub(crate) struct Kite {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Kite {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), environment: Vec::new() }
    }

    /// With an environment variable.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.environment.push((key.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// The program with arguments split at spaces, not started yet.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_alpha-kite"));
        command
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Ran {
        let output = self.command(line).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs, expects exit code 0, and returns standard output.
    #[track_caller]
    pub(crate) fn done(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.code, 0, "{line}\n{}{}", ran.out, ran.err);
        ran.out
    }

    /// Runs, expects an exit code and nothing on standard output, and returns standard error.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{line}\n{}", ran.err);
        ran.err
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path("alpha-kite.db")
    }
}

/// The value behind `"key":` in one-line JSON, everywhere it occurs.
pub(crate) fn json_values(json: &str, key: &str) -> Vec<String> {
    fn collect(value: &serde_json::Value, key: &str, found: &mut Vec<String>) {
        let children: Vec<&serde_json::Value> = match (value.as_object(), value.as_array()) {
            (Some(map), _) => map.values().collect(),
            (_, Some(list)) => list.iter().collect(),
            _ => Vec::new(),
        };
        found.extend(value.get(key).map(|value| value.to_string().trim_matches('"').to_owned()));
        children.into_iter().for_each(|child| collect(child, key, found));
    }
    let mut found = Vec::new();
    collect(&serde_json::from_str(json).unwrap(), key, &mut found);
    found
}

/// A copy of a file under another name in the same folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
}
