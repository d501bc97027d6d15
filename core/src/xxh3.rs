//! XXH3 with seed 0, for the few lengths that are hashed here: no text and no row is shorter than 17 bytes.
//!
//! Source: <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>, XXH3.

const PRIME32_1: u64 = 0x9e37_79b1;
const PRIME32_2: u64 = 0x85eb_ca77;
const PRIME32_3: u64 = 0xc2b2_ae3d;
const PRIME64_1: u64 = 0x9e37_79b1_85eb_ca87;
const PRIME64_2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const PRIME64_3: u64 = 0x1656_67b1_9e37_79f9;
const PRIME64_4: u64 = 0x85eb_ca77_c2b2_ae63;
const PRIME64_5: u64 = 0x27d4_eb2f_1656_67c5;
const PRIME_MX1: u64 = 0x1656_6791_9e37_79f9;

const SECRET: [u8; 192] = *b"\
    \xb8\xfe\x6c\x39\x23\xa4\x4b\xbe\x7c\x01\x81\x2c\xf7\x21\xad\x1c\xde\xd4\x6d\xe9\x83\x90\x97\xdb\
    \x72\x40\xa4\xa4\xb7\xb3\x67\x1f\xcb\x79\xe6\x4e\xcc\xc0\xe5\x78\x82\x5a\xd0\x7d\xcc\xff\x72\x21\
    \xb8\x08\x46\x74\xf7\x43\x24\x8e\xe0\x35\x90\xe6\x81\x3a\x26\x4c\x3c\x28\x52\xbb\x91\xc3\x00\xcb\
    \x88\xd0\x65\x8b\x1b\x53\x2e\xa3\x71\x64\x48\x97\xa2\x0d\xf9\x4e\x38\x19\xef\x46\xa9\xde\xac\xd8\
    \xa8\xfa\x76\x3f\xe3\x9c\x34\x3f\xf9\xdc\xbb\xc7\xc7\x0b\x4f\x1d\x8a\x51\xe0\x4b\xcd\xb4\x59\x31\
    \xc8\x9f\x7e\xc9\xd9\x78\x73\x64\xea\xc5\xac\x83\x34\xd3\xeb\xc3\xc5\x81\xa0\xff\xfa\x13\x63\xeb\
    \x17\x0d\xdd\x51\xb7\xf0\xda\x49\xd3\x16\x55\x26\x29\xd4\x68\x9e\x2b\x16\xbe\x58\x7d\x47\xa1\xfc\
    \x8f\xf8\xb8\xd1\x7a\xd0\x31\xce\x45\xcb\x3a\x8f\x95\x16\x04\x28\xaf\xd7\xfb\xca\xbb\x4b\x40\x7e";

const STRIPE: usize = 64;
/// Each stripe takes the secret 8 bytes further; after the last one of a block the sums are scrambled.
const STRIPES_PER_BLOCK: usize = (SECRET.len() - STRIPE) / 8;
/// What fits into the buffer: more than the longest text that is hashed in another way, and whole stripes.
const BUFFER: usize = 256;
/// The longest text that is hashed in another way.
const LONGEST_MIDDLE: u64 = 240;

type Sums = [u64; 8];

/// The 64-bit hash of what is pushed.
#[derive(Clone)]
pub(crate) struct Hasher {
    sums: Sums,
    /// Stripes taken of the current block.
    stripes: usize,
    /// The last stripe that was taken, then the bytes that were not, then room for one push more.
    bytes: [u8; STRIPE + BUFFER + STRIPE],
    /// Bytes that were not taken: at most `BUFFER`.
    len: usize,
    /// All bytes.
    total: u64,
}

