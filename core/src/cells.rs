//! What the cells of columns hold: exact values, or the doubles of another language.

use crate::block::BLOCK_ROWS;
use crate::block::lanes::{Doubles, Integers, any_bits, bits, from_bits, integers};
use crate::error::Result;
use crate::int52::Int52;
use crate::price::{self, Price};
use crate::timestamp::Timestamp;
use crate::volume::Volume;

/// A cell of start times: a [`Timestamp`], or a double as [`Timestamp::from_f64`] takes it.
pub trait StartCell: sealed::Starts {}

/// A cell of prices: a [`Price`], or a double in dollars as [`Price::from_f64`] takes it.
pub trait PriceCell: sealed::Prices {}

/// A cell of volumes: a [`Volume`], or a double as [`Volume::from_f64`] takes it.
pub trait VolumeCell: sealed::Volumes {}

impl<T: sealed::Starts> StartCell for T {}
impl<T: sealed::Prices> PriceCell for T {}
impl<T: sealed::Volumes> VolumeCell for T {}

/// The cells of one block.
type Rows<T> = [T; BLOCK_ROWS];

pub(crate) mod sealed {
    use super::*;

    pub trait Starts: Copy + PartialOrd {
        fn exact(self) -> Result<Timestamp>;

        /// The cell of a time, which is in a session.
        fn of(start: Timestamp) -> Self;

        /// Whether all are times and each is after the one before it; the first is known to be a time. May be `false` where
        /// not all are on days of sessions. Written for vector instructions.
        fn rise(starts: &[Self]) -> bool;
    }

    pub trait Prices: Copy {
        /// What is added to the micro-dollars of a vector.
        const OFFSET: i64;

        fn exact(self) -> Result<Price>;

        /// The cell of a price.
        fn of(price: Price) -> Self;

        /// The prices from `row` on in micro-dollars, each with the offset; anything where there is doubt.
        fn vector(cells: &Rows<Self>, row: usize) -> Integers;

        /// Notes what there is to doubt about a vector.
        fn check(cells: &Rows<Self>, row: usize, doubt: &mut Doubt);
    }

    pub trait Volumes: Copy {
        fn exact(self) -> Result<Volume>;

        /// The shares from `row` on, of the given sign; anything where there is doubt.
        fn vector(cells: &Rows<Self>, row: usize, sign: Sign) -> Doubles;

        /// Notes what there is to doubt about a vector.
        fn check(cells: &Rows<Self>, row: usize, doubt: &mut Doubt);
    }
}

/// 1 or -1, and what gives integers that sign on their way to doubles.
#[derive(Clone, Copy)]
pub struct Sign {
    one: Doubles,
    origin: Doubles,
}

/// What the vectors of a block's cells leave open.
#[derive(Clone, Copy)]
pub struct Doubt {
    /// All bits of the prices, with their offset.
    prices: Integers,
    /// Negative where a double is.
    signs: Integers,
    /// Not 0 where a volume is not whole.
    fractions: Integers,
    /// The farthest that a price in micro-dollars is from a whole number.
    rounding: Doubles,
}

impl Sign {
    #[inline]
    pub(crate) fn new(one: f64) -> Self {
        Self { one: Doubles::splat(one), origin: Doubles::splat(Int52::ORIGIN * one) }
    }
}

impl Doubt {
    #[inline]
    pub(crate) fn new() -> Self {
        let [prices, signs, fractions] = [Integers::splat(0); 3];
        Self { prices, signs, fractions, rounding: Doubles::splat(0.0) }
    }

    /// No price is above this, in micro-dollars. `None` if anything is open but whether volumes are finite.
    #[inline]
    pub(crate) fn highest<P: PriceCell>(self) -> Option<i64> {
        let highest = any_bits(self.prices) ^ P::OFFSET;
        let rounding = self.rounding.to_array().into_iter().fold(0.0, f64::max);
        let is_clear = any_bits(self.signs) >= 0 && any_bits(self.fractions) == 0 && rounding <= price::CERTAIN;
        (is_clear && highest.cast_unsigned() < price::SMALL_END).then_some(highest)
    }
}

