//! Exact ratios, their order, and the one conversion to a double.

use core::cmp::Ordering;

use crate::int52::{Int52, to_f64};

/// An exact non-negative ratio of two integers.
///
/// Equality and order compare values: 1/2 equals 2/4.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    numerator: u128,
    denominator: u128,
}

impl Ratio {
    /// Denominators are below this, so that a shifted one never leaves 128 bits.
    const DENOMINATOR_END: u128 = 1 << 72;

    /// Makes `numerator / denominator`; `None` if the denominator is 0 or 2^72 or more.
    #[inline]
    #[must_use]
    pub const fn new(numerator: u128, denominator: u128) -> Option<Self> {
        if denominator == 0 || denominator >= Self::DENOMINATOR_END {
            return None;
        }
        Some(Self { numerator, denominator })
    }

    /// The double nearest to the exact ratio, ties to even: what every value that leaves the core is.
    ///
    /// # Examples
    /// ```
    /// use alpha_kite_core::Ratio;
    /// assert_eq!(Ratio::new(1, 3).map(Ratio::to_f64), Some(1.0 / 3.0));
    /// ```
    #[inline]
    #[must_use]
    pub fn to_f64(self) -> f64 {
        match (i64::try_from(self.numerator), i64::try_from(self.denominator)) {
            (Ok(numerator), Ok(denominator)) if denominator < Int52::END => {
                if numerator < Int52::END {
                    divide(numerator, denominator)
                } else {
                    nearest_by_division(numerator, denominator)
                        .unwrap_or_else(|| nearest_by_long_division(self.numerator, self.denominator))
                }
            }
            _ => nearest_by_long_division(self.numerator, self.denominator),
        }
    }
}

impl PartialEq for Ratio {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ratio {}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ratio {
    /// Compares whole parts, then the reciprocals of what is left: Euclid's algorithm, so nothing can overflow.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut left, mut right) = (*self, *other);
        loop {
            let whole = (left.numerator / left.denominator).cmp(&(right.numerator / right.denominator));
            let rest = (left.numerator % left.denominator, right.numerator % right.denominator);
            match (whole, rest) {
                (Ordering::Equal, (0, 0)) => return Ordering::Equal,
                (Ordering::Equal, (0, _)) => return Ordering::Less,
                (Ordering::Equal, (_, 0)) => return Ordering::Greater,
                (Ordering::Equal, (left_rest, right_rest)) => {
                    // a/b < c/d exactly if d/c < b/a.
                    let reciprocal = Self { numerator: left.denominator, denominator: left_rest };
                    left = Self { numerator: right.denominator, denominator: right_rest };
                    right = reciprocal;
                }
                (unequal, _) => return unequal,
            }
        }
    }
}

/// The quotient of two integers from 0 to [`Int52::END`]: correctly rounded, by IEEE 754, since both are doubles.
#[inline]
fn divide(numerator: i64, denominator: i64) -> f64 {
    to_f64(numerator) / to_f64(denominator)
}

/// One division of doubles, and an integer correction for a numerator that does not fit one.
///
/// `None` where this cannot settle the last bit: a numerator too large, an exact tie, or a result where doubles change their spacing.
///
/// The quotient `q` is off by the rounding of the numerator and its own, 2^-52 in all, which is at most two units in its
/// last place. With `q = m * 2^-shift`, the remainder `numerator * 2^shift - m * denominator` is then below 2^55, so that
/// its low 64 bits tell all of it.
#[inline]
fn nearest_by_division(numerator: i64, denominator: i64) -> Option<f64> {
    if numerator >= 1 << 62 {
        return None;
    }
    let bits = (to_f64(numerator) / to_f64(denominator)).to_bits();
    let shift = 1075_u64.checked_sub(bits >> 52)?;
    let significand = (bits & ((1 << 52) - 1)) | 1 << 52;
    let product = significand.cast_signed().wrapping_mul(denominator);
    let twice_remainder = 2 * (numerator << shift).wrapping_sub(product);
    let (half, three_halves) = (denominator, 3 * denominator);
    // Without short cuts: the sign of the remainder is anybody's guess, and so would be a branch on it.
    let tie = (twice_remainder == half)
        | (twice_remainder == -half)
        | (twice_remainder == three_halves)
        | (twice_remainder == -three_halves);
    let up = u64::from(twice_remainder > half) + u64::from(twice_remainder > three_halves);
    let down = u64::from(twice_remainder < -half) + u64::from(twice_remainder < -three_halves);
    let nearest = bits + up - down;
    // Below a power of two doubles are half as far apart. One that is carried up to was rounded with that spacing, others were not.
    (!tie && (nearest - 1) >> 52 == bits >> 52).then_some(f64::from_bits(nearest))
}

