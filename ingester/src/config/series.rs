use alpha_kite_core::{Interval, Rule};

use super::settings::Reader;

pub(super) const INTERVALS: &str = "ALPHA_KITE_INTERVALS";
pub(super) const BASIS: &str = "ALPHA_KITE_BASIS";

/// How the default is shown.
const DEFAULT_TEXT: &str = "the rows' own and 1m";

/// Which series are computed from the rows and stored.
#[derive(Debug, Clone)]
pub struct SeriesConfig {
    /// The intervals, each once, ascending; `None` for the rows' own bar and one minute. `ALPHA_KITE_INTERVALS`: a comma
    /// list of `1s` and whole minutes up to a day (`1m`, `5m`, `1h`).
    pub intervals: Option<Vec<Interval>>,
    /// What the VWAP weighs. `ALPHA_KITE_BASIS`: close or hlc3. Default close.
    pub rule: Rule,
}

impl SeriesConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            intervals: reader.read(INTERVALS, parse_intervals),
            rule: reader.read(BASIS, parse_basis).unwrap_or_default(),
        }
    }

    pub(super) fn text(&self) -> String {
        match &self.intervals {
            Some(intervals) => intervals.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            None => DEFAULT_TEXT.to_owned(),
        }
    }
}

fn parse_basis(text: &str) -> Result<Rule, String> {
    let rule = [Rule::Close, Rule::Hlc3].into_iter().find(|rule| rule.basis() == text);
    rule.ok_or_else(|| format!("{text:?} is neither close nor hlc3"))
}

fn parse_intervals(text: &str) -> Result<Vec<Interval>, String> {
    let mut intervals = Vec::new();
    for name in text.split(',').map(str::trim) {
        intervals.push(Interval::parse(name).map_err(|error| format!("{name:?}: {error}"))?);
    }
    intervals.sort_unstable();
    intervals.dedup();
    Ok(intervals)
}
