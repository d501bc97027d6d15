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
        let micro_dollar = match rule {
            Rule::Close => 1e-6,
            Rule::Hlc3 => 1e-6 / 3.0,
        };
        Scale { dollars: self.dollars, low: micro_dollar * (1.0 - MARGIN), high: micro_dollar * (1.0 + MARGIN) }
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
    /// Dollars in a micro-dollar of one price of a bar, a little less and a little more than exact.
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// Relative margin around a quotient, 8 * 2^-53: the roundings of its dividend, of itself, of its product with the constant,
/// and at most three of the constant are 2^-53 each.
const MARGIN: f64 = 4.0 * f64::EPSILON;

impl Scale {
    /// Bounds of the VWAP in dollars, in either order: `quotient` is the double nearest to that of the sum of (prices - bases) *
    /// volume over the sum of volume.
    #[inline]
    pub(crate) fn bounds(self, quotient: f64) -> (f64, f64) {
        (self.dollars + quotient * self.low, self.dollars + quotient * self.high)
    }
}
