//! Columns into which another language wrote doubles, and which hold integers from then on.

/// Rows that are looked at together.
const CHUNK_ROWS: usize = 64;

/// Makes integers of doubles where they stand, in one pass.
///
/// `quickly` makes one of the `double` in a row, and bits from `end` on where it may be wrong; it is asked for whole chunks at
/// a time, so that the compiler makes vector instructions of it. Where one row of a chunk may be wrong, `exactly` decides on each.
///
/// # Errors
/// The first row that `exactly` refuses and why. What the column holds is unspecified then.
#[inline(always)]
pub(crate) fn accept<T: Copy, E>(
    column: &mut [T],
    filler: T,
    double: impl Fn(T) -> f64,
    quickly: impl Fn(f64) -> (T, u64),
    end: u64,
    exactly: impl Fn(f64) -> Result<T, E>,
) -> Result<(), (usize, E)> {
    let mut doubles = [filler; CHUNK_ROWS];
    for (chunk, first) in column.chunks_mut(CHUNK_ROWS).zip((0..).step_by(CHUNK_ROWS)) {
        let mut bits = u64::MAX;
        if let Some(chunk) = chunk.first_chunk_mut::<CHUNK_ROWS>() {
            bits = 0;
            for (row, kept) in chunk.iter_mut().zip(&mut doubles) {
                let (integer, wrong) = quickly(double(*row));
                bits |= wrong;
                (*kept, *row) = (*row, integer);
            }
            if bits >= end {
                *chunk = doubles;
            }
        }
        if bits >= end {
            for (row, place) in (first..).zip(chunk) {
                *place = exactly(double(*place)).map_err(|error| (row, error))?;
            }
        }
    }
    Ok(())
}
