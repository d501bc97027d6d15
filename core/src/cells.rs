//! What the cells of columns hold: exact values, or the doubles of another language.

use crate::block::lanes::{Doubles, Integers, LANES, any_bits, bits, from_bits, integers};
use crate::block::{BLOCK_ROWS, Rows};
use crate::error::Result;
use crate::int52::Int52;
use crate::price::{self, Price};
use crate::timestamp::Timestamp;
use crate::volume::{self, Volume};

/// A price, or a double of dollars.
// Public, as a bound on a public type has to be; nobody outside can name it.
pub trait PriceCell: Copy {
    /// How blocks hold it.
    type Held: Copy;
    /// What its bits are above micro-dollars.
    const ORIGIN: i64;

    fn bits(held: Self::Held) -> i64;

    #[inline]
    fn micros(held: Self::Held) -> i64 {
        Self::bits(held) - Self::ORIGIN
    }

    /// What these micro-dollars are held as.
    fn held(micros: i64) -> Self::Held;

    fn exact(self) -> Result<Price>;

    /// The column itself, where that is how blocks hold it.
    fn held_column(column: &[Self]) -> Option<&[Self::Held]>;

    /// Fills a block, and returns micro-dollars that no price of it is above; 0 where `ORIGIN` is, since that is found out while
    /// the block is settled. `None` where filling takes longer for one of the cells, or one is to be refused; what the block holds
    /// is unspecified then.
    fn hold(cells: &Rows<Self>, block: &mut Rows<Self::Held>) -> Option<i64>;
}

/// A volume, or a double of shares.
// Public as above.
pub trait VolumeCell: Copy {
    fn exact(self) -> Result<Volume>;

    /// Whether all cells are volumes. May be `false` where that takes longer to tell.
    fn are_volumes(cells: &Rows<Self>) -> bool;

    /// The shares of the rows from `row` on.
    fn shares_at(cells: &Rows<Self>, row: usize) -> Doubles;
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

impl PriceCell for Price {
    type Held = Self;
    const ORIGIN: i64 = 0;

    #[inline]
    fn bits(held: Self) -> i64 {
        held.as_micros()
    }

    #[inline]
    fn held(micros: i64) -> Self {
        Self::known(micros)
    }

    #[inline]
    fn exact(self) -> Result<Self> {
        Ok(self)
    }

    #[inline]
    fn held_column(column: &[Self]) -> Option<&[Self]> {
        Some(column)
    }

    #[inline]
    fn hold(cells: &Rows<Self>, block: &mut Rows<Self>) -> Option<i64> {
        *block = *cells;
        Some(0)
    }
}

impl PriceCell for f64 {
    /// The bits of an [`Int52`].
    type Held = i64;
    const ORIGIN: i64 = Int52::ZERO.to_bits();

    #[inline]
    fn bits(held: i64) -> i64 {
        held
    }

    #[inline]
    fn held(micros: i64) -> i64 {
        Int52::wrapping(micros).to_bits()
    }

    #[inline]
    fn exact(self) -> Result<Price> {
        Price::from_f64(self)
    }

    #[inline]
    fn held_column(_column: &[Self]) -> Option<&[i64]> {
        None
    }

    // As `Price::from_f64_quickly` does it.
    #[inline(never)]
    fn hold(cells: &Rows<Self>, block: &mut Rows<i64>) -> Option<i64> {
        let [mut signs, mut any] = [Integers::splat(0); 2];
        let (origin, mut rounding) = (Doubles::splat(Int52::ORIGIN), Doubles::splat(0.0));
        for row in (0..BLOCK_ROWS).step_by(LANES) {
            let dollars = doubles(cells, row);
            let product = dollars * Doubles::splat(1e6);
            let kept = product + origin;
            let rounded = product - (kept - origin);
            rounding = rounding.fast_max(rounded * rounded);
            signs |= bits(dollars);
            any |= bits(kept);
            block[row..row + LANES].copy_from_slice(bits(kept).as_array());
        }
        let rounding = rounding.to_array().into_iter().fold(0.0, f64::max);
        // What is no finite number has high bits.
        let highest = any_bits(any).wrapping_sub(Self::ORIGIN);
        let are_prices = any_bits(signs) >= 0
            && highest.cast_unsigned() < price::SMALL_END
            && rounding <= price::CERTAIN * price::CERTAIN;
        are_prices.then_some(highest)
    }
}

impl VolumeCell for Volume {
    #[inline]
    fn exact(self) -> Result<Self> {
        Ok(self)
    }

