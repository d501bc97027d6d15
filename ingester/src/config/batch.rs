use std::time::Duration;

use super::settings::Reader;

pub(super) const SIZE: &str = "BATCH_SIZE";
pub(super) const INTERVAL: &str = "BATCH_INTERVAL";

/// When rows that are ready are written: at whichever of the two comes first.
#[derive(Debug, Clone)]
pub struct BatchConfig {
    /// Rows that trigger a write. `BATCH_SIZE`: 1 to 10000. Default 1.
    pub size: u32,
    /// Time after which waiting rows are written. `BATCH_INTERVAL`: whole seconds, 1 to 3600. Default 1 s.
    pub interval: Duration,
}

impl BatchConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let size = reader.read(SIZE, |text| parse_whole(text, "rows", 10_000)).unwrap_or(1);
        let seconds = reader.read(INTERVAL, |text| parse_whole(text, "seconds", 3600)).unwrap_or(1);
        Self { size, interval: Duration::from_secs(u64::from(seconds)) }
    }
}

fn parse_whole(text: &str, unit: &str, max: u32) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=max).contains(number));
    number.ok_or_else(|| format!("{text:?} is not a whole number of {unit} from 1 to {max}"))
}