/// Long division to 55 or 56 bits and a sticky remainder, then one rounding: right for every ratio.
#[cold]
fn nearest_by_long_division(numerator: u128, denominator: u128) -> f64 {
    if numerator == 0 {
        return 0.0;
    }
    let bit_length = |value: u128| 128 - value.leading_zeros();
    let wanted = bit_length(denominator) + 55;
    let length = bit_length(numerator);
    let (numerator, denominator) = if wanted >= length {
        (numerator << (wanted - length), denominator)
    } else {
        (numerator, denominator << (length - wanted))
    };
    let (quotient, remainder) = long_division(numerator, denominator);
    let dropped = bit_length(quotient) - 53;
    let (kept, low) = (quotient >> dropped, quotient & ((1 << dropped) - 1));
    let half = 1 << (dropped - 1);
    let up = low > half || (low == half && (remainder != 0 || kept % 2 == 1));
    // kept is at most 2^53, and a carry into the next binade is what adding to the bits means.
    let significand = u64::try_from(kept).unwrap_or(u64::MAX) - (1 << 52) + u64::from(up);
    let exponent = u64::from(1075 + dropped + length - wanted);
    f64::from_bits((exponent << 52) + significand)
}

/// Quotient and remainder of numbers whose lengths differ by less than 64 bits, bit by bit: on WebAssembly the division of
/// the compiler's library is the larger code by far.
fn long_division(numerator: u128, denominator: u128) -> (u128, u128) {
    let (mut quotient, mut remainder) = (0, numerator);
    for shift in (0..=denominator.leading_zeros().saturating_sub(numerator.leading_zeros())).rev() {
        quotient <<= 1;
        if remainder >= denominator << shift {
            remainder -= denominator << shift;
            quotient |= 1;
        }
    }
    (quotient, remainder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(numerator: u128, denominator: u128) -> Ratio {
        Ratio::new(numerator, denominator).unwrap()
    }

    #[test]
    fn orders_by_value() {
        let big = u128::MAX;
        let cases = [
            ((1, 2), (2, 4), Ordering::Equal),
            ((0, 1), (0, 7), Ordering::Equal),
            ((1, 3), (1, 2), Ordering::Less),
            ((7, 3), (5, 2), Ordering::Less),
            ((big, 3), (big - 1, 3), Ordering::Greater),
            ((big, (1 << 72) - 1), (big, (1 << 72) - 2), Ordering::Less),
            ((3, 1), (10, 3), Ordering::Less),
        ];
        for ((a, b), (c, d), order) in cases {
            assert_eq!(ratio(a, b).cmp(&ratio(c, d)), order, "{a}/{b} {c}/{d}");
            assert_eq!(ratio(c, d).cmp(&ratio(a, b)), order.reverse(), "{c}/{d} {a}/{b}");
        }
        assert!(Ratio::new(1, 0).is_none() && Ratio::new(1, 1 << 72).is_none());
    }

    #[test]
    fn rounds_to_nearest_ties_to_even() {
        let cases = [
            (0, 5, 0.0),
            (1, 3, 1.0 / 3.0),
            ((1 << 53) + 1, 1, 9_007_199_254_740_992.0), // a tie, down to even
            ((1 << 53) + 3, 1, 9_007_199_254_740_996.0), // a tie, up to even
            (((1 << 53) + 1) * 3 + 1, 3, 9_007_199_254_740_994.0), // just above a tie
            (((1 << 53) + 1) * 3 - 1, 3, 9_007_199_254_740_992.0), // just below it
            ((1 << 54) - 1, 1, 18_014_398_509_481_984.0), // carries into the next binade
            // The quotient of the nearest doubles is 512, and 2048.
            (10_239_999_999_999_999, 20_000_000_000_000, 512_f64.next_down()),
            (2_767_011_611_056_432_952, 1_351_079_888_211_149, 2048_f64.next_down()),
            (u128::MAX, 1, 340_282_366_920_938_463_463_374_607_431_768_211_456.0),
            (1, (1 << 72) - 1, f64::from_bits((1023 - 72) << 52)),
        ];
        for (numerator, denominator, nearest) in cases {
            assert_eq!(ratio(numerator, denominator).to_f64(), nearest, "{numerator}/{denominator}");
        }
    }

    #[test]
    fn both_divisions_agree() {
        let mut seed = 1_u64;
        let mut random = |bits: u32| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            i64::try_from(seed >> (64 - bits)).unwrap()
        };
        let mut settled = 0;
        for round in 0..200_000_u32 {
            let denominator = random(20 + round % 32).max(1);
            let numerator = match round % 4 {
                // Beside a power of two times the denominator.
                0 => (denominator << (denominator.leading_zeros() - 10 + round % 3)) + random(3) - 4,
                _ => random(54 + round % 9) | 1 << 53,
            };
            let exact = nearest_by_long_division(numerator.unsigned_abs().into(), denominator.unsigned_abs().into());
            if let Some(value) = nearest_by_division(numerator, denominator) {
                assert_eq!(value, exact, "{numerator}/{denominator}");
                settled += 1;
            }
        }
        assert!(settled > 150_000, "{settled}");
    }
}
