//! The exact results, from integers alone and without the core.

use crate::input::Input;
use crate::output::Output;

/// SMA9, VWAP and crosses by their definitions: everything starts anew at each session.
pub(crate) fn exact(input: &Input) -> Output {
    let mut output = Output::new(input.rows());
    for session in input.sessions() {
        let (mut sum, mut volume, mut last) = (0_u128, 0_u128, 0);
        for row in session.clone() {
            let close = |row: usize| input.closes[row].as_micros().unsigned_abs() as u128;
            let shares = u128::from(input.volumes[row].get());
            sum += close(row) * shares;
            volume += shares;
            let nine = (row >= session.start + 8).then(|| (row - 8..=row).map(close).sum::<u128>());
            output.sma9[row] = nine.map_or(f64::NAN, |nine| nearest(nine, 9_000_000));
            output.vwap[row] = if volume == 0 { f64::NAN } else { nearest(sum, volume * 1_000_000) };
            output.cross[row] = 0;
            if let Some(nine) = nine.filter(|_| volume != 0) {
                let side = (nine * volume).cmp(&(9 * sum)) as i8;
                output.cross[row] = if side != 0 && last == -side { side } else { 0 };
                last = if side == 0 { last } else { side };
            }
        }
    }
    output
}

/// Crosses by the same rule, from the doubles that a peer computed.
pub(crate) fn crosses(input: &Input, values: &Output) -> Vec<i8> {
    let mut crosses = vec![0; input.rows()];
    for session in input.sessions() {
        let mut last = 0;
        for row in session {
            let side = values.sma9[row].partial_cmp(&values.vwap[row]).map_or(0, |order| order as i8);
            crosses[row] = if side != 0 && last == -side { side } else { 0 };
            last = if side == 0 { last } else { side };
        }
    }
    crosses
}

/// The double nearest to a ratio, ties to even: doubled or halved until the whole part has 53 bits, then rounded by what is left.
fn nearest(mut numerator: u128, mut denominator: u128) -> f64 {
    if numerator == 0 {
        return 0.0;
    }
    let mut exponent = 0_i64;
    while numerator / denominator < 1 << 52 {
        numerator *= 2;
        exponent -= 1;
    }
    while numerator / denominator >= 1 << 53 {
        denominator *= 2;
        exponent += 1;
    }
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    let up = match (2 * rest).cmp(&denominator) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => whole % 2,
        std::cmp::Ordering::Greater => 1,
    };
    // Both steps are exact: a whole number of at most 53 bits, times a power of two.
    (whole + up) as f64 * f64::from_bits(((1023 + exponent) as u64) << 52)
}
