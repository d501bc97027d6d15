//! Objects that JavaScript holds by number.
#![expect(
    unsafe_code,
    reason = "shared state that is neither a lock nor thread-local, for there is no standard library"
)]

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

use alloc::vec::Vec;

use crate::status::{Code, Refusal};

/// Objects by number. A number that stands for none, or for one that is in use, is refused.
#[derive(Debug)]
pub(crate) struct Slots<T> {
    busy: AtomicBool,
    /// A vector of one object stays where it is in memory; an empty one is a free slot.
    objects: UnsafeCell<Vec<Vec<T>>>,
}

// SAFETY: `objects` is only reached in `with_all`, by whoever set `busy`.
unsafe impl<T: Send> Sync for Slots<T> {}

impl<T> Slots<T> {
    pub(crate) const fn new() -> Self {
        Self { busy: AtomicBool::new(false), objects: UnsafeCell::new(Vec::new()) }
    }

    /// Keeps an object and returns its number.
    pub(crate) fn insert(&self, object: T) -> Result<i32, Refusal> {
        self.with_all(|objects| {
            let number = objects.iter().position(Vec::is_empty).unwrap_or(objects.len());
            if number == objects.len() {
                objects.try_reserve(1).map_err(|_| Code::TooLarge)?;
                objects.push(Vec::new());
            }
            let slot = &mut objects[number];
            slot.try_reserve_exact(1).map_err(|_| Code::TooLarge)?;
            slot.push(object);
            i32::try_from(number).map_err(|_| Code::TooLarge.into())
        })
    }

    /// Forgets an object.
    pub(crate) fn remove(&self, number: u32) {
        let _ = self.with_all(|objects| {
            if let Some(slot) = usize::try_from(number).ok().and_then(|number| objects.get_mut(number)) {
                *slot = Vec::new();
            }
            Ok(())
        });
    }

    /// Does something with an object.
    #[inline]
    pub(crate) fn with<R>(&self, number: u32, act: impl FnOnce(&mut T) -> Result<R, Refusal>) -> Result<R, Refusal> {
        self.with_all(|objects| {
            let slot = usize::try_from(number).ok().and_then(|number| objects.get_mut(number));
            act(slot.and_then(|slot| slot.first_mut()).ok_or(Code::Disposed)?)
        })
    }

    #[inline]
    fn with_all<R>(&self, act: impl FnOnce(&mut Vec<Vec<T>>) -> Result<R, Refusal>) -> Result<R, Refusal> {
        if self.busy.swap(true, Ordering::Acquire) {
            return Err(Code::Internal.into());
        }
        // SAFETY: `busy` was false, so that nobody else has a reference, and is true until this one is gone.
        let result = act(unsafe { &mut *self.objects.get() });
        self.busy.store(false, Ordering::Release);
        result
    }
}

/// The number of an object, or the status of the refusal.
pub(crate) fn number(result: Result<i32, Refusal>) -> i32 {
    result.unwrap_or_else(|refusal| refusal.code.as_status())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_numbers_that_stand_for_nothing() {
        let slots = Slots::new();
        let gone = |result: Result<i32, Refusal>| result == Err(Code::Disposed.into());
        assert_eq!((slots.insert(7), slots.insert(8)), (Ok(0), Ok(1)));
        assert_eq!(slots.with(1, |object| Ok(*object)), Ok(8));
        assert!(gone(slots.with(2, |object| Ok(*object))) && gone(slots.with(u32::MAX, |object| Ok(*object))));
        slots.remove(0);
        slots.remove(0);
        slots.remove(99);
        assert!(gone(slots.with(0, |object| Ok(*object))));
        assert_eq!(slots.insert(9), Ok(0));
    }

    #[test]
    fn refuses_an_object_in_use() {
        let slots = Slots::new();
        slots.insert(7).unwrap();
        let inner = slots.with(0, |_| Ok(slots.with(0, |object| Ok(*object))));
        assert_eq!(inner, Ok(Err(Code::Internal.into())));
        assert_eq!(slots.with(0, |object| Ok(*object)), Ok(7));
    }
}
