//! From the rows of a block to its values.

use crate::base::Scale;
use crate::block::crosses;
use crate::block::lanes::{DoubleSum, Doubles, IntegerSum, Integers, LANES, any_bits, bits, from_bits, integers};
use crate::block::sums::{NINE, Sums};
use crate::block::{BLOCK_ROWS, Input, Output, Rows};
use crate::cross::Direction;
use crate::int52::Int52;
use crate::ratio::Ratio;
use crate::rule::Rule;
use crate::vwap::MAX_VOLUME;

/// Sums of products below this, times nine, are exact in doubles.
const EXACT_NINTH: f64 = Int52::wrapping(1 << 49).to_f64();

/// Vectors that the loop takes at a time: what the first one leaves to the second need not be moved.
const TURN_VECTORS: usize = 2;

/// What is left to do about a block whose values are written.
struct Rest {
    /// Whether the sums were exact.
    exact: bool,
    /// Not 0 if the two bounds of a VWAP differed.
    open: i64,
    /// 0 if SMA9 was equal to the VWAP at every row, negative if it was on the other side at some.
    sides: i64,
}

/// Settles a block and takes sums and side on to its end. `false` where doubles cannot tell: sums and side are those before it
/// then, and what the output holds is unspecified.
pub(super) fn settle(
    rule: Rule,
    sums: &mut Sums,
    side: &mut Option<Direction>,
    input: &Input<'_>,
    output: &mut Output<'_>,
    leads: &mut Rows<f64>,
) -> bool {
    let before = *sums;
    let rest = if let Some((highs, lows)) = input.highs_lows {
        let weighed = |close: Integers, row: usize| {
            close + integers(|lane| highs[row + lane].as_micros()) + integers(|lane| lows[row + lane].as_micros())
        };
        settle_rows(rule, sums, *side, input, output, leads, weighed)
    } else {
        settle_rows(rule, sums, *side, input, output, leads, |close, _| close)
    };
    if !rest.exact {
        *sums = before;
        return false;
    }
    if rest.sides == 0 || (side.is_some() && rest.sides > 0) {
        *output.cross = [0; BLOCK_ROWS];
    } else {
        *side = Some(crosses::detect(*side, leads, output.cross));
    }
    if rest.open != 0 {
        settle_exactly(rule, &before, input, output);
    }
    true
}

/// Writes SMA9 and VWAP, and the leads of SMA9: times some positive number, and the other way round where it was below the VWAP
/// before the block.
// A function of its own: compilers keep more of it in registers.
#[inline(never)]
fn settle_rows(
    rule: Rule,
    sums: &mut Sums,
    side: Option<Direction>,
    input: &Input<'_>,
    output: &mut Output<'_>,
    leads: &mut Rows<f64>,
    weighed: impl Fn(Integers, usize) -> Integers,
) -> Rest {
    // Nine over the prices that the VWAP adds up a bar.
    let nine = match rule {
        Rule::Close => 9.0,
        Rule::Hlc3 => 3.0,
    };
    let Sums { base, .. } = *sums;
    let Scale { dollars, low, high } = base.scale(rule);
    let [dollars, low, high, nine] = [dollars, low, high, nine].map(Doubles::splat);
    let nine_bases = Doubles::splat(Int52::wrapping(NINE * base.as_micros()).to_f64());
    let less_bases = Integers::splat(Int52::wrapping(-base.prices(rule)).to_bits());
    let origin = Doubles::splat(Int52::ORIGIN);
    // Below the VWAP shares are negative, and so are their sums: a lead is negative once SMA9 is on the other side.
    let same_side = side.map_or(1.0, |side| f64::from(side.as_sign()));
    let signed_origin = Doubles::splat(Int52::ORIGIN * same_side);
    let signed_zero = bits(signed_origin);

    let mut closes = IntegerSum::new(sums.closes.to_bits());
    let [mut volumes, mut products] = [sums.volume, sums.products].map(|sum| DoubleSum::new(sum * same_side));
    let [mut open, mut sides, mut highest] = [Integers::splat(0); 3];

    let mut settle_vector = |row: usize| {
        let close = integers(|lane| input.closes[row + lane].as_micros());
        let leaving = integers(|lane| input.leaving[row + lane].as_micros());
        let shares = integers(|lane| input.volumes[row + lane].get().cast_signed());
        let weighed = weighed(close, row);
        highest |= weighed;
        let closes = from_bits(closes.add(close - leaving)) - origin;
        let shares = from_bits(shares + signed_zero) - signed_origin;
        let volume = volumes.add(shares);
        let products = products.add((from_bits(weighed + less_bases) - origin) * shares);

        let sma9 = (closes + nine_bases) / Doubles::splat(9e6);
        let quotient = products / volume;
        let (vwap, above) = (dollars + quotient * low, dollars + quotient * high);
        let lead = closes * volume - products * nine;
        open |= bits(vwap) ^ bits(above);
        sides |= bits(lead);
        output.sma9[row..row + LANES].copy_from_slice(sma9.as_array());
        output.vwap[row..row + LANES].copy_from_slice(vwap.as_array());
        leads[row..row + LANES].copy_from_slice(lead.as_array());
    };
    for row in (0..BLOCK_ROWS).step_by(TURN_VECTORS * LANES) {
        for vector in 0..TURN_VECTORS {
            settle_vector(row + vector * LANES);
        }
    }

    let [volume, products] = [volumes, products].map(|sum| sum.last() * same_side);
    // No price is above `highest`, so that this bounds every sum of products and every step towards it.
    let highest = Int52::wrapping(any_bits(highest) | base.prices(rule)).to_f64();
    let bound = highest * (volume - sums.volume) + sums.products.abs();
    *sums = Sums { base, closes: Int52::from_bits(closes.last()), volume, products };
    Rest { exact: bound < EXACT_NINTH && volume <= MAX_VOLUME.to_f64(), open: any_bits(open), sides: any_bits(sides) }
}

/// Writes the VWAPs again whose last bit was open.
#[cold]
#[inline(never)]
fn settle_exactly(rule: Rule, before: &Sums, input: &Input<'_>, output: &mut Output<'_>) {
    let Sums { base, mut volume, mut products, .. } = *before;
    let sums: Rows<_> = core::array::from_fn(|row| {
        let shares = Int52::wrapping(input.volumes[row].get().cast_signed()).to_f64();
        volume += shares;
        products += Int52::wrapping(input.weighed(rule, row) - base.prices(rule)).to_f64() * shares;
        (volume, products)
    });
    let scale = base.scale(rule);
    let bounds = sums.map(|(volume, products)| scale.bounds(products / volume));
    for row in 0..BLOCK_ROWS {
        let (low, high) = bounds[row];
        if low == high {
            continue;
        }
        let [volume, products] = <[f64; 2]>::from(sums[row]).map(|sum| Int52::nearest(sum).get());
        let sum = i128::from(products) + i128::from(base.prices(rule)) * i128::from(volume);
        let prices = u128::from(rule.prices_per_bar() * volume.cast_unsigned());
        if let Some(vwap) = Ratio::new(sum.cast_unsigned(), prices * 1_000_000) {
            output.vwap[row] = vwap.to_f64();
        }
    }
}
