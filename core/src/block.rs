//! Rows in blocks that the compiler turns into vector instructions: the hot path of columns.
//!
//! A block gives the bits that row by row gives, or declines. Three ideas make it quick:
//!
//! - Sums are kept relative to a base price near the VWAP, so that they are small integers, exact in doubles.
//! - `VWAP = base + W/V` is rounded twice, once with `W/V` a little too small and once a little too large. Rounding is
//!   monotone: where both give the same double, the exact value gives it too. Elsewhere [`Ratio`] decides.
//! - SMA9 is above VWAP exactly if `S * V > 9 * W`. Rounding is monotone here too: where the rounded products differ,
//!   the exact ones differ the same way. Where they are equal, integers decide.

use core::cmp::Ordering;

use crate::columns::{Columns, Values};
use crate::cross::{CrossDetector, Direction};
use crate::indicators::{Indicators, SMA_BARS};
use crate::price::Price;
use crate::ratio::Ratio;
use crate::rule::Rule;
use crate::sma::Sma;
use crate::volume::Volume;
use crate::vwap::Vwap;

/// Rows in one block: enough to spread its fixed costs, few enough to stay in the first-level cache.
pub(crate) const BLOCK_ROWS: usize = 64;

/// Bases are multiples of 1/64 dollar, in micro-dollars: exact in decimal and in binary.
const BASE_STEP: i64 = 15_625;

/// An integer from -2^51 to 2^51 added to these bits gives the bits of a double in [2^52, 2^53), [`INTEGER_ORIGIN`] above
/// it: the conversion that every vector unit has.
const INTEGER_BITS: i64 = 0x4338_0000_0000_0000;
const INTEGER_ORIGIN: f64 = 6_755_399_441_055_744.0;
const INTEGER_END: u128 = 1 << 51;

/// Closes in SMA9.
const NINE: i64 = 9;

/// Relative margin around `W/V`, 2^-50: its own rounding, the constant's and the product's are 2^-53 each.
const MARGIN: f64 = f64::from_bits((1023 - 50) << 52);

type Rows<T> = [T; BLOCK_ROWS];

/// A run of blocks, over sums relative to a base price.
pub(crate) struct Blocks {
    rule: Rule,
    /// Base price in micro-dollars.
    base: i64,
    sums: Sums,
    side: Option<Direction>,
}

/// The sums after one row.
#[derive(Clone, Copy)]
struct Sums {
    /// The last nine closes, less nine bases, in micro-dollars.
    closes: i64,
    /// Volume in shares.
    volume: i64,
    /// (Weighed prices - bases) * volume, in micro-dollar shares.
    products: i64,
}

/// The sums after each row of a block, as bits of doubles in [2^52, 2^53).
#[repr(align(64))]
struct SumRows {
    closes: Rows<i64>,
    volumes: Rows<i64>,
    products: Rows<i64>,
}

/// The block of columns that one step reads.
struct Input<'a> {
    closes: &'a Rows<Price>,
    /// The closes nine rows earlier, which leave SMA9.
    leaving: &'a Rows<Price>,
    volumes: &'a Rows<Volume>,
    highs_lows: Option<(&'a Rows<Price>, &'a Rows<Price>)>,
}

/// The block of values that one step writes.
struct Output<'a> {
    sma9: &'a mut Rows<f64>,
    vwap: &'a mut Rows<f64>,
    cross: &'a mut Rows<i8>,
}

impl Blocks {
    /// Begins after rows that gave SMA9 and VWAP a value; `None` before.
    pub(crate) fn begin(state: &Indicators) -> Option<Self> {
        let vwap = &state.vwap;
        let prices = u128::from(vwap.volume() * vwap.rule().prices_per_bar());
        let price = i64::try_from(vwap.sum().checked_div(prices)?).ok()?;
        let base = price - price % BASE_STEP;
        let products = vwap.sum().cast_signed() - prices.cast_signed() * i128::from(base);
        let sums = Sums {
            closes: state.sma.sum()?.cast_signed() - NINE * base,
            volume: vwap.volume().cast_signed(),
            products: i64::try_from(products).ok()?,
        };
        Some(Self { rule: vwap.rule(), base, sums, side: state.crosses.side() })
    }

