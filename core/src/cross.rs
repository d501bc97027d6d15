//! SMA9 crossing the session VWAP.

use core::cmp::Ordering;
use core::fmt;
use core::hint::select_unpredictable;

use crate::error::{Error, Result};

/// The way a cross goes.
///
/// Its numbers have 1 and -1 in the lower byte, and leave 0 to the compiler for `None`: the sign of an `Option` costs nothing then. They
/// have 32 bits since the compiler loads as many; it would wait for narrower ones that were stored just before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Direction {
    /// SMA9 went from below the VWAP to above it.
    Up = 1,
    /// SMA9 went from above the VWAP to below it.
    Down = 0xff,
}

impl Direction {
    /// `up` or `down`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    /// Reads `up` or `down`.
    ///
    /// # Errors
    /// [`Error::UnknownName`] for any other text.
    pub fn parse(text: &str) -> Result<Self> {
        [Self::Up, Self::Down].into_iter().find(|direction| direction.as_str() == text).ok_or(Error::UnknownName)
    }

    /// Up for a positive sign, down for a negative one.
    #[inline]
    pub(crate) const fn from_sign(sign: i64) -> Option<Self> {
        match sign {
            0 => None,
            1.. => Some(Self::Up),
            _ => Some(Self::Down),
        }
    }

    /// 1 for up, -1 for down.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "the lower byte is asked for")]
    pub const fn as_sign(self) -> i8 {
        (self as u8).cast_signed()
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Finds the crosses of one session from the sign of SMA9 - VWAP, bar by bar.
///
/// A zero sign is skipped. A non-zero sign that differs from the last non-zero sign is a cross; the first one is none.
/// So directions alternate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CrossDetector {
    /// The side of the VWAP that SMA9 was on last, `None` before the first.
    side: Option<Direction>,
}

impl CrossDetector {
    /// A detector that has seen no side yet: the state at a session's open.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_side(None)
    }

    /// A detector whose last non-zero sign was `side`.
    #[must_use]
    pub const fn with_side(side: Option<Direction>) -> Self {
        Self { side }
    }

    /// The side of the VWAP that SMA9 was on last, `None` before the first non-zero sign.
    #[inline]
    #[must_use]
    pub const fn side(self) -> Option<Direction> {
        self.side
    }

    /// Takes how SMA9 compares with the VWAP at one bar, and returns the cross that this bar confirms.
    #[inline]
    pub fn push(&mut self, sma_to_vwap: Ordering) -> Option<Direction> {
        self.push_lead(match sma_to_vwap {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        })
    }

    /// The same, of any number that has the sign of SMA9 - VWAP.
    ///
    /// Without branches: no processor foresees a cross, and to guess wrong takes it longer than a bar. In WebAssembly one branch costs
    /// less than the choices.
    #[inline]
    pub(crate) fn push_lead(&mut self, lead: i64) -> Option<Direction> {
        let before = self.side;
        if cfg!(target_family = "wasm") && lead.wrapping_mul(before.map_or(0, Direction::as_sign).into()) > 0 {
            return None;
        }
        let side = if lead < 0 { Direction::Down } else { Direction::Up };
        let side = select_unpredictable(lead == 0, before, Some(side));
        self.side = side;
        select_unpredictable(before.is_some() && side != before, side, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crosses_are_changes_of_the_last_non_zero_sign() {
        use Direction::{Down, Up};
        use Ordering::{Equal, Greater, Less};
        let mut detector = CrossDetector::new();
        let bars = [
            (Equal, None),
            (Greater, None), // the first side is no cross
            (Greater, None),
            (Equal, None),
            (Greater, None), // touched and went back
            (Equal, None),
            (Less, Some(Down)), // touched and went through
            (Greater, Some(Up)),
            (Less, Some(Down)),
            (Less, None),
        ];
        for (index, (sign, cross)) in bars.into_iter().enumerate() {
            assert_eq!(detector.push(sign), cross, "bar {index}");
        }
    }
}
