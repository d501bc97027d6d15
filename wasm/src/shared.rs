//! State that outlives a call.
#![expect(
    unsafe_code,
    reason = "shared state that is neither a lock nor thread-local, for there is no standard library"
)]

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::status::{Code, Refusal};

/// A value for all callers, one at a time.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    busy: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: `value` is only reached in `with`, by whoever set `busy`.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { busy: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// Does something with the value. Refuses if that is what somebody is doing already.
    #[inline]
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut T) -> Result<R, Refusal>) -> Result<R, Refusal> {
        if self.busy.swap(true, Ordering::Acquire) {
            return Err(Code::Internal.into());
        }
        // SAFETY: `busy` was false, so that nobody else has a reference, and is true until this one is gone.
        let result = act(unsafe { &mut *self.value.get() });
        self.busy.store(false, Ordering::Release);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_value_in_use() {
        let shared = Shared::new(7);
        let inner = shared.with(|_| Ok(shared.with(|value| Ok(*value))));
        assert_eq!(inner, Ok(Err(Code::Internal.into())));
        assert_eq!(shared.with(|value| Ok(*value)), Ok(7));
    }
}