    /// Takes whole blocks from row `at` on, as many as it can settle, and returns the row that it came to.
    pub(crate) fn push(
        mut self,
        state: &mut Indicators,
        columns: &Columns<'_>,
        values: &mut Values<'_>,
        mut at: usize,
    ) -> usize {
        let mut rows = SumRows { closes: [0; BLOCK_ROWS], volumes: [0; BLOCK_ROWS], products: [0; BLOCK_ROWS] };
        while let Some((input, mut output)) = Input::at(columns, at).zip(Output::at(values, at)) {
            let Some(sums) = self.add(&input, &mut rows) else { break };
            let unsure = self.settle(&rows, &mut output);
            if unsure {
                self.settle_exactly(&rows, &mut output);
            }
            self.sums = sums;
            at += BLOCK_ROWS;
            if unsure {
                // The VWAP has left the base: begin anew at a nearer one.
                self.end(state, columns, at);
                let Some(next) = Self::begin(state) else { return at };
                self = next;
            }
        }
        self.end(state, columns, at);
        at
    }

    /// Writes the sums back into the state after the rows before `at`.
    fn end(&self, state: &mut Indicators, columns: &Columns<'_>, at: usize) {
        state.sma = Sma::new();
        columns.closes[at - SMA_BARS..at].iter().for_each(|close| state.sma.push(*close));
        let volume = self.sums.volume.cast_unsigned();
        let bases = i128::from(self.rule.prices_per_bar() * volume) * i128::from(self.base);
        let sum = (i128::from(self.sums.products) + bases).cast_unsigned();
        state.vwap = Vwap::with_sums(self.rule, sum, volume).unwrap_or(state.vwap);
        state.crosses = CrossDetector::with_side(self.side);
    }

    /// Adds up a block. `None` where the sums might leave the range of the conversion to doubles.
    #[inline]
    fn add(&self, input: &Input<'_>, rows: &mut SumRows) -> Option<Sums> {
        match input.highs_lows {
            Some((highs, lows)) if self.rule == Rule::Hlc3 => self.add_weighed(input, rows, |row| {
                highs[row].as_micros() + lows[row].as_micros() + input.closes[row].as_micros()
            }),
            _ => self.add_weighed(input, rows, |row| input.closes[row].as_micros()),
        }
    }

    #[inline]
    fn add_weighed(&self, input: &Input<'_>, rows: &mut SumRows, weighed: impl Fn(usize) -> i64) -> Option<Sums> {
        let base = self.base * self.rule.prices_per_bar().cast_signed();
        let Sums { mut closes, mut volume, mut products } = self.sums;
        let mut highest = base;
        // Two rows a turn, so that two stores in a row hit one cache line.
        for row in (0..BLOCK_ROWS).step_by(2) {
            let after: [Sums; 2] = core::array::from_fn(|next| {
                let row = row + next;
                let (price, shares) = (weighed(row), input.volumes[row].get().cast_signed());
                highest |= price;
                closes += input.closes[row].as_micros() - input.leaving[row].as_micros();
                volume += shares;
                products = products.wrapping_add((price - base).wrapping_mul(shares));
                Sums { closes, volume, products }
            });
            for (next, sums) in after.iter().enumerate() {
                rows.closes[row + next] = sums.closes + INTEGER_BITS;
            }
            for (next, sums) in after.iter().enumerate() {
                rows.volumes[row + next] = sums.volume + INTEGER_BITS;
            }
            for (next, sums) in after.iter().enumerate() {
                rows.products[row + next] = sums.products.wrapping_add(INTEGER_BITS);
            }
        }
        // No price is above `highest`, so that this bounds every sum of products and every step towards it.
        let added = u128::from(highest.unsigned_abs()) * u128::from((volume - self.sums.volume).unsigned_abs());
        let bounded = added + u128::from(self.sums.products.unsigned_abs()) < INTEGER_END;
        (bounded && volume <= Volume::MAX.get().cast_signed()).then_some(Sums { closes, volume, products })
    }

    /// Writes the values of a block, and returns whether the last bit of one is still open.
    #[inline]
    fn settle(&mut self, rows: &SumRows, output: &mut Output<'_>) -> bool {
        let scale = Scale::new(self.rule, self.base);
        let other_side = self.side.map_or(0.0, |side| -f64::from(side.as_sign()));
        let nine_to_other_side = scale.nine * other_side;
        let (mut open_bits, mut same_side) = (0, u64::MAX);
        for row in 0..BLOCK_ROWS {
            let (closes, volume, products) = rows.at(row);
            output.sma9[row] = (closes + scale.nine_bases) / 9e6;
            let (low, high) = scale.vwap(products / volume);
            output.vwap[row] = low;
            open_bits |= low.to_bits() ^ high.to_bits();
            // Negative where SMA9 is on the side it was on last; equal products give +0.
            same_side &= (closes * volume * other_side - products * nine_to_other_side).to_bits();
        }
        if self.side.is_some() && same_side >> 63 == 1 {
            *output.cross = [0; BLOCK_ROWS];
        } else {
            self.detect(rows, &scale, output);
        }
        open_bits != 0
    }