impl Hasher {
    pub(crate) const fn new() -> Self {
        let sums = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1];
        Self { sums, stripes: 0, bytes: [0; STRIPE + BUFFER + STRIPE], len: 0, total: 0 }
    }

    /// Adds bytes: from 17 to 64, always as many.
    #[inline]
    pub(crate) fn push<const N: usize>(&mut self, bytes: &[u8; N]) {
        const { assert!(16 < N && N <= STRIPE) };
        if let Some(place) = self.bytes.get_mut(STRIPE + self.len..).and_then(<[u8]>::first_chunk_mut) {
            *place = *bytes;
        }
        self.len += N;
        self.total += u64::try_from(N).unwrap_or_default();
        // The last stripe is hashed in its own way, so that a full buffer waits for what comes after it.
        if self.len > BUFFER {
            self.take(BUFFER / STRIPE);
            self.bytes.copy_within(BUFFER.., 0);
            self.len -= BUFFER;
        }
    }

    /// Takes stripes from the front of the buffer.
    #[inline(never)]
    fn take(&mut self, stripes: usize) {
        let (bytes, _) = self.bytes[STRIPE..].as_chunks::<STRIPE>();
        for stripe in bytes.iter().take(stripes) {
            accumulate(&mut self.sums, stripe, 8 * self.stripes);
            self.stripes += 1;
            if self.stripes == STRIPES_PER_BLOCK {
                self.stripes = 0;
                for (lane, sum) in self.sums.iter_mut().enumerate() {
                    *sum = (*sum ^ (*sum >> 47) ^ secret(SECRET.len() - STRIPE + 8 * lane)).wrapping_mul(PRIME32_1);
                }
            }
        }
    }

    /// The hash of all bytes so far, of which there are none or more than 16.
    #[inline]
    pub(crate) fn digest(&self) -> u64 {
        let bytes = self.bytes.get(STRIPE..STRIPE + self.len).unwrap_or_default();
        if self.total == 0 {
            return avalanche_64(secret(56) ^ secret(64));
        }
        if self.total <= LONGEST_MIDDLE {
            return hash_short(bytes);
        }
        let mut rest = self.clone();
        rest.take((self.len - 1) / STRIPE);
        // The last stripe begins in what was taken, if fewer bytes were not.
        if let Some(last) = self.bytes.get(self.len..).and_then(<[u8]>::first_chunk) {
            accumulate(&mut rest.sums, last, SECRET.len() - STRIPE - 7);
        }
        let (pairs, _) = rest.sums.as_chunks::<2>();
        let folds = pairs
            .iter()
            .enumerate()
            .map(|(pair, [one, two])| fold(one ^ secret(11 + 16 * pair), two ^ secret(19 + 16 * pair)));
        avalanche(folds.fold(self.total.wrapping_mul(PRIME64_1), u64::wrapping_add))
    }
}

/// The 64-bit hash of 17 to 240 bytes.
#[inline]
pub(crate) fn hash_short(bytes: &[u8]) -> u64 {
    let len = bytes.len();
    let mut sum = length(bytes).wrapping_mul(PRIME64_1);
    let mut add = |at: usize, key: usize| sum = sum.wrapping_add(mix(bytes, at, key));
    if len <= 128 {
        for pair in 0..=(len - 1) / 32 {
            add(16 * pair, 32 * pair);
            add(len - 16 * (pair + 1), 32 * pair + 16);
        }
        return avalanche(sum);
    }
    for part in 0..8 {
        add(16 * part, 16 * part);
    }
    sum = avalanche(sum);
    let mut add = |at: usize, key: usize| sum = sum.wrapping_add(mix(bytes, at, key));
    for part in 8..len / 16 {
        add(16 * part, 16 * (part - 8) + 3);
    }
    add(len - 16, 136 - 17);
    avalanche(sum)
}

/// The 128-bit hash of 17 to 128 bytes; 0 for other lengths.
#[inline]
pub(crate) fn hash_128(bytes: &[u8]) -> u128 {
    let len = bytes.len();
    if !(17..=128).contains(&len) {
        return 0;
    }
    let (mut low, mut high) = (length(bytes).wrapping_mul(PRIME64_1), 0_u64);
    for pair in (0..=(len - 1) / 32).rev() {
        let (one, two) = (16 * pair, len - 16 * (pair + 1));
        low = low.wrapping_add(mix(bytes, one, 32 * pair)) ^ word(bytes, two).wrapping_add(word(bytes, two + 8));
        high = high.wrapping_add(mix(bytes, two, 32 * pair + 16)) ^ word(bytes, one).wrapping_add(word(bytes, one + 8));
    }
    let mixed = low
        .wrapping_mul(PRIME64_1)
        .wrapping_add(high.wrapping_mul(PRIME64_4))
        .wrapping_add(length(bytes).wrapping_mul(PRIME64_2));
    u128::from(avalanche(mixed).wrapping_neg()) << 64 | u128::from(avalanche(low.wrapping_add(high)))
}