    #[inline]
    fn are_volumes(_cells: &Rows<Self>) -> bool {
        true
    }

    #[inline]
    fn shares_at(cells: &Rows<Self>, row: usize) -> Doubles {
        let origin = Doubles::splat(Int52::ORIGIN);
        from_bits(integers(|lane| cells[row + lane].get().cast_signed()) + bits(origin)) - origin
    }
}

impl VolumeCell for f64 {
    #[inline]
    fn exact(self) -> Result<Volume> {
        Volume::from_f64(self)
    }

    #[inline(never)]
    fn are_volumes(cells: &Rows<Self>) -> bool {
        let (origin, [mut fractions, mut any]) = (Doubles::splat(Int52::ORIGIN), [Integers::splat(0); 2]);
        for row in (0..BLOCK_ROWS).step_by(LANES) {
            let shares = doubles(cells, row);
            let kept = shares + origin;
            fractions |= bits(kept - origin) ^ bits(shares);
            any |= bits(kept) ^ bits(origin);
        }
        // What is negative or no finite number has high bits.
        any_bits(fractions) == 0 && any_bits(any).cast_unsigned() < volume::SMALL_END
    }

    #[inline]
    fn shares_at(cells: &Rows<Self>, row: usize) -> Doubles {
        // Compilers take apart what is only loaded.
        doubles(cells, row) + Doubles::splat(0.0)
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
    fn check<T: PartialEq + core::fmt::Debug>(
        good: f64,
        exact: fn(f64) -> Result<T>,
        block: fn(&Rows<f64>) -> Option<Vec<T>>,
        doubles: &[(f64, bool)],
    ) {
        for row in 0..BLOCK_ROWS {
            for (double, is_quick) in doubles {
                let mut cells = [good; BLOCK_ROWS];
                cells[row] = *double;
                let found = block(&cells);
                assert_eq!(found.is_some(), *is_quick, "{double} in row {row}");
                if let Some(found) = found {
                    assert_eq!(Ok::<_, Error>(found), cells.into_iter().map(exact).collect());
                }
            }
        }
    }

    fn prices(cells: &Rows<f64>) -> Option<Vec<Price>> {
        let mut block = [0; BLOCK_ROWS];
        let price = |held: &i64| Price::from_micros(<f64 as PriceCell>::micros(*held)).unwrap();
        let highest = <f64 as PriceCell>::hold(cells, &mut block)?;
        let prices: Vec<_> = block.iter().map(price).collect();
        assert!(prices.iter().all(|price| price.as_micros() <= highest));
        Some(prices)
    }

    fn volumes(cells: &Rows<f64>) -> Option<Vec<Volume>> {
        let volume = |row: usize| {
            let shares = f64::shares_at(cells, row / LANES * LANES).to_array()[row % LANES];
            Volume::new(u64::try_from(Int52::nearest(shares).get()).unwrap()).unwrap()
        };
        f64::are_volumes(cells).then(|| (0..BLOCK_ROWS).map(volume).collect())
    }

    #[test]
    fn blocks_of_doubles_are_exact_or_left_open() {
        let all =
            [(f64::NAN, false), (-f64::NAN, false), (f64::INFINITY, false), (f64::NEG_INFINITY, false), (-0.0, false)];
        check(598.1234, Price::from_f64, prices, &all);
        check(
            598.1234,
            Price::from_f64,
            prices,
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
        check(777_539.0, Volume::from_f64, volumes, &all);
        check(
            777_539.0,
            Volume::from_f64,
            volumes,
            &[
                (0.0, true),
                (8e12, true),
                (0.5, false),
                (-1.0, false),
                (-2_251_799_813_685_248.0, false),
                (-4_503_599_627_370_496.0, false),
                (9e12, false),
                (1e15 + 0.5, false),
                (1e300, false),
            ],
        );
    }
}