    /// Finds the crosses of a block that may have some.
    fn detect(&mut self, rows: &SumRows, scale: &Scale, output: &mut Output<'_>) {
        let mut crosses = CrossDetector::with_side(self.side);
        for row in 0..BLOCK_ROWS {
            let (closes, volume, products) = rows.at(row);
            let order = match (closes * volume).partial_cmp(&(products * scale.nine)) {
                Some(order) if order != Ordering::Equal => order,
                _ => {
                    let (closes, volume, products) = rows.integers_at(row);
                    let nine = i128::from(NINE) / i128::from(self.rule.prices_per_bar());
                    (i128::from(closes) * i128::from(volume)).cmp(&(i128::from(products) * nine))
                }
            };
            output.cross[row] = crosses.push(order).map_or(0, Direction::as_sign);
        }
        self.side = crosses.side();
    }

    /// Writes the VWAPs again whose last bit was open.
    #[cold]
    fn settle_exactly(&self, rows: &SumRows, output: &mut Output<'_>) {
        let scale = Scale::new(self.rule, self.base);
        let prices = self.rule.prices_per_bar();
        for row in 0..BLOCK_ROWS {
            let (_, volume, products) = rows.at(row);
            let (low, high) = scale.vwap(products / volume);
            if low.to_bits() == high.to_bits() {
                continue;
            }
            let (_, volume, products) = rows.integers_at(row);
            let prices = u128::from(prices * volume.cast_unsigned());
            let sum = i128::from(products) + prices.cast_signed() * i128::from(self.base);
            if let Some(vwap) = Ratio::new(sum.cast_unsigned(), prices * 1_000_000) {
                output.vwap[row] = vwap.to_f64();
            }
        }
    }
}

/// The constants of a block in doubles.
struct Scale {
    /// Base price in dollars, exact.
    base: f64,
    /// Nine base prices in micro-dollars, exact.
    nine_bases: f64,
    /// Nine over the prices that the VWAP adds up a bar.
    nine: f64,
    /// Dollars in a micro-dollar of one such price, a little less and a little more than exact.
    low: f64,
    high: f64,
}

impl Scale {
    fn new(rule: Rule, base: i64) -> Self {
        let (nine, dollars) = match rule {
            Rule::Close => (9.0, 1e-6),
            Rule::Hlc3 => (3.0, 1e-6 / 3.0),
        };
        Self {
            base: double(base / BASE_STEP + INTEGER_BITS) / 64.0,
            nine_bases: double(base * NINE + INTEGER_BITS),
            nine,
            low: dollars * (1.0 - MARGIN),
            high: dollars * (1.0 + MARGIN),
        }
    }

    /// Bounds of the VWAP in dollars, in either order, of a quotient of products and volume.
    #[inline]
    fn vwap(&self, quotient: f64) -> (f64, f64) {
        (self.base + quotient * self.low, self.base + quotient * self.high)
    }
}

impl SumRows {
    #[inline]
    fn at(&self, row: usize) -> (f64, f64, f64) {
        (double(self.closes[row]), double(self.volumes[row]), double(self.products[row]))
    }

    fn integers_at(&self, row: usize) -> (i64, i64, i64) {
        (self.closes[row] - INTEGER_BITS, self.volumes[row] - INTEGER_BITS, self.products[row] - INTEGER_BITS)
    }
}

impl<'a> Input<'a> {
    /// The block of rows from `at` on, `None` where the columns end before it does.
    #[inline]
    fn at(columns: &Columns<'a>, at: usize) -> Option<Self> {
        Some(Self {
            closes: block(columns.closes, at)?,
            leaving: block(columns.closes, at - SMA_BARS)?,
            volumes: block(columns.volumes, at)?,
            highs_lows: match columns.highs_lows {
                Some((highs, lows)) => Some((block(highs, at)?, block(lows, at)?)),
                None => None,
            },
        })
    }
}

impl<'a> Output<'a> {
    #[inline]
    fn at(values: &'a mut Values<'_>, at: usize) -> Option<Self> {
        Some(Self {
            sma9: values.sma9.get_mut(at..)?.first_chunk_mut()?,
            vwap: values.vwap.get_mut(at..)?.first_chunk_mut()?,
            cross: values.cross.get_mut(at..)?.first_chunk_mut()?,
        })
    }
}

#[inline]
fn block<T>(column: &[T], at: usize) -> Option<&Rows<T>> {
    column.get(at..)?.first_chunk()
}

/// The integer whose sum with [`INTEGER_BITS`] this is, as a double.
#[inline]
fn double(bits: i64) -> f64 {
    f64::from_bits(bits.cast_unsigned()) - INTEGER_ORIGIN
}
