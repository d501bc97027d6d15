use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::{env, fmt, fs, io};

use super::{ConfigError, Fault, KEYS};

/// Keys that begin so are ours alone: one that is not in [`KEYS`] is a mistake.
const OWN_PREFIX: &str = "ALPHA_KITE_";

/// The file that is read in the working folder.
const FILE: &str = ".env";

/// Where a value is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Not set anywhere.
    Default,
    /// The file `.env`.
    File,
    /// An environment variable.
    Environment,
    /// A flag of the command.
    Flag,
}

/// The texts that were set, by key, before they are understood.
///
/// `Debug` shows no value: some are secrets.
#[derive(Clone, Default)]
pub struct Settings {
    values: BTreeMap<String, (String, Origin)>,
    faults: Vec<Fault>,
}

impl Settings {
    /// Takes keys with their texts; of several texts for a key the later origin wins. Empty texts count as not set.
    pub fn new(values: impl IntoIterator<Item = (String, String, Origin)>) -> Self {
        let mut settings = Self::default();
        for (key, text, origin) in values {
            settings.set(key, text, origin);
        }
        settings
    }

    /// Reads `.env` in the working folder, if there is one, and the environment.
    ///
    /// What cannot be read becomes a fault, reported with all others by [`Config::read`](super::Config::read).
    pub fn load() -> Self {
        let mut settings = Self::default();
        settings.read_file(Path::new(FILE));
        settings.read_environment(env::vars_os());
        settings
    }

    /// Sets one key, unless a later origin has set it.
    pub fn set(&mut self, key: String, text: String, origin: Origin) {
        if !text.is_empty() && self.origin(&key) <= origin {
            self.values.insert(key, (text, origin));
        }
    }

    /// Where the value of `key` is from.
    pub fn origin(&self, key: &str) -> Origin {
        self.values.get(key).map_or(Origin::Default, |(_, origin)| *origin)
    }

    fn read_file(&mut self, path: &Path) {
        let fault = |key: String, what: String| Fault { key, origin: Origin::File, what };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return self.faults.push(fault(path.display().to_string(), error.to_string())),
        };
        for item in dotenvy::from_read_iter(text.as_bytes()) {
            match item {
                Ok((key, value)) => self.set(key, value, Origin::File),
                // The rest of a line that makes no sense. It may hold a secret, so the line's number stands for it.
                Err(dotenvy::Error::LineParse(rest, _)) => {
                    let number = text.lines().position(|line| line.trim_end().ends_with(rest.trim_end()));
                    let place = number.map_or(String::new(), |number| format!(" line {}", number + 1));
                    self.faults.push(fault(
                        format!("{}{place}", path.display()),
                        "is not of the form KEY=value; put a value with spaces, # or $ into single quotes".to_owned(),
                    ));
                }
                Err(_) => self.faults.push(fault(path.display().to_string(), "cannot be understood".to_owned())),
            }
        }
    }

    fn read_environment(&mut self, variables: impl Iterator<Item = (OsString, OsString)>) {
        for (key, value) in variables {
            let Ok(key) = key.into_string() else { continue };
            if !KEYS.contains(&key.as_str()) && !key.starts_with(OWN_PREFIX) {
                continue;
            }
            match value.into_string() {
                Ok(text) => self.set(key, text, Origin::Environment),
                Err(_) => {
                    let what = "is not UTF-8 text".to_owned();
                    self.faults.push(Fault { key, origin: Origin::Environment, what });
                }
            }
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::File => FILE,
            Self::Environment => "environment",
            Self::Flag => "flag",
        })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.values.iter().map(|(key, (_, origin))| (key, origin));
        f.debug_map().entries(keys).finish()
    }
}

/// Reads keys one by one and collects what is wrong with them.
pub(super) struct Reader<'a> {
    settings: &'a Settings,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    /// A reader that has already found what could not be read and every key of ours that does not exist.
    pub(super) fn new(settings: &'a Settings) -> Self {
        let unknown = settings
            .values
            .iter()
            .filter(|(key, _)| key.starts_with(OWN_PREFIX) && !KEYS.contains(&key.as_str()))
            .map(|(key, (_, origin))| Fault { key: key.clone(), origin: *origin, what: describe_unknown(key) });
        Self { settings, faults: settings.faults.iter().cloned().chain(unknown).collect() }
    }

    /// The value of `key` as `parse` understands it; `None` if it is not set, or wrong and noted.
    pub(super) fn read<T, E: fmt::Display>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let (text, _) = self.settings.values.get(key)?;
        match parse(text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(key, error.to_string());
                None
            }
        }
    }

    /// Whether `key` has a value, right or wrong.
    pub(super) fn is_set(&self, key: &str) -> bool {
        self.settings.values.contains_key(key)
    }

    /// Notes what is wrong with `key`.
    pub(super) fn fault(&mut self, key: &str, what: String) {
        self.faults.push(Fault { key: key.to_owned(), origin: self.settings.origin(key), what });
    }

    /// What was wrong, if anything was.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        if self.faults.is_empty() { Ok(()) } else { Err(ConfigError::new(self.faults)) }
    }
}

fn describe_unknown(key: &str) -> String {
    /// Edits that still count as a slip of the finger.
    const MAX_EDITS: usize = 3;
    let nearest = KEYS.into_iter().map(|known| (strsim::damerau_levenshtein(key, known), known)).min();
    match nearest {
        Some((edits, known)) if edits <= MAX_EDITS => format!("no such setting; did you mean {known}?"),
        _ => "no such setting; .env.example lists all".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_over_the_file_and_a_flag_over_both() {
        let all = |origins: &[Origin]| {
            Settings::new(origins.iter().map(|origin| ("BATCH_SIZE".to_owned(), origin.to_string(), *origin)))
        };
        for (origins, winner) in [
            (&[Origin::File][..], Origin::File),
            (&[Origin::File, Origin::Environment], Origin::Environment),
            (&[Origin::Environment, Origin::File], Origin::Environment),
            (&[Origin::Environment, Origin::Flag, Origin::File], Origin::Flag),
        ] {
            assert_eq!(all(origins).origin("BATCH_SIZE"), winner, "{origins:?}");
        }
    }

    #[test]
    fn faults_of_the_file_name_the_line_and_not_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        fs::write(&path, "# comment\nBATCH_SIZE='2'\nSCHWAB_APP_SECRET=hunter2 hunter3\nSTREAM_TICKER=SPY\n").unwrap();
        let mut settings = Settings::default();
        settings.read_file(&path);
        assert_eq!(settings.values["BATCH_SIZE"].0, "2");
        assert_eq!(settings.values["STREAM_TICKER"].0, "SPY");
        let faults: Vec<String> = settings.faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            faults,
            [format!(
                "{} line 3 (.env): is not of the form KEY=value; put a value with spaces, # or $ into single quotes",
                path.display()
            )]
        );
    }

    #[test]
    fn debug_shows_no_value() {
        let settings = Settings::new([("SCHWAB_APP_SECRET".to_owned(), "hunter2".to_owned(), Origin::File)]);
        assert_eq!(format!("{settings:?}"), "{\"SCHWAB_APP_SECRET\": File}");
    }
}
