//! Rows side by side in vectors: two, or four or eight where all processors that are built for have AVX2 or AVX-512.

use wide::bytemuck::cast;

#[cfg(not(target_feature = "avx2"))]
pub(crate) use wide::{f64x2 as Doubles, i64x2 as Integers};
#[cfg(all(target_feature = "avx2", not(target_feature = "avx512f")))]
pub(crate) use wide::{f64x4 as Doubles, i64x4 as Integers};
#[cfg(target_feature = "avx512f")]
pub(crate) use wide::{f64x8 as Doubles, i64x8 as Integers};

/// Rows in a vector.
pub(crate) const LANES: usize = size_of::<Doubles>() / size_of::<f64>();

/// How often that halves.
const HALVINGS: usize = match LANES {
    2 => 1,
    4 => 2,
    _ => 3,
};

/// A vector of the integers that a row's lane is given.
#[inline]
pub(crate) fn integers(of_lane: impl Fn(usize) -> i64) -> Integers {
    Integers::new(core::array::from_fn(of_lane))
}

/// The bits of each double.
#[inline]
pub(crate) fn bits(doubles: Doubles) -> Integers {
    cast(doubles)
}

/// The double of each pattern of bits.
#[inline]
pub(crate) fn from_bits(bits: Integers) -> Doubles {
    cast(bits)
}

/// The upper half of each double's bits.
#[inline]
pub(super) fn upper_halves(doubles: Doubles) -> [i32; LANES] {
    let halves: [[i32; 2]; LANES] = cast(doubles);
    halves.map(|[first, second]| if cfg!(target_endian = "little") { second } else { first })
}

/// The bitwise or of all lanes.
#[inline]
pub(crate) fn any_bits(lanes: Integers) -> i64 {
    lanes.to_array().into_iter().fold(0, |all, lane| all | lane)
}

macro_rules! running_sum {
    ($name:ident, $lanes:ty, $lane:ty) => {
        /// A sum that runs from row to row.
        ///
        /// The sum after a row is the sum a vector before it and all rows since, so that one addition a vector waits for the
        /// vector before.
        pub(super) struct $name {
            /// The sums after the rows of the last vector.
            sums: $lanes,
            /// Of those rows: each alone, then with the row before it, and so on.
            rows: [$lanes; HALVINGS],
        }

        impl $name {
            /// Begins at a sum, as if zeros had led to it.
            #[inline]
            pub(super) fn new(sum: $lane) -> Self {
                Self { sums: <$lanes>::splat(sum), rows: [<$lanes>::ZERO; HALVINGS] }
            }

            /// Adds a vector of rows and returns the sum after each of them.
            #[inline(always)]
            pub(super) fn add(&mut self, mut rows: $lanes) -> $lanes {
                for (halving, last) in self.rows.iter_mut().enumerate() {
                    let back = 1 << halving;
                    let (before, now) = (last.to_array(), rows.to_array());
                    // A loop becomes one instruction; of eight lanes, `from_fn` would become a call.
                    let mut earlier = now;
                    for lane in 0..LANES {
                        earlier[lane] = if lane < back { before[LANES - back + lane] } else { now[lane - back] };
                    }
                    *last = rows;
                    rows += <$lanes>::new(earlier);
                }
                self.sums += rows;
                self.sums
            }

            /// The sum after all rows.
            #[inline]
            pub(super) fn last(&self) -> $lane {
                self.sums.to_array()[LANES - 1]
            }
        }
    };
}
running_sum!(DoubleSum, Doubles, f64);
running_sum!(IntegerSum, Integers, i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_run_from_row_to_row() {
        let rows: [i64; 8 * LANES] = core::array::from_fn(|row| [3, -5, 1 << 40, 0, 7][row % 5]);
        let (mut integer_sum, mut double_sum, mut sum) = (IntegerSum::new(100), DoubleSum::new(-4.0), 0);
        for vector in rows.chunks_exact(LANES) {
            let expected: [i64; LANES] = core::array::from_fn(|lane| {
                sum += vector[lane];
                sum
            });
            #[expect(clippy::as_conversions, reason = "below 2^53")]
            let double = |integer: i64| integer as f64;
            let rows = integers(|lane| vector[lane]);
            assert_eq!(integer_sum.add(rows).to_array(), expected.map(|sum| sum + 100));
            let sums = double_sum.add(Doubles::new(rows.to_array().map(double)));
            assert_eq!(sums.to_array(), expected.map(|sum| double(sum - 4)));
            assert_eq!((integer_sum.last(), double_sum.last()), (sum + 100, double(sum - 4)));
        }
    }

    #[test]
    fn bits_and_doubles() {
        let doubles = Doubles::new(core::array::from_fn(|lane| [1.5, -0.0][lane % 2]));
        assert_eq!(from_bits(bits(doubles)).to_array().map(f64::to_bits), doubles.to_array().map(f64::to_bits));
        assert_eq!(any_bits(bits(doubles)).cast_unsigned(), 1.5_f64.to_bits() | 1 << 63);
    }
}
