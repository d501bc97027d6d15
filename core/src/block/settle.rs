//! From the rows of a block to its values.

use crate::base::Scale;
use crate::block::crosses;
use crate::block::lanes::{DoubleSum, Doubles, IntegerSum, Integers, LANES, any_bits, bits, from_bits};
use crate::block::sums::{NINE, Sums};
use crate::block::{BLOCK_ROWS, Input, Output, Rows};
use crate::cells::{Doubt, PriceCell, Sign, VolumeCell};
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
#[inline]
pub(super) fn settle<P: PriceCell, V: VolumeCell>(
    rule: Rule,
    sums: &mut Sums,
    side: &mut Option<Direction>,
    input: &Input<'_, P, V>,
    output: &mut Output<'_>,
    leads: &mut Rows<f64>,
) -> bool {
    let before = *sums;
    let rest = if let Some((highs, lows)) = input.highs_lows {
        let weighed = |close: Integers, row: usize, doubt: &mut Doubt| {
            P::check(highs, row, doubt);
            P::check(lows, row, doubt);
            close + P::vector(highs, row) + P::vector(lows, row)
        };
        settle_rows(rule, sums, *side, input, output, leads, weighed)
    } else {
        settle_rows(rule, sums, *side, input, output, leads, |close, _, _| close)
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
fn settle_rows<P: PriceCell, V: VolumeCell>(
    rule: Rule,
    sums: &mut Sums,
    side: Option<Direction>,
    input: &Input<'_, P, V>,
    output: &mut Output<'_>,
    leads: &mut Rows<f64>,
    weighed: impl Fn(Integers, usize, &mut Doubt) -> Integers,
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
    let offsets = P::OFFSET.wrapping_mul(rule.prices_per_bar().cast_signed());
    let less_bases = Integers::splat(Int52::wrapping(-base.prices(rule)).to_bits().wrapping_sub(offsets));
    let origin = Doubles::splat(Int52::ORIGIN);
    // Below the VWAP shares are negative, and so are their sums: a lead is negative once SMA9 is on the other side.
    let same_side = side.map_or(1.0, |side| f64::from(side.as_sign()));
    let sign = Sign::new(same_side);

    let mut closes = IntegerSum::new(sums.closes.to_bits());
    let [mut volumes, mut products] = [sums.volume, sums.products].map(|sum| DoubleSum::new(sum * same_side));
    let [mut open, mut sides] = [Integers::splat(0); 2];
    let mut doubt = Doubt::new();

    let mut settle_vector = |row: usize| {
        P::check(input.closes, row, &mut doubt);
        V::check(input.volumes, row, &mut doubt);
        let close = P::vector(input.closes, row);
        let closes = from_bits(closes.add(close - P::vector(input.leaving, row))) - origin;
        let shares = V::vector(input.volumes, row, sign);
        let weighed = weighed(close, row, &mut doubt);
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
    // This bounds every sum of products and every step towards it.
    let bound = doubt.highest::<P>().map_or(f64::INFINITY, |highest| {
        let prices = (highest | base.as_micros()) * rule.prices_per_bar().cast_signed();
        Int52::wrapping(prices).to_f64() * (volume - sums.volume) + sums.products.abs()
    });
    *sums = Sums { base, closes: Int52::from_bits(closes.last()), volume, products };
    Rest { exact: bound < EXACT_NINTH && volume <= MAX_VOLUME.to_f64(), open: any_bits(open), sides: any_bits(sides) }
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
    let Sums { base, mut volume, mut products, .. } = *before;
    let sums: Rows<_> = core::array::from_fn(|row| {
        let (weighed, shares) = input.row(rule, row).unwrap_or_default();
        let shares = Int52::wrapping(shares).to_f64();
        volume += shares;
        products += Int52::wrapping(weighed - base.prices(rule)).to_f64() * shares;
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
