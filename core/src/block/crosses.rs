//! The crosses of a block, found in words of bits: one bit a row, the first row in the lowest.

use wide::bytemuck::cast;
use wide::{i8x16, i16x8, i32x8};

use crate::block::{BLOCK_ROWS, Rows};
use crate::cross::Direction;

/// Rows whose bits fit a word.
const WORD_ROWS: usize = 64;

/// Rows whose signs fit a vector.
const VECTOR_ROWS: usize = 16;

/// Writes the crosses of a block and takes the side on to its end. A lead is above 0 where SMA9 is above the VWAP.
#[inline]
pub(super) fn detect(side: &mut Option<Direction>, leads: &Rows<i32>, cross: &mut Rows<i8>) {
    let mut signs = [i8x16::ZERO; BLOCK_ROWS / VECTOR_ROWS];
    let [mut above, mut below] = [i8x16::ZERO; 2];
    for (signs, leads) in signs.iter_mut().zip(leads.as_chunks().0) {
        *signs = signs_of(leads);
        above |= signs.simd_gt(i8x16::ZERO);
        below |= *signs;
    }
    let leaves = match side {
        None => above | below,
        Some(Direction::Up) => below,
        Some(Direction::Down) => above,
    };
    if leaves.to_bitmask() == 0 {
        *cross = [0; BLOCK_ROWS];
        return;
    }
    // The first side of a session is no cross.
    let first = || leads.iter().find_map(|lead| Direction::from_sign((*lead).into()));
    let mut is_above = side.or_else(first) == Some(Direction::Up);
    for (signs, cross) in signs.as_chunks().0.iter().zip(cross.as_chunks_mut().0) {
        is_above = detect_in_word(is_above, signs, cross);
    }
    *side = Some(if is_above { Direction::Up } else { Direction::Down });
}

/// Writes the crosses of a word, and returns whether SMA9 is above the VWAP after it.
fn detect_in_word(was_above: bool, signs: &[i8x16; WORD_ROWS / VECTOR_ROWS], cross: &mut [i8; WORD_ROWS]) -> bool {
    let was_above = u64::from(was_above);
    let [mut above, mut below] = [0_u64; 2];
    for (vector, signs) in signs.iter().enumerate() {
        above |= u64::from(signs.simd_gt(i8x16::ZERO).to_bitmask()) << (vector * VECTOR_ROWS);
        below |= u64::from(signs.to_bitmask()) << (vector * VECTOR_ROWS);
    }
    // A tie is on the side of the row before it: what is added to a run of ones carries through all of it.
    let ties = !(above | below);
    let ties_above = ((above << 1 | was_above) & ties).wrapping_add(ties) ^ ties;
    above |= ties_above & ties;

    let before = above << 1 | was_above;
    for (vector, cross) in cross.as_chunks_mut().0.iter_mut().enumerate() {
        let ones_where = |bits: u64| ones_where(bits >> (vector * VECTOR_ROWS));
        // A byte of ones is -1.
        *cross = (ones_where(before) - ones_where(above)).to_array();
    }
    above >> (WORD_ROWS - 1) == 1
}

/// A byte for each lead, with its sign.
#[inline]
fn signs_of(leads: &[i32; VECTOR_ROWS]) -> i8x16 {
    let half = |first: usize| i16x8::from_i32x8_saturate(i32x8::new(core::array::from_fn(|row| leads[first + row])));
    i8x16::from_i16x16_saturate(cast([half(0), half(VECTOR_ROWS / 2)]))
}

/// A byte of ones for each of the lowest bits that is 1, of zeros for one that is 0.
#[inline]
fn ones_where(bits: u64) -> i8x16 {
    let bit_of_byte = i8x16::new([1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128]);
    let eight_times = |byte: u64| (byte & 0xff).wrapping_mul(0x0101_0101_0101_0101);
    let copies: i8x16 = cast([eight_times(bits), eight_times(bits >> 8)]);
    (copies & bit_of_byte).simd_eq(bit_of_byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::CrossDetector;

    proptest! {
        #[test]
        fn are_those_of_row_by_row(
            start in prop_oneof![Just(None), Just(Some(Direction::Up)), Just(Some(Direction::Down))],
            // Mostly ties, or none, or runs.
            signs in prop_oneof![
                prop::collection::vec(prop_oneof![8 => Just(0), 1 => Just(1), 1 => Just(-1)], BLOCK_ROWS),
                prop::collection::vec(prop_oneof![Just(1), Just(-1)], BLOCK_ROWS),
                prop::collection::vec((-1..=1_i8, 1..20_usize), BLOCK_ROWS)
                    .prop_map(|runs| runs.into_iter().flat_map(|(sign, rows)| [sign; 20].into_iter().take(rows)).collect()),
            ],
        ) {
            let signs: [i8; BLOCK_ROWS] = core::array::from_fn(|row| signs[row]);
            let mut rows = CrossDetector::with_side(start);
            let expected = signs.map(|sign| rows.push(sign.cmp(&0)).map_or(0, Direction::as_sign));
            let mut cross = [7; BLOCK_ROWS];
            let mut side = start;
            detect(&mut side, &signs.map(i32::from), &mut cross);
            prop_assert_eq!((cross, side), (expected, rows.side()));
        }
    }
}
