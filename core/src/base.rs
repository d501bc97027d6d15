//! A price near the VWAP, around which its sums are small.

use crate::int52::Int52;
use crate::rule::Rule;

/// A base price, a multiple of 1/64 dollar: exact in decimal and in binary.
///
/// Around it the VWAP is the base and a small quotient. Rounded once with the quotient a little too small and once a little
/// too large, it gives one double for all but some rows in a thousand. Rounding is monotone: the exact value then gives
/// that double as well.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base {
    /// As many base prices as the VWAP adds up a bar, in micro-dollars.
    pub(crate) prices: i64,
    /// The base in dollars, exact.
    dollars: f64,
    /// Dollars in a micro-dollar of one price of a bar, a little less and a little more than exact.
    low: f64,
    high: f64,
}

/// 1/64 dollar in micro-dollars.
pub(crate) const BASE_STEP: i64 = 15_625;

/// Relative margin around a quotient, 6 * 2^-53: the roundings of the quotient, of its product with the constant, and at
/// most three of the constant are 2^-53 each.
const MARGIN: f64 = 3.0 * f64::EPSILON;

impl Base {
    /// No base at all: nothing is near it.
    pub(crate) const NONE: Self = Self { prices: 0, dollars: 0.0, low: f64::NAN, high: f64::NAN };

    /// The base of so many steps.
    #[inline]
    pub(crate) fn new(rule: Rule, steps: i64) -> Self {
        let micro_dollar = match rule {
            Rule::Close => 1e-6,
            Rule::Hlc3 => 1e-6 / 3.0,
        };
        Self {
            prices: steps * BASE_STEP * rule.prices_per_bar().cast_signed(),
            dollars: Int52::wrapping(steps).to_f64() / 64.0,
            low: micro_dollar * (1.0 - MARGIN),
            high: micro_dollar * (1.0 + MARGIN),
        }
    }

    /// The base nearest to a price in dollars.
    pub(crate) fn nearest(rule: Rule, dollars: f64) -> Self {
        Self::new(rule, Int52::nearest(dollars * 64.0).get())
    }

    /// Bounds of the VWAP in dollars, in either order: `quotient` is the nearest double to the sum of (prices - bases) *
    /// volume over the sum of volume.
    #[inline]
    pub(crate) fn bounds(&self, quotient: f64) -> (f64, f64) {
        (self.dollars + quotient * self.low, self.dollars + quotient * self.high)
    }
}
