//! What the cells of columns hold: exact values, or the doubles of another language.

use crate::block::lanes::{Doubles, Integers, LANES, any_bits, bits};
use crate::block::{BLOCK_ROWS, Rows};
use crate::error::Result;
use crate::int52::Int52;
use crate::price::{self, Price};
use crate::timestamp::Timestamp;
use crate::volume::{self, Volume};

/// A `T`, or a double that stands for one.
// Public, as a bound on a public type has to be; nobody outside can name it.
pub trait Cell<T>: Copy {
    fn exact(self) -> Result<T>;

    /// The column itself, where it is exact.
    #[inline]
    fn exact_column(_column: &[Self]) -> Option<&[T]> {
        None
    }

    /// Makes a block exact. `false` where that takes longer for one of the cells, or one is to be refused; what the block holds is
    /// unspecified then.
    fn exact_block(cells: &Rows<Self>, block: &mut Rows<T>) -> bool;
}

/// A time, or a double of milliseconds since 1970.
pub(crate) trait Start: Copy + PartialOrd {
    fn time(self) -> Result<Timestamp>;

    /// The cell of a time of a session.
    fn of(start: Timestamp) -> Self;

    /// Whether each is after the one before it, and all are times if the first and the last are. May be `false` where not all
    /// are in one session. Written for vector instructions.
    fn rise(starts: &[Self]) -> bool;
}

impl<T: Copy> Cell<T> for T {
    #[inline]
    fn exact(self) -> Result<T> {
        Ok(self)
    }

    #[inline]
    fn exact_column(column: &[Self]) -> Option<&[T]> {
        Some(column)
    }

    #[inline]
    fn exact_block(cells: &Rows<Self>, block: &mut Rows<T>) -> bool {
        *block = *cells;
        true
    }
}

impl Cell<Price> for f64 {
    #[inline]
    fn exact(self) -> Result<Price> {
        Price::from_f64(self)
    }

    // As `Price::from_f64_quickly` does it.
    #[inline(never)]
    fn exact_block(cells: &Rows<Self>, block: &mut Rows<Price>) -> bool {
        let [mut signs, mut any] = [Integers::splat(0); 2];
        let (origin, mut rounding) = (Doubles::splat(Int52::ORIGIN), Doubles::splat(0.0));
        for row in (0..BLOCK_ROWS).step_by(LANES) {
            let dollars = doubles(cells, row);
            let product = dollars * Doubles::splat(1e6);
            let kept = product + origin;
            rounding = rounding.fast_max((product - (kept - origin)).abs());
            let micros = bits(kept) - bits(origin);
            signs |= bits(dollars);
            any |= micros;
            block[row..row + LANES].copy_from_slice(&micros.to_array().map(Price::known));
        }
        let rounding = rounding.to_array().into_iter().fold(0.0, f64::max);
        // What is no finite number has high bits.
        any_bits(signs) >= 0 && any_bits(any).cast_unsigned() < price::SMALL_END && rounding <= price::CERTAIN
    }
}

impl Cell<Volume> for f64 {
    #[inline]
    fn exact(self) -> Result<Volume> {
        Volume::from_f64(self)
    }

    #[inline(never)]
    fn exact_block(cells: &Rows<Self>, block: &mut Rows<Volume>) -> bool {
        let (origin, [mut fractions, mut any]) = (Doubles::splat(Int52::ORIGIN), [Integers::splat(0); 2]);
        for row in (0..BLOCK_ROWS).step_by(LANES) {
            let shares = doubles(cells, row);
            let kept = shares + origin;
            fractions |= bits(kept - origin) ^ bits(shares);
            let whole = bits(kept) - bits(origin);
            any |= whole;
            block[row..row + LANES].copy_from_slice(&whole.to_array().map(Volume::known));
        }
        any_bits(fractions) == 0 && any_bits(any).cast_unsigned() < volume::SMALL_END
    }
}

/// A vector of cells.
#[inline]
fn doubles(cells: &Rows<f64>, row: usize) -> Doubles {
    Doubles::new(core::array::from_fn(|lane| cells[row + lane]))
}

impl Start for Timestamp {
    #[inline]
    fn time(self) -> Result<Timestamp> {
        Ok(self)
    }

    #[inline]
    fn of(start: Timestamp) -> Self {
        start
    }

