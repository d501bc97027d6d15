//! Numbers and dates as text, without the weight of `core::fmt`.

use alloc::string::String;

use alpha_kite_core::{Date, Digest, SignalId};

/// 16 hex digits.
pub(crate) fn digest(digest: Digest) -> String {
    digits(digest.as_u64().into(), 16, 16)
}

/// 32 hex digits.
pub(crate) fn signal_id(id: SignalId) -> String {
    digits(id.as_u128(), 16, 32)
}

/// `2019-02-11`.
pub(crate) fn date(date: Date) -> String {
    let mut text = digits(date.year().unsigned_abs().into(), 10, 4);
    for part in [date.month(), date.day()] {
        text.push('-');
        text.push_str(&digits(part.into(), 10, 2));
    }
    text
}

/// The last `count` digits of a number in a base of 16 or less.
fn digits(number: u128, base: u32, count: u32) -> String {
    let digit = |place: u32| {
        let digit = u32::try_from(number / u128::from(base).pow(place) % u128::from(base)).unwrap_or_default();
        char::from_digit(digit, base).unwrap_or_default()
    };
    (0..count).rev().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_the_core_writes() {
        for number in [0, 1, 0x2d06_8005_38d3_94c2, u64::MAX] {
            assert_eq!(digest(Digest::from_u64(number)), Digest::from_u64(number).to_string());
            let id = SignalId::from_u128(u128::from(number) << 64 | 7);
            assert_eq!(signal_id(id), id.to_string());
        }
        for day in ["2019-02-11", "0001-01-01", "9999-12-31"] {
            assert_eq!(date(Date::parse(day).unwrap()), day);
        }
    }
}
