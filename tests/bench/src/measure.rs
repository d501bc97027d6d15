//! Checks every peer against the exact results, then times all of them in turn.

use std::hint::black_box;
use std::time::Instant;

use crate::exact;
use crate::input::Input;
use crate::output::Output;
use crate::peers::{BATCH, Exactness, Peer, STREAM};

/// The widest vectors that the compiler may use in this build.
const BUILD: &str = if cfg!(target_feature = "avx512f") {
    "native (AVX-512)"
} else if cfg!(target_feature = "avx2") {
    "native (AVX2)"
} else {
    "portable"
};

/// Prints a line for every count and every time: its kind, the input, the peer and the numbers, apart by tabs.
pub(crate) fn measure(inputs: &[Input]) {
    println!("build\t{BUILD}");
    for input in inputs {
        let expected = exact::exact(input);
        let crosses = expected.cross.iter().filter(|cross| **cross != 0).count();
        println!("input\t{}\t{}\t{crosses}", input.name, input.rows());
        for (kind, peers) in [("batch", BATCH.as_slice()), ("stream", STREAM.as_slice())] {
            for peer in peers {
                check(kind, peer, input, &expected);
            }
            for (peer, nanoseconds) in peers.iter().zip(time(peers, input)) {
                println!("{kind}\t{}\t{}\t{nanoseconds:.4}", input.name, peer.name);
            }
        }
    }
}

/// Counts the rows that a peer gets wrong: crosses as its user sees them, crosses by this project's rule from its values,
/// and the last bits of both values.
fn check(kind: &str, peer: &Peer, input: &Input, expected: &Output) {
    if peer.exactness == Exactness::None {
        return;
    }
    let mut output = Output::new(input.rows());
    (peer.run)(input, &mut output);
    let from_values = exact::crosses(input, &output);
    let different = |left: &[i8], right: &[i8]| left.iter().zip(right).filter(|(left, right)| left != right).count();
    let wrong = |left: &[f64], right: &[f64]| {
        let same =
            |(left, right): &(&f64, &f64)| left.to_bits() == right.to_bits() || (left.is_nan() && right.is_nan());
        left.iter().zip(right).filter(|pair| !same(pair)).count()
    };
    let counts = [
        different(&output.cross, &expected.cross),
        different(&from_values, &expected.cross),
        wrong(&output.sma9, &expected.sma9),
        wrong(&output.vwap, &expected.vwap),
    ];
    if peer.exactness == Exactness::Exact {
        // From tied values no rule could tell the side, so that the second count says nothing about exact crosses.
        assert_eq!([counts[0], counts[2], counts[3]], [0; 3], "{kind} of {} on {}", peer.name, input.name);
    }
    let [crosses, from_values, sma9, vwap] = counts;
    println!("wrong {kind}\t{}\t{}\t{crosses}\t{from_values}\t{sma9}\t{vwap}", input.name, peer.name);
}

/// Nanoseconds a row of each peer: the median of many rounds, in each of which all of them have their turn.
fn time(peers: &[Peer], input: &Input) -> Vec<f64> {
    let rounds = (2_000_000 / input.rows()).clamp(7, 61);
    let mut output = Output::new(input.rows());
    let mut times = vec![Vec::new(); peers.len()];
    for round in 0..=rounds {
        for (peer, times) in peers.iter().zip(&mut times) {
            let begin = Instant::now();
            (peer.run)(black_box(input), black_box(&mut output));
            // The first round only warms up.
            if round > 0 {
                times.push(begin.elapsed().as_secs_f64() * 1e9 / input.rows() as f64);
            }
        }
    }
    times.into_iter().map(median).collect()
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
