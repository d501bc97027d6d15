//! From the rows of a block to its values.

use crate::base::Base;
use crate::block::averages::{Averages, held_at};
use crate::block::crosses;
use crate::block::lanes::{Doubles, IntegerSum, Integers, LANES, any_bits, bits, from_bits, upper_halves};
use crate::block::sums::Sums;
use crate::block::{BLOCK_ROWS, Input, Output, Rows};
use crate::cells::{PriceCell, VolumeCell};
use crate::columns::ABSENT;
use crate::cross::Direction;
use crate::indicators::NINE;
use crate::int52::{Int52, to_f64};
use crate::near::NearSums;
use crate::rule::Rule;
use crate::vwap::{MAX_VOLUME, Vwap};

/// Sums of products below this, times nine, are exact in doubles.
const EXACT_NINTH: f64 = Int52::wrapping(1 << 49).to_f64();

/// Rows that the loop takes at a time: two vectors, so that what the first one leaves to the second need not be moved, or one
/// vector of eight, of which two are too many registers.
const TURN_ROWS: usize = if LANES < 8 { 2 * LANES } else { LANES };

/// Settles a block and takes sums and side on to its end. `false` where doubles cannot tell: sums and side are those before it
/// then, and what the output holds is unspecified.
pub(super) fn settle<P: PriceCell, V: VolumeCell>(
    rule: Rule,
    sums: &mut Sums,
    side: &mut Option<Direction>,
    input: &Input<'_, P, V>,
    output: &mut Output<'_>,
    leads: &mut Rows<i32>,
) -> bool {
    let before = *sums;
    let found = settle_rows(rule, sums, input, output, leads);
    let (open, highest) = (found < 0, found & i64::MAX);
    // What bounds every price's distance from the base bounds every sum of products and every step towards it.
    let is_exact_within = |distance: Int52| {
        let bound = distance.to_f64() * (sums.volume - before.volume) + before.products.abs();
        bound < EXACT_NINTH && sums.volume <= to_f64(MAX_VOLUME)
    };
    let highest = Int52::wrapping(input.highest | highest | before.base.prices(rule));
    if !is_exact_within(highest) && !is_exact_within(farthest(rule, before.base, input)) {
        *sums = before;
        return false;
    }
    crosses::detect(side, leads, output.cross);
    if open {
        settle_exactly(rule, &before, input, output);
    }
    true
}

/// Writes SMA9 and VWAP, and the lead of SMA9 over the VWAP: the upper half of the double of it times some positive number.
/// Returns micro-dollars that no weighed sum of prices is above, 0 where the input has them already, with the sign if the two bounds of a
/// VWAP differed: two results would cost a register.
// A function of its own: compilers keep more of it in registers.
#[inline(never)]
fn settle_rows<P: PriceCell, V: VolumeCell>(
    rule: Rule,
    sums: &mut Sums,
    input: &Input<'_, P, V>,
    output: &mut Output<'_>,
    leads: &mut Rows<i32>,
) -> i64 {
    // Nine over the prices that the VWAP adds up a bar.
    let nine = match rule {
        Rule::Close => 9.0,
        Rule::Hlc3 => 3.0,
    };
    let nine_bases = Doubles::splat(Int52::wrapping(NINE * sums.base.as_micros()).to_f64());
    let [nine, origin] = [nine, Int52::ORIGIN].map(Doubles::splat);
    let mut averages = Averages::new::<P>(rule, sums);
    let mut closes = IntegerSum::new(sums.closes.to_bits());
    let [mut open, mut any] = [Integers::splat(0); 2];

    let mut settle_vector = |row: usize| {
        let held = |prices: &Rows<P::Held>| held_at::<P>(prices, row);
        // All is read before anything is written: processors tell addresses apart by their lowest bits first, and columns often begin
        // at the same ones.
        let (close, leaving, weighed) = (held(input.closes), held(input.leaving), held(input.weighed));
        let shares = V::shares_at(input.volumes, row);
        // What is known already is not found again: registers are few.
        if P::ORIGIN == 0 {
            any |= weighed;
        }
        let closes = from_bits(closes.add(close - leaving)) - origin;
        let sma9 = (closes + nine_bases) / Doubles::splat(9e6);
        output.sma9[row..row + LANES].copy_from_slice(sma9.as_array());
        let [volume, products] = averages.add(weighed, shares);
        // Never -0, whose upper half is below 0: no sum is.
        let lead = closes * volume - products * nine;
        let (vwap, above) = averages.bounds(products / volume);
        open |= bits(vwap) ^ bits(above);
        output.vwap[row..row + LANES].copy_from_slice(vwap.as_array());
        lead
    };
    for turn in 0..BLOCK_ROWS / TURN_ROWS {
        let row = turn * TURN_ROWS;
        let first = upper_halves(settle_vector(row));
        let second = if TURN_ROWS > LANES { upper_halves(settle_vector(row + LANES)) } else { first };
        let halves: [i32; TURN_ROWS] =
            core::array::from_fn(|row| if row < LANES { first[row] } else { second[row - LANES] });
        leads[row..row + TURN_ROWS].copy_from_slice(&halves);
    }

    let [volume, products] = [averages.volumes, averages.products].map(|sum| sum.last());
    *sums = Sums { base: sums.base, closes: Int52::from_bits(closes.last()), volume, products };
    let sign = if any_bits(open) == 0 { 0 } else { i64::MIN };
    any_bits(any) | sign
}

/// How far from the base the prices of a block are at most. Takes a while: most blocks need not know.
#[cold]
#[inline(never)]
fn farthest<P: PriceCell, V>(rule: Rule, base: Base, input: &Input<'_, P, V>) -> Int52 {
    let distances = input.weighed.iter().map(|weighed| (P::micros(*weighed) - base.prices(rule)).abs());
    Int52::wrapping(distances.max().unwrap_or(Int52::END - 1))
}

/// Writes the VWAPs again whose last bit was open.
#[cold]
#[inline(never)]
fn settle_exactly<P: PriceCell, V: VolumeCell>(
    rule: Rule,
    before: &Sums,
    input: &Input<'_, P, V>,
    output: &mut Output<'_>,
) {
    let mut averages = Averages::new::<P>(rule, before);
    for row in (0..BLOCK_ROWS).step_by(LANES) {
        let [volumes, products] = averages.add(held_at::<P>(input.weighed, row), V::shares_at(input.volumes, row));
        let (vwaps, above) = averages.bounds(products / volumes);
        if any_bits(bits(vwaps) ^ bits(above)) != 0 {
            for lane in 0..LANES {
                let [volume, near] = [volumes, products].map(|sums| Int52::nearest(sums.to_array()[lane]).get());
                let average = Vwap::around(rule, NearSums { volume, base: before.base, near });
                output.vwap[row + lane] = average.nearest().unwrap_or(ABSENT);
            }
        }
    }
}
