//! What an option is worth: Bachelier's model, in which the price of the underlying is normally distributed.
//!
//! Only additions, multiplications, divisions and square roots are used, which every machine rounds alike.

/// Value and sensitivities of one option, in dollars.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Worth {
    pub(crate) value: f64,
    /// Per dollar of the underlying.
    pub(crate) delta: f64,
    /// Of delta, per dollar.
    pub(crate) gamma: f64,
    /// Per day.
    pub(crate) theta: f64,
    /// Per percentage point of volatility.
    pub(crate) vega: f64,
    /// Per percentage point of interest.
    pub(crate) rho: f64,
}

/// A call's worth from the prices of underlying and strike, the yearly volatility as a fraction and the years left.
pub(crate) fn call(price: f64, strike: f64, volatility: f64, years: f64) -> Worth {
    let deviation = price * volatility * years.sqrt();
    let distance = (price - strike) / deviation;
    let (below, density) = (normal_below(distance), normal_density(distance));
    Worth {
        value: (price - strike) * below + deviation * density,
        delta: below,
        gamma: density / deviation,
        theta: -deviation * density / (2.0 * years) / 365.0,
        vega: price * years.sqrt() * density / 100.0,
        rho: strike * years * below / 100.0,
    }
}

/// A put's worth, from the call's: put = call - price + strike.
pub(crate) fn put(price: f64, strike: f64, volatility: f64, years: f64) -> Worth {
    let call = call(price, strike, volatility, years);
    let rho = call.rho - strike * years / 100.0;
    Worth { value: (call.value - price + strike).max(0.0), delta: call.delta - 1.0, rho, ..call }
}

fn normal_density(x: f64) -> f64 {
    exp_of_minus(x * x / 2.0) / 2.506_628_274_631_000_5
}

/// The share of a normal distribution below `x`, to seven decimals.
///
/// Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 26.2.17.
fn normal_below(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let series =
        ((((1.330_274_429 * t - 1.821_255_978) * t + 1.781_477_937) * t - 0.356_563_782) * t + 0.319_381_530) * t;
    let above = normal_density(x) * series;
    if x < 0.0 { above } else { 1.0 - above }
}

/// `e^-x` for `x >= 0`: the series of a 4096th of `x`, raised to the 4096th power.
fn exp_of_minus(x: f64) -> f64 {
    if x > 700.0 {
        return 0.0;
    }
    let x = -x / 4096.0;
    let series = [10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0].iter().fold(1.0, |sum, n| 1.0 + x / n * sum);
    (0..12).fold(series, |power, _| power * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_known_values() {
        for (x, below) in [(0.0, 0.5), (1.0, 0.841_344_746), (-1.0, 0.158_655_254), (2.5, 0.993_790_335)] {
            assert!((normal_below(x) - below).abs() < 2e-7, "{x}");
        }
        for x in [0.0, 0.5, 3.0, 12.0, 30.0, 450.0, 700.0] {
            assert!((exp_of_minus(x) / f64::exp(-x) - 1.0).abs() < 1e-9, "{x}");
        }
        // At the money the value is the deviation over the root of 2 pi.
        let atm = call(600.0, 600.0, 0.2, 0.25);
        assert!((atm.value - 60.0 / 2.506_628_274_631).abs() < 1e-5);
        assert!((atm.delta - 0.5).abs() < 1e-6);
    }

    #[test]
    fn puts_and_calls_agree() {
        for strike in [400.0, 550.0, 600.0, 601.0, 800.0] {
            let (call, put) = (call(600.0, strike, 0.2, 0.1), put(600.0, strike, 0.2, 0.1));
            assert!((call.value - put.value - (600.0 - strike)).abs() < 1e-6, "{strike}");
            assert!(call.value >= 0.0 && put.value >= 0.0 && call.theta <= 0.0, "{strike}");
        }
    }
}
