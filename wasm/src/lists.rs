//! Lists that grow if there is memory, and refuse otherwise.
//!
//! Room is made first. Where the compiler then sees that there is room, it leaves out what a list does without: a panic, and
//! its message.

use alloc::vec::Vec;

use crate::status::Code;

/// Adds an item. Makes room for one item at first, then for twice as many each time.
pub(crate) fn push<T>(list: &mut Vec<T>, item: T) -> Result<(), Code> {
    if list.len() == list.capacity() {
        list.try_reserve_exact(list.len().max(1)).map_err(|_| Code::TooLarge)?;
    }
    if list.len() < list.capacity() {
        list.push(item);
    }
    Ok(())
}

/// Adds items until there are so many.
#[inline(never)]
pub(crate) fn fill<T: Copy>(list: &mut Vec<T>, len: usize, item: T) -> Result<(), Code> {
    list.try_reserve_exact(len.saturating_sub(list.len())).map_err(|_| Code::TooLarge)?;
    while list.len() < len && list.len() < list.capacity() {
        list.push(item);
    }
    Ok(())
}
