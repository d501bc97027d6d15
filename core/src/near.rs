//! The sums of a VWAP around a base, with which a push settles most bars.
//!
//! Two steps are here in two ways, of which the target takes the quicker one. Their results are the same.

use wide::bytemuck::cast;
use wide::f64x2;

use crate::base::Base;
use crate::indicators::NINE;
use crate::int52::{Int52, to_f64};
use crate::rule::Rule;
use crate::volume::Volume;
use crate::vwap::MAX_VOLUME;

/// The sums of a [`Vwap`](crate::Vwap) around a base.
#[derive(Clone, Copy)]
pub(crate) struct NearSums {
    /// Shares, above 0.
    pub(crate) volume: i64,
    pub(crate) base: Base,
    /// (Weighed prices - bases) * volume, in micro-dollar shares.
    pub(crate) near: i64,
}

impl NearSums {
    /// The sums after one bar more. `None` if the volume is out of range then, or the bar is far from the base.
    #[inline]
    pub(crate) fn with(self, rule: Rule, weighed: u64, volume: Volume) -> Option<Self> {
        let shares = volume.get().cast_signed();
        let distance = weighed.cast_signed() - self.base.prices(rule);
        let near = if cfg!(target_family = "wasm") {
            add_product_within_bounds(self.near, distance, shares)?
        } else {
            self.near.checked_add(distance.checked_mul(shares)?)?
        };
        let volume = self.volume + shares;
        (volume <= MAX_VOLUME).then_some(Self { volume, base: self.base, near })
    }

    /// SMA9 of nine closes with this sum and the VWAP, in dollars, each the nearest double, and a number with the sign of
    /// SMA9 - VWAP. `None` for some bars in a thousand.
    #[inline]
    pub(crate) fn settle(self, rule: Rule, closes: Int52) -> Option<(f64, f64, i64)> {
        if cfg!(target_family = "wasm") {
            self.settle_by_values(rule, closes)
        } else {
            self.settle_by_sums(rule, closes)
        }
    }

    /// With the sign from integers, which does not wait for the divisions, and both of those in one vector.
    ///
    /// Integers become doubles in the lower lanes of constants. Alone, the conversion of x86-64 keeps the upper lane of some register,
    /// and waits for what that held before.
    #[inline]
    fn settle_by_sums(self, rule: Rule, closes: Int52) -> Option<(f64, f64, i64)> {
        let prices = self.prices(rule, closes);
        let lead = prices.checked_mul(self.volume)?.checked_sub(self.near.checked_mul(NINE)?)?;
        let sum: f64x2 = cast([0, closes.to_bits()]);
        let dividends = sum + f64x2::new([to_f64(self.near), -Int52::ORIGIN]);
        let [quotient, sma9] = (dividends / f64x2::new([to_f64(self.volume), 9e6])).to_array();
        let (low, high) = self.base.scale(rule).bounds(quotient);
        // Both are numbers: one comparison tells.
        if low < high || high < low { None } else { Some((sma9, low, lead)) }
    }

    /// With the sign from the values, but where they are one double. Checked products and vectors of two are slow in WebAssembly.
    #[inline]
    fn settle_by_values(self, rule: Rule, closes: Int52) -> Option<(f64, f64, i64)> {
        let sma9 = closes.to_f64() / 9e6;
        let (low, high) = self.base.scale(rule).bounds(to_f64(self.near) / to_f64(self.volume));
        if low != high {
            return None;
        }
        // The bits of a double have its sign, and those of 0 are 0.
        let lead = (sma9 - low).to_bits().cast_signed();
        if lead != 0 {
            return Some((sma9, low, lead));
        }
        // Modulo 2^64: values that round to one double differ by far less than half of that.
        let lead = self.prices(rule, closes).wrapping_mul(self.volume).wrapping_sub(self.near.wrapping_mul(NINE));
        Some((sma9, low, lead))
    }