#[inline]
fn doubles(cells: &Rows<f64>, row: usize) -> Doubles {
    Doubles::new(core::array::from_fn(|lane| cells[row + lane]))
}

/// Prices in micro-dollars, not yet rounded.
#[inline]
fn products(cells: &Rows<f64>, row: usize) -> Doubles {
    doubles(cells, row) * Doubles::splat(1e6)
}

impl sealed::Starts for Timestamp {
    #[inline]
    fn exact(self) -> Result<Timestamp> {
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

impl sealed::Starts for f64 {
    #[inline]
    fn exact(self) -> Result<Timestamp> {
        Timestamp::from_f64(self)
    }

    #[inline]
    fn of(start: Timestamp) -> Self {
        Int52::wrapping(start.as_millis()).to_f64()
    }

    fn rise(starts: &[Self]) -> bool {
        let (mut bits, mut fractions, mut falls) = (0, 0, i64::MIN);
        for (start, next) in starts.iter().zip(starts.get(1..).unwrap_or_default()) {
            bits |= next.to_bits();
            fractions |= (next + Int52::ORIGIN - Int52::ORIGIN).to_bits() ^ next.to_bits();
            falls &= (start - next).to_bits().cast_signed();
        }
        // What is negative or no finite number has higher bits than 2^52.
        falls < 0 && fractions == 0 && bits < (Int52::ORIGIN / 1.5).to_bits()
    }
}

impl sealed::Prices for Price {
    const OFFSET: i64 = 0;

    #[inline]
    fn exact(self) -> Result<Price> {
        Ok(self)
    }

    #[inline]
    fn of(price: Price) -> Self {
        price
    }

    #[inline(always)]
    fn vector(cells: &Rows<Self>, row: usize) -> Integers {
        integers(|lane| cells[row + lane].as_micros())
    }

    #[inline(always)]
    fn check(cells: &Rows<Self>, row: usize, doubt: &mut Doubt) {
        doubt.prices |= Self::vector(cells, row);
    }
}

impl sealed::Prices for f64 {
    const OFFSET: i64 = Int52::ZERO.to_bits();

    #[inline]
    fn exact(self) -> Result<Price> {
        Price::from_f64(self)
    }

    #[inline]
    fn of(price: Price) -> Self {
        price.to_f64()
    }

    #[inline(always)]
    fn vector(cells: &Rows<Self>, row: usize) -> Integers {
        bits(products(cells, row) + Doubles::splat(Int52::ORIGIN))
    }

    #[inline(always)]
    fn check(cells: &Rows<Self>, row: usize, doubt: &mut Doubt) {
        let micros = Self::vector(cells, row);
        let rounding = products(cells, row) - (from_bits(micros) - Doubles::splat(Int52::ORIGIN));
        doubt.rounding = doubt.rounding.fast_max(rounding.abs());
        doubt.prices |= micros;
        doubt.signs |= bits(doubles(cells, row));
    }
}

impl sealed::Volumes for Volume {
    #[inline]
    fn exact(self) -> Result<Volume> {
        Ok(self)
    }

    #[inline(always)]
    fn vector(cells: &Rows<Self>, row: usize, sign: Sign) -> Doubles {
        let shares = integers(|lane| cells[row + lane].get().cast_signed());
        from_bits(shares + bits(sign.origin)) - sign.origin
    }

    #[inline(always)]
    fn check(_: &Rows<Self>, _: usize, _: &mut Doubt) {}
}

impl sealed::Volumes for f64 {
    #[inline]
    fn exact(self) -> Result<Volume> {
        Volume::from_f64(self)
    }

    #[inline(always)]
    fn vector(cells: &Rows<Self>, row: usize, sign: Sign) -> Doubles {
        doubles(cells, row) * sign.one
    }

    #[inline(always)]
    fn check(cells: &Rows<Self>, row: usize, doubt: &mut Doubt) {
        let (shares, origin) = (doubles(cells, row), Doubles::splat(Int52::ORIGIN));
        doubt.fractions |= bits((shares + origin) - origin) ^ bits(shares);
        doubt.signs |= bits(shares);
    }
}
