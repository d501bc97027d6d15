//! What takes the standard library's place in the module as it is shipped.
#![expect(unsafe_code, reason = "an allocator and a halt cannot be written without it")]

use core::panic::PanicInfo;

use lol_alloc::{AssumeSingleThreaded, FreeListAllocator};

// SAFETY: the module is built without threads.
#[global_allocator]
static ALLOCATOR: AssumeSingleThreaded<FreeListAllocator> =
    unsafe { AssumeSingleThreaded::new(FreeListAllocator::new()) };

/// Stops. Nothing here is known to panic; without a message, none has to be shipped.
#[panic_handler]
fn halt(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
