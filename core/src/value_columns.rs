//! The values of many bars in vectors.

use alloc::vec;
use alloc::vec::Vec;

use crate::columns::{ABSENT, Columns, Values};
use crate::engine::SessionEngine;
use crate::error::Result;
use crate::rule::Rule;
use crate::timestamp::Timestamp;

/// The values of each row, for callers that bring no columns to fill. Needs the feature `alloc`.
#[derive(Clone, Debug, Default)]
pub struct ValueColumns {
    /// SMA9 in dollars, [`ABSENT`] before the ninth bar of a session.
    pub sma9: Vec<f64>,
    /// Session VWAP in dollars, [`ABSENT`] while the session's volume is 0.
    pub vwap: Vec<f64>,
    /// 1 for a cross up, -1 for a cross down, 0 for none.
    pub cross: Vec<i8>,
}

impl ValueColumns {
    /// Computes the values of bars in order of time. Rows may span sessions and stand outside them.
    ///
    /// # Errors
    /// Those of [`SessionEngine::push_columns`].
    pub fn compute(rule: Rule, starts: &[Timestamp], columns: &Columns<'_>) -> Result<Self> {
        let rows = starts.len();
        let mut values = Self { sma9: vec![ABSENT; rows], vwap: vec![ABSENT; rows], cross: vec![0; rows] };
        let Self { sma9, vwap, cross } = &mut values;
        SessionEngine::new(rule).push_columns(starts, columns, &mut Values { sma9, vwap, cross })?;
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Price, Volume};

    #[test]
    fn fills_columns_of_its_own() {
        let starts: Vec<_> = (0..10).map(|second| Timestamp::from_millis(1_549_895_400_000 + second * 1000)).collect();
        let (closes, volumes) = ([Price::MAX; 10], [Volume::new(1).unwrap(); 10]);
        let columns = Columns { closes: &closes, volumes: &volumes, highs_lows: None };
        let values = ValueColumns::compute(Rule::Close, &starts, &columns).unwrap();
        assert_eq!((values.sma9[7].to_bits(), values.sma9[8]), (ABSENT.to_bits(), 1e7));
        assert_eq!((values.vwap, values.cross), (vec![1e7; 10], vec![0; 10]));
        let short = ValueColumns::compute(Rule::Close, &starts[1..], &columns);
        assert_eq!(short.err(), Some(Error::ColumnLengths { expected: 10, found: 9 }));
        assert_eq!(ValueColumns::compute(Rule::Hlc3, &starts, &columns).err(), Some(Error::MissingRange));
    }
}