    /// Nine closes with this sum less as many bases, as often as the VWAP adds up prices a bar.
    ///
    /// SMA9 is above the VWAP exactly if this times the volume is above nine times `near`: as
    /// [`Vwap::compare_mean`](crate::Vwap::compare_mean), with the base taken from both sides.
    #[inline]
    fn prices(self, rule: Rule, closes: Int52) -> i64 {
        closes.get() * rule.prices_per_bar().cast_signed() - NINE * self.base.prices(rule)
    }
}

/// `sum + distance * shares`, where nothing can overflow: within 17,000 dollars and 268 million shares, and a sum within 2^62. The
/// checked product of WebAssembly is a call.
#[inline]
fn add_product_within_bounds(sum: i64, distance: i64, shares: i64) -> Option<i64> {
    let sum = sum.wrapping_add(distance.wrapping_mul(shares));
    let beyond = (distance + (1 << 34)) >> 35 | shares >> 28 | sum.wrapping_add(1 << 62) >> 63;
    (beyond == 0).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ratio::Ratio;
    use crate::vwap::Vwap;

    /// Reproducible integers of up to so many bits, with either sign.
    fn random(seed: &mut u64, bits: u32) -> i64 {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        seed.cast_signed() >> (63 - bits)
    }

    #[test]
    fn both_ways_settle_exactly() {
        let mut seed = 1;
        let (mut settled, mut ties, mut rounded) = (0, 0, 0);
        for round in 0..300_000_u32 {
            let rule = Rule::ALL[usize::from(round % 2 == 0)];
            let base = Base::nearest(f64::from(round % 7919));
            let volume = random(&mut seed, 1 + round % 43).abs() + 1;
            // SMA9 and the VWAP are one, or a little apart.
            let distance = random(&mut seed, 1 + round % 31).abs();
            let apart = random(&mut seed, 1 + round % 53).abs() * i64::from(round % 3 != 0);
            let Some(near) = (distance * rule.prices_per_bar().cast_signed()).checked_mul(volume) else { continue };
            let sums = NearSums { volume, base, near: near.saturating_add(apart) };
            let closes = Int52::wrapping(NINE * (base.as_micros() + distance));
            let average = Vwap::around(rule, sums);
            let order = average.compare_mean(closes.get().cast_unsigned(), 9);
            let sma9 = Ratio::new(closes.get().unsigned_abs().into(), 9_000_000).map(Ratio::to_f64);
            let exact = sma9.zip(average.value().map(Ratio::to_f64)).zip(order);
            for way in [NearSums::settle_by_sums, NearSums::settle_by_values] {
                let Some((sma9, vwap, lead)) = way(sums, rule, closes) else { continue };
                assert_eq!(Some(((sma9, vwap), lead.cmp(&0))), exact, "{round}");
                settled += 1;
                ties += u32::from(lead == 0);
                rounded += u32::from(sums.near >> 53 != 0);
            }
        }
        assert!(settled > 300_000 && ties > 50_000 && rounded > 20_000, "{settled} {ties} {rounded}");
    }

    #[test]
    fn a_product_is_added_or_declined() {
        let mut seed = 2;
        let (mut added, mut declined) = (0, 0);
        for round in 0..200_000_u32 {
            let (sum, distance) = (random(&mut seed, 30 + round % 34), random(&mut seed, 44.min(1 + round % 47)));
            let shares = random(&mut seed, 1 + round % 43).abs();
            let exact = i128::from(sum) + i128::from(distance) * i128::from(shares);
            match add_product_within_bounds(sum, distance, shares) {
                Some(sum) => {
                    assert_eq!(i128::from(sum), exact, "{round}");
                    added += 1;
                }
                None => {
                    assert!(sum.abs() >> 61 != 0 || distance.abs() >> 34 != 0 || shares >> 28 != 0, "{round}");
                    declined += 1;
                }
            }
        }
        assert!(added > 50_000 && declined > 50_000, "{added} {declined}");
    }
}