    fn rise(starts: &[Self]) -> bool {
        // Of times from 1970 to 2109, which include all sessions, the differences tell the order.
        let (mut bits, mut falls) = (0, i64::MIN);
        for (start, next) in starts.iter().zip(starts.get(1..).unwrap_or_default()) {
            bits |= next.as_millis();
            falls &= start.as_millis().wrapping_sub(next.as_millis());
        }
        falls < 0 && (0..1 << 42).contains(&bits)
    }
}

impl Start for f64 {
    #[inline]
    fn time(self) -> Result<Timestamp> {
        Timestamp::from_f64(self)
    }

    #[inline]
    fn of(start: Timestamp) -> Self {
        Int52::wrapping(start.as_millis()).to_f64()
    }

    fn rise(starts: &[Self]) -> bool {
        // Doubles that are not negative are ordered as their bits are, and those not below one that is above 1 are whole if their
        // lowest bits are 0, as many as that one has behind the point.
        let (mut bits, mut falls) = (0, i64::MIN);
        for (start, next) in starts.iter().zip(starts.get(1..).unwrap_or_default()) {
            bits |= next.to_bits().cast_signed();
            falls &= start.to_bits().cast_signed().wrapping_sub(next.to_bits().cast_signed());
        }
        let exponent = starts.first().map_or(0, |first| first.to_bits() >> 52);
        let behind_point = 1075_u64.saturating_sub(exponent).min(52);
        falls < 0 && bits >= 0 && bits.trailing_zeros() >= u32::try_from(behind_point).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;
    use crate::Error;

    #[test]
    fn starts_rise_or_not() {
        fn check<T: Start + core::fmt::Debug>(cell: fn(i64) -> T) {
            let seconds =
                |rows: i64| (0..rows).map(|second| 1_549_895_400_000 + second * 1000).map(cell).collect::<Vec<_>>();
            for rows in [1, 2, 3, 200] {
                assert!(rows < 2 || T::rise(&seconds(rows)), "{rows}");
            }
            for row in [1, 2, 63, 64, 199] {
                let mut starts = seconds(200);
                starts[row] = starts[row - 1];
                assert!(!T::rise(&starts), "{row}");
                starts[row] = cell(-1);
                assert!(!T::rise(&starts), "{row}");
            }
        }
        check(Timestamp::from_millis);
        check(|millis| <f64 as Start>::of(Timestamp::from_millis(millis)));
        for first in [400_000_000.0, 1_549_895_400_000.0, 2_549_895_400_000.0] {
            for wrong in [f64::NAN, -f64::NAN, f64::INFINITY, first + 0.5, first + 1000.001] {
                assert!(!Start::rise(&[first, wrong, first + 2000.0]), "{wrong} after {first}");
            }
            assert!(Start::rise(&[first, first + 1.0, first + 2000.0]), "{first}");
            assert!(!Start::rise(&[first, first + 1999.5]), "{first}");
        }
    }

    /// Puts a double into any row of a block of doubles that are good: what a block makes of it is what it is, or is left open.
    fn check<T: Copy + PartialEq + core::fmt::Debug>(good: f64, doubles: &[(f64, bool)])
    where
        f64: Cell<T>,
    {
        let known: T = Cell::exact(good).unwrap();
        for row in 0..BLOCK_ROWS {
            for (double, is_quick) in doubles {
                let mut cells = [good; BLOCK_ROWS];
                cells[row] = *double;
                let mut block = [known; BLOCK_ROWS];
                assert_eq!(f64::exact_block(&cells, &mut block), *is_quick, "{double} in row {row}");
                if *is_quick {
                    assert_eq!(block.map(Ok::<_, Error>), cells.map(Cell::exact));
                }
            }
        }
    }

    #[test]
    fn blocks_of_doubles_are_exact_or_left_open() {
        let all =
            [(f64::NAN, false), (-f64::NAN, false), (f64::INFINITY, false), (f64::NEG_INFINITY, false), (-0.0, false)];
        check::<Price>(598.1234, &all);
        check::<Price>(
            598.1234,
            &[
                (0.0, true),
                (1e-9, true),
                (8_000_000.000_001, true),
                (598.123_456_789, true),
                (598.123_456_499, false),
                (0.023_437_5, false),
                (-1e-9, false),
                (-598.1234, false),
                (9_000_000.0, false),
                (10_000_000.1, false),
                (1e300, false),
            ],
        );
        check::<Volume>(777_539.0, &all);
        check::<Volume>(
            777_539.0,
            &[
                (0.0, true),
                (8e12, true),
                (0.5, false),
                (-1.0, false),
                (9e12, false),
                (1e15 + 0.5, false),
                (1e300, false),
            ],
        );
    }
}
