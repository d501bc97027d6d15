//! A price near the VWAP, around which its sums are small.

use crate::int52::Int52;
use crate::rule::Rule;

/// A base price: a whole number of steps of 1/64 dollar, which are exact in decimal and in binary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base {
    dollars: f64,
    micros: i64,
}

/// 1/64 dollar in micro-dollars.
pub(crate) const STEP: i64 = 15_625;

impl Base {
    /// The base nearest to a price in dollars.
    pub(crate) fn nearest(dollars: f64) -> Self {
        let steps = Int52::nearest(dollars * 64.0);
        Self { dollars: steps.to_f64() / 64.0, micros: steps.get() * STEP }
    }

    #[inline]
    pub(crate) const fn as_micros(self) -> i64 {
        self.micros
    }

    /// As many base prices as the VWAP adds up a bar, in micro-dollars.
    #[inline]
    pub(crate) const fn prices(self, rule: Rule) -> i64 {
        self.micros * rule.prices_per_bar().cast_signed()
    }

    /// What brings quotients around this base back to dollars.
    #[inline]
    pub(crate) const fn scale(self, rule: Rule) -> Scale {
        // The nearest doubles, and how many doubles away from them is far enough on both sides.
        let (micro_dollar, steps) = match rule {
            Rule::Close => (1e-6_f64.to_bits(), 2),
            Rule::Hlc3 => (3.333_333_333_333_333_5e-7_f64.to_bits(), 3),
        };
        let [low, high] = [f64::from_bits(micro_dollar - steps), f64::from_bits(micro_dollar + steps)];
        Scale { dollars: self.dollars, low, high }
    }
}

/// From a quotient around a base to the VWAP, which is the base and that small quotient.
///
/// Rounded once with the quotient a little too small and once a little too large, it gives one double for all but some
/// rows in a thousand. Rounding is monotone: the exact value then gives that double as well.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    /// The base in dollars, exact.
    pub(crate) dollars: f64,
    /// Dollars in a micro-dollar of one price of a bar, a little less and a little more than exact: by 3 * 2^-53 of it and by not much
    /// more. The roundings of a quotient's dividend, of itself and of its product with this are 2^-53 each.
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Scale {
    /// Bounds of the VWAP in dollars, in either order: `quotient` is the double nearest to that of the sum of (prices - bases) *
    /// volume over the sum of volume.
    #[inline]
    pub(crate) fn bounds(self, quotient: f64) -> (f64, f64) {
        (self.dollars + quotient * self.low, self.dollars + quotient * self.high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_as_far_from_exact_as_they_have_to_be() {
        for rule in Rule::ALL {
            let Scale { low, high, .. } = Base::nearest(600.0).scale(rule);
            // How often a million, or three, of them make 1 - 2^-53 * n, or 1 + 2^-53 * n.
            let away = |scale: f64| {
                let (bits, prices) = (scale.to_bits(), u128::from(rule.prices_per_bar()));
                let significand = u128::from(bits & ((1 << 52) - 1) | 1 << 52) * prices * 1_000_000;
                // One, with as many bits behind the point as the product has.
                let one = 1_i128 << (1075 - (bits >> 52));
                (significand.cast_signed() - one, one)
            };
            for (far, one) in [low, high].map(away) {
                // In thousandths of 2^-53.
                let parts = (far.abs() << 53) / (one / 1000);
                assert!((3001..5000).contains(&parts), "{rule:?} {parts}");
            }
            assert!(away(low).0 < 0 && away(high).0 > 0);
        }
    }
}
