//! Texts that JavaScript writes into this module's memory and reads from it.

use alloc::vec::Vec;

use crate::lists::fill;
use crate::shared::Shared;
use crate::status::{Code, Refusal};
use wasm_bindgen::prelude::*;

static TEXT: Shared<Vec<u8>> = Shared::new(Vec::new());

/// Makes room for a text of so many bytes and returns where it is; 0 if there is no memory. Every function that takes the
/// length of a text reads it there.
#[must_use]
#[wasm_bindgen]
pub fn text_room(length: u32) -> *mut u8 {
    let room = |text: &mut Vec<u8>| {
        let length = usize::try_from(length).map_err(|_| Code::TooLarge)?;
        fill(text, length, 0)?;
        Ok(text.as_mut_ptr())
    };
    TEXT.with(room).unwrap_or(core::ptr::null_mut())
}

/// Reads a text of so many bytes.
pub(crate) fn read<R>(length: u32, act: impl FnOnce(&[u8]) -> Result<R, Refusal>) -> Result<R, Refusal> {
    TEXT.with(|text| {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        act(text.get(..length).ok_or(Code::TooLarge)?)
    })
}

/// Writes bytes over the text, if there is room.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Refusal> {
    TEXT.with(|text| {
        text.get_mut(..bytes.len()).ok_or(Code::TooLarge)?.copy_from_slice(bytes);
        Ok(())
    })
}

/// The last `N` hex digits of a number.
pub(crate) fn hex<const N: usize>(number: u128) -> [u8; N] {
    let mut digits = [0; N];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[usize::from(rest.to_le_bytes()[0] & 15)];
        rest >>= 4;
    }
    digits
}

#[cfg(test)]
mod tests {
    use alpha_kite_core::SignalId;

    #[test]
    fn writes_hex_as_the_core_does() {
        for number in [0, 1, 0x2d06_8005_38d3_94c2, u128::MAX] {
            assert_eq!(super::hex::<32>(number), *SignalId::from_u128(number).to_string().as_bytes());
        }
    }
}
