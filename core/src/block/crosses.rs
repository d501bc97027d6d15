//! The crosses of a block, found in bits: one a row, the first row in the lowest.

use crate::block::lanes::{Doubles, LANES};
use crate::block::{BLOCK_ROWS, Rows};
use crate::cross::Direction;

/// Writes the crosses of a block in which SMA9 was not always equal to the VWAP, and returns the side after it.
///
/// A lead is above 0 where SMA9 is on the `side` on which it was before the block, or is above the VWAP if it was on neither.
pub(super) fn detect(side: Option<Direction>, leads: &Rows<f64>, cross: &mut Rows<i8>) -> Direction {
    let (mut above, mut below) = (0_u64, 0_u64);
    for row in (0..BLOCK_ROWS).step_by(LANES) {
        let leads = Doubles::new(core::array::from_fn(|lane| leads[row + lane]));
        above |= u64::from(leads.simd_gt(Doubles::ZERO).to_bitmask()) << row;
        below |= u64::from(leads.simd_lt(Doubles::ZERO).to_bitmask()) << row;
    }
    if side == Some(Direction::Down) {
        (above, below) = (below, above);
    }
    // The first side of a session is no cross.
    let first = (above | below).trailing_zeros();
    let was_above = side.map_or(above >> first & 1, |side| u64::from(side == Direction::Up));
    // A tie is on the side of the row before it: what is added to a run of ones carries through all of it.
    let ties = !(above | below);
    let ties_above = ((above << 1 | was_above) & ties).wrapping_add(ties) ^ ties;
    above |= ties_above & ties;

    *cross = [0; BLOCK_ROWS];
    let mut crosses = above ^ (above << 1 | was_above);
    while crosses != 0 {
        let row = crosses.trailing_zeros();
        if let Some(cross) = usize::try_from(row).ok().and_then(|row| cross.get_mut(row)) {
            *cross = if above >> row & 1 == 1 { 1 } else { -1 };
        }
        crosses &= crosses - 1;
    }
    if above >> (BLOCK_ROWS - 1) == 1 { Direction::Up } else { Direction::Down }
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
            prop_assume!(signs != [0; BLOCK_ROWS]);
            let mut rows = CrossDetector::with_side(start);
            let expected = signs.map(|sign| rows.push(sign.cmp(&0)).map_or(0, Direction::as_sign));
            let same_side = start.map_or(1, Direction::as_sign);
            let mut cross = [7; BLOCK_ROWS];
            let side = detect(start, &signs.map(|sign| f64::from(sign * same_side) * 0.5), &mut cross);
            prop_assert_eq!((cross, Some(side)), (expected, rows.side()));
        }
    }
}
