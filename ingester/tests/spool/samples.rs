//! Batches to spool.

use alpha_kite::spool::{Spool, SpoolError};
use alpha_kite::store::{Batch, Row, Source, Tenure};
use alpha_kite_core::{Bar, Interval, Price, Ticker, Timestamp, Volume};

/// The batch of a number: it has `rows` rows, of which the first tells the number.
pub(crate) fn numbered(number: i64, rows: i64) -> Batch {
    let price = Price::from_micros(1_000_000 + number).unwrap();
    let row = |index: i64| Row {
        bar: Bar {
            start: Timestamp::from_millis(number * 1_000_000 + index * 1000),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: Volume::new(7).unwrap(),
        },
        bar_seconds: Interval::SECOND,
        source: Source::Stream,
    };
    Batch { rows: (0..rows).map(row).collect(), ..Batch::new(Ticker::parse("QQQ").unwrap()) }
}

/// Whose batches they are.
pub(crate) fn tenure() -> Tenure {
    Tenure { lease: "streamer".to_owned(), holder: "host/boot/1/a".to_owned(), number: 3 }
}

pub(crate) fn number_of(batches: &[Batch]) -> i64 {
    assert_eq!(batches.len(), 1);
    batches[0].rows[0].bar.start.as_millis() / 1_000_000
}

/// Takes everything out, and returns the numbers in order.
pub(crate) fn drain(spool: &mut Spool) -> Result<Vec<i64>, SpoolError> {
    let mut numbers = Vec::new();
    while let Some(pending) = spool.peek()? {
        assert_eq!(pending.tenure, tenure());
        spool.acknowledge(&pending)?;
        numbers.push(number_of(&pending.batches));
    }
    assert!(spool.is_empty());
    assert_eq!(spool.rows(), 0);
    Ok(numbers)
}
