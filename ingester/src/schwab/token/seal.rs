//! Encryption of the token file.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

/// What is authenticated besides the text: a file of another kind or version does not open.
const CONTEXT: &[u8] = b"alpha-kite token file 1";

const KEY_LEN: usize = 32;

/// The key of a token file: 32 bytes.
#[derive(Clone)]
pub struct SealKey([u8; KEY_LEN]);

/// A text that only the key opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) nonce: Vec<u8>,
    pub(super) text: Vec<u8>,
}

impl SealKey {
    /// Reads 64 hexadecimal digits, or base64 of 32 bytes with or without its padding.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = hex(text).or_else(|| {
            let decode = |engine: &base64::engine::GeneralPurpose| engine.decode(text).ok();
            decode(&STANDARD).or_else(|| decode(&STANDARD_NO_PAD)).or_else(|| decode(&URL_SAFE_NO_PAD))
        })?;
        bytes.try_into().ok().map(Self)
    }

    /// `None` if the system has no random numbers.
    pub(super) fn seal(&self, text: &[u8]) -> Option<Sealed> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let mut sealed = text.to_vec();
        self.key()
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(CONTEXT), &mut sealed)
            .ok()?;
        Some(Sealed { nonce: nonce.to_vec(), text: sealed })
    }

    /// `None` if the text was sealed with another key, or altered.
    pub(super) fn open(&self, sealed: &Sealed) -> Option<Vec<u8>> {
        let nonce = Nonce::try_assume_unique_for_key(&sealed.nonce).ok()?;
        let mut text = sealed.text.clone();
        let len = self.key().open_in_place(nonce, Aad::from(CONTEXT), &mut text).ok()?.len();
        text.truncate(len);
        Some(text)
    }

    fn key(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &self.0).expect("the key has the cipher's length"))
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(not shown)")
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 2 * KEY_LEN {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes().chunks(2).map(|pair| Some(16 * digit(pair.first()?)? + digit(pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_each_form() {
        let bytes: Vec<u8> = (0..32).map(|index| index * 8 + 7).collect();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        for text in [hex.as_str(), &hex.to_uppercase(), &STANDARD.encode(&bytes), &URL_SAFE_NO_PAD.encode(&bytes)] {
            assert_eq!(SealKey::parse(text).unwrap().0, bytes[..], "{text}");
        }
        for text in ["", "00", &hex[1..], &format!("{hex}0"), &STANDARD.encode(&bytes[1..]), &"zz".repeat(32), "+f"] {
            assert!(SealKey::parse(text).is_none(), "{text}");
        }
        assert!(SealKey::parse(&"+1".repeat(32)).is_none(), "a sign is no digit");
    }

    #[test]
    fn only_the_key_opens() {
        let key = |byte| SealKey([byte; KEY_LEN]);
        let sealed = key(1).seal(b"hunter2").unwrap();
        assert_ne!(sealed, key(1).seal(b"hunter2").unwrap());
        assert!(!sealed.text.windows(7).any(|part| part == b"hunter2"));
        assert_eq!(key(1).open(&sealed).as_deref(), Some(&b"hunter2"[..]));
        assert_eq!(key(2).open(&sealed), None);
        for index in 0..sealed.text.len() {
            let mut altered = sealed.clone();
            altered.text[index] ^= 1;
            assert_eq!(key(1).open(&altered), None);
        }
        assert_eq!(key(1).open(&Sealed { nonce: vec![0; 3], ..sealed }), None);
    }
}