#[inline]
fn accumulate(sums: &mut Sums, stripe: &[u8; STRIPE], key: usize) {
    let (words, _) = stripe.as_chunks::<8>();
    for (lane, bytes) in words.iter().enumerate() {
        let value = u64::from_le_bytes(*bytes);
        let keyed = value ^ secret(key + 8 * lane);
        sums[lane ^ 1] = sums[lane ^ 1].wrapping_add(value);
        sums[lane] = sums[lane].wrapping_add((keyed & 0xffff_ffff) * (keyed >> 32));
    }
}

#[inline]
fn mix(bytes: &[u8], at: usize, key: usize) -> u64 {
    fold(word(bytes, at) ^ secret(key), word(bytes, at + 8) ^ secret(key + 8))
}

/// Both halves of a product.
#[inline]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    let [low, high] =
        [product, product >> 64].map(|part| u64::try_from(part & u128::from(u64::MAX)).unwrap_or_default());
    low ^ high
}

#[inline]
fn avalanche(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 37)).wrapping_mul(PRIME_MX1);
    hash ^ (hash >> 32)
}

#[inline]
fn avalanche_64(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 33)).wrapping_mul(PRIME64_2);
    let hash = (hash ^ (hash >> 29)).wrapping_mul(PRIME64_3);
    hash ^ (hash >> 32)
}

#[inline]
fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or_default()
}

#[inline]
fn secret(at: usize) -> u64 {
    word(&SECRET, at)
}

/// The word at `at`, little-endian. None of the callers reads past the end.
#[inline]
fn word(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |word| u64::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;

    fn bytes(len: usize) -> Vec<u8> {
        (1..=len).map(|index| u8::try_from((index * 2_654_435_761 % (1 << 32)) >> 24).unwrap()).collect()
    }

    /// Pushes the front of `bytes`, of a length that `push` takes, and returns the rest.
    fn push_some<'a>(hasher: &mut Hasher, bytes: &'a [u8], len: usize) -> &'a [u8] {
        macro_rules! push_by_length {
            ($($len:literal)*) => {
                match len {
                    $($len => hasher.push::<$len>(bytes.first_chunk().unwrap()),)*
                    _ => panic!("{len} bytes"),
                }
            };
        }
        push_by_length!(17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50
            51 52 53 54 55 56 57 58 59 60 61 62 63 64);
        &bytes[len..]
    }

    #[test]
    fn hashes_every_length_in_any_pushes_as_another_implementation_does() {
        let mut seed = 1_usize;
        let mut random = |end: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % end
        };
        assert_eq!(Hasher::new().digest(), xxhash_rust::xxh3::xxh3_64(&[]));
        for len in 17..=2048 {
            let bytes = bytes(len);
            for _ in 0..4 {
                let (mut hasher, mut rest) = (Hasher::new(), bytes.as_slice());
                while !rest.is_empty() {
                    // What is left must be a push or more again.
                    let wanted = 17 + random(48);
                    let some = if rest.len() <= 64 { rest.len() } else { wanted.min(rest.len() - 17) };
                    rest = push_some(&mut hasher, rest, some);
                }
                assert_eq!(hasher.digest(), xxhash_rust::xxh3::xxh3_64(&bytes), "{len} bytes");
            }
        }
    }

    #[test]
    fn hashes_long_texts_and_short_ones_at_once_too() {
        let bytes = bytes(25 * 23_400);
        let mut hasher = Hasher::new();
        bytes.as_chunks::<25>().0.iter().for_each(|row| hasher.push(row));
        assert_eq!(hasher.digest(), xxhash_rust::xxh3::xxh3_64(&bytes));
        for len in 17..=240 {
            assert_eq!(hash_short(&bytes[..len]), xxhash_rust::xxh3::xxh3_64(&bytes[..len]), "{len} bytes");
        }
        for len in 17..=128 {
            assert_eq!(hash_128(&bytes[..len]), xxhash_rust::xxh3::xxh3_128(&bytes[..len]), "{len} bytes");
        }
    }
}
