//! JSON's grammar of a number, read without a float: sign, digits, fraction, exponent.

use crate::error::{Error, Result};

/// The absolute value of a decimal text times a power of ten: its whole part, and what lies below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scaled {
    pub(crate) negative: bool,
    /// Whole part, saturated at `u64::MAX`.
    pub(crate) floor: u64,
    pub(crate) rest: Rest,
}

/// The part below the last kept unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    Zero,
    BelowHalf,
    Half,
    AboveHalf,
}

impl Scaled {
    /// Whether the text is zero, of either sign.
    #[inline]
    pub(crate) fn is_zero(self) -> bool {
        self.floor == 0 && self.rest == Rest::Zero
    }

    /// Nearest whole number to the absolute value, ties to even.
    #[inline]
    pub(crate) fn nearest(self) -> u64 {
        let up = match self.rest {
            Rest::Zero | Rest::BelowHalf => false,
            Rest::Half => self.floor % 2 == 1,
            Rest::AboveHalf => true,
        };
        self.floor.saturating_add(u64::from(up))
    }
}

/// Reads `text` and returns its value times `10^scale`.
///
/// # Errors
/// [`Error::NotANumber`] if `text` is not a number by RFC 8259, section 6.
#[inline]
pub(crate) fn parse(text: &[u8], scale: i64) -> Result<Scaled> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (whole, text) = split_digits(text);
    if whole.is_empty() || (whole.len() > 1 && whole[0] == b'0') {
        return Err(Error::NotANumber);
    }
    let (fraction, text) = match text {
        [b'.', rest @ ..] => non_empty(split_digits(rest))?,
        rest => (&[][..], rest),
    };
    let (exponent, text) = match text {
        [b'e' | b'E', rest @ ..] => {
            let (sign, rest) = match rest {
                [b'-', rest @ ..] => (-1, rest),
                [b'+', rest @ ..] | rest => (1, rest),
            };
            let (digits, rest) = non_empty(split_digits(rest))?;
            (sign * saturating_integer(digits), rest)
        }
        rest => (0, rest),
    };
    if !text.is_empty() {
        return Err(Error::NotANumber);
    }
    let (floor, rest) = split_at_point(whole, fraction, exponent.saturating_add(scale));
    Ok(Scaled { negative, floor, rest })
}

/// Cuts the digits of `whole` and `fraction` where the decimal point lands after a shift to the right by `shift`.
#[inline]
fn split_at_point(whole: &[u8], fraction: &[u8], shift: i64) -> (u64, Rest) {
    // A slice is never longer than isize::MAX, so that its length fits.
    let mut places = i64::try_from(whole.len()).unwrap_or(i64::MAX).saturating_add(shift);
    let (mut floor, mut first, mut others) = (0, 0, 0);
    for digits in [whole, fraction] {
        for digit in digits.iter().map(|digit| digit - b'0') {
            match places {
                1.. => floor = append(floor, digit),
                0 => first = digit,
                _ => others |= digit,
            }
            places = places.saturating_sub(1);
        }
    }
    // The zeros that an exponent stands for. Soon the value has saturated, and changes no more.
    for _ in 0..places.min(20) {
        floor = append(floor, 0);
    }
    let rest = match (first, others) {
        _ if floor == u64::MAX => Rest::Zero,
        (0, 0) => Rest::Zero,
        (0..=4, _) => Rest::BelowHalf,
        (5, 0) => Rest::Half,
        _ => Rest::AboveHalf,
    };
    (floor, rest)
}

/// Appends a digit to a number of up to 18 digits; what has more saturates.
#[inline]
fn append(number: u64, digit: u8) -> u64 {
    if number < 1_000_000_000_000_000_000 { number * 10 + u64::from(digit) } else { u64::MAX }
}

#[inline]
fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

#[inline]
fn non_empty<'a>((digits, rest): (&'a [u8], &'a [u8])) -> Result<(&'a [u8], &'a [u8])> {
    if digits.is_empty() { Err(Error::NotANumber) } else { Ok((digits, rest)) }
}

/// An exponent. Beyond 18 digits it only has to be larger than any text is long.
#[inline]
fn saturating_integer(digits: &[u8]) -> i64 {
    let number = digits.iter().fold(0, |number, digit| append(number, digit - b'0'));
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_where_the_point_lands() {
        let cases = [
            ("0", 0, 0, Rest::Zero),
            ("-0.0", 6, 0, Rest::Zero),
            ("12.5", 0, 12, Rest::Half),
            ("12.50000001", 0, 12, Rest::AboveHalf),
            ("12.49", 0, 12, Rest::BelowHalf),
            ("0.000001", 6, 1, Rest::Zero),
            ("0.0000005", 6, 0, Rest::Half),
            ("0.00000051", 6, 0, Rest::AboveHalf),
            ("1e-8", 6, 0, Rest::BelowHalf),
            ("1.5e3", 0, 1500, Rest::Zero),
            ("9999999999999999999", 0, 9_999_999_999_999_999_999, Rest::Zero),
            ("10000000000000000000", 0, u64::MAX, Rest::Zero),
            ("1e99999999999999999999", 0, u64::MAX, Rest::Zero),
            ("0e99999999999999999999", 0, 0, Rest::Zero),
            ("1e-99999999999999999999", 0, 0, Rest::BelowHalf),
            ("10000000000000000000000000e-25", 0, 1, Rest::Zero),
        ];
        for (text, scale, floor, rest) in cases {
            let scaled = parse(text.as_bytes(), scale).unwrap();
            assert_eq!((scaled.floor, scaled.rest), (floor, rest), "{text}");
        }
    }

    #[test]
    fn refuses_what_json_refuses() {
        let texts = [
            "", "-", "+1", "01", "-01", ".5", "5.", "1e", "1e+", "1e-", "--1", "1 ", " 1", "1_0", "0x1", "NaN",
            "Infinity", "1.2.3", "1e5.0", "\u{ff11}", "1,5",
        ];
        for text in texts {
            assert_eq!(parse(text.as_bytes(), 6), Err(Error::NotANumber), "{text:?}");
        }
    }
}
