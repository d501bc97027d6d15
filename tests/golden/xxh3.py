"""XXH3 of 64 and 128 bits with seed 0, in plain Python, from the published algorithm.

Results are integers; written as hexadecimal they are in the canonical (big-endian) order.
"""

import struct

MASK64 = (1 << 64) - 1
MASK32 = (1 << 32) - 1
PRIME32_1, PRIME32_2, PRIME32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
PRIME64_1, PRIME64_2 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F
PRIME64_3, PRIME64_4, PRIME64_5 = 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
PRIME_MX1, PRIME_MX2 = 0x165667919E3779F9, 0x9FB21C651E98DF25

SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)
STRIPE = 64
STRIPES_PER_BLOCK = (len(SECRET) - STRIPE) // 8
BLOCK = STRIPE * STRIPES_PER_BLOCK


def xxh3_64(data):
    """The 64-bit hash of `data`."""
    n = len(data)
    if n == 0:
        return _avalanche64(_r64(SECRET, 56) ^ _r64(SECRET, 64))
    if n <= 3:
        return _avalanche64(_combine_1to3(data) ^ _r32(SECRET, 0) ^ _r32(SECRET, 4))
    if n <= 8:
        keyed = (_r32(data, n - 4) + (_r32(data, 0) << 32)) ^ _r64(SECRET, 8) ^ _r64(SECRET, 16)
        keyed ^= _rotl(keyed, 49, 64) ^ _rotl(keyed, 24, 64)
        keyed = keyed * PRIME_MX2 & MASK64
        keyed ^= (keyed >> 35) + n
        keyed = keyed * PRIME_MX2 & MASK64
        return keyed ^ keyed >> 28
    if n <= 16:
        low = _r64(data, 0) ^ _r64(SECRET, 24) ^ _r64(SECRET, 32)
        high = _r64(data, n - 8) ^ _r64(SECRET, 40) ^ _r64(SECRET, 48)
        return _avalanche(n + _swap(low, 8) + high + _fold(low, high))
    acc = n * PRIME64_1
    if n <= 128:
        for i in range((n - 1) // 32 + 1):
            acc += _mix16(data, 16 * i, 32 * i) + _mix16(data, n - 16 * (i + 1), 32 * i + 16)
        return _avalanche(acc)
    if n <= 240:
        for i in range(8):
            acc += _mix16(data, 16 * i, 16 * i)
        acc = _avalanche(acc)
        for i in range(8, n // 16):
            acc += _mix16(data, 16 * i, 16 * (i - 8) + 3)
        return _avalanche(acc + _mix16(data, n - 16, 136 - 17))
    return _merge(_accumulate_long(data), 11, n * PRIME64_1)


def xxh3_128(data):
    """The 128-bit hash of `data`: high 64 bits, then low 64 bits."""
    n = len(data)
    if n == 0:
        low = _avalanche64(_r64(SECRET, 64) ^ _r64(SECRET, 72))
        high = _avalanche64(_r64(SECRET, 80) ^ _r64(SECRET, 88))
    elif n <= 3:
        combined = _combine_1to3(data)
        turned = _rotl(_swap(combined, 4), 13, 32)
        low = _avalanche64(combined ^ _r32(SECRET, 0) ^ _r32(SECRET, 4))
        high = _avalanche64(turned ^ _r32(SECRET, 8) ^ _r32(SECRET, 12))
    elif n <= 8:
        keyed = (_r32(data, 0) + (_r32(data, n - 4) << 32)) ^ _r64(SECRET, 16) ^ _r64(SECRET, 24)
        product = keyed * (PRIME64_1 + (n << 2))
        low, high = product & MASK64, product >> 64 & MASK64
        high = high + (low << 1) & MASK64
        low ^= high >> 3
        low ^= low >> 35
        low = low * PRIME_MX2 & MASK64
        low ^= low >> 28
        high = _avalanche(high)
    elif n <= 16:
        first, last = _r64(data, 0), _r64(data, n - 8)
        product = (first ^ last ^ _r64(SECRET, 32) ^ _r64(SECRET, 40)) * PRIME64_1
        low = (product & MASK64) + ((n - 1) << 54) & MASK64
        last ^= _r64(SECRET, 48) ^ _r64(SECRET, 56)
        high = (product >> 64) + last + (last & MASK32) * (PRIME32_2 - 1) & MASK64
        low ^= _swap(high, 8)
        product = low * PRIME64_2
        low, high = _avalanche(product), _avalanche((product >> 64) + high * PRIME64_2)
    elif n <= 240:
        low, high = _mix_middle_128(data)
    else:
        acc = _accumulate_long(data)
        low = _merge(acc, 11, n * PRIME64_1)
        high = _merge(acc, len(SECRET) - STRIPE - 11, ~(n * PRIME64_2))
    return high << 64 | low


def _mix_middle_128(data):
    """Low and high half of the 128-bit hash for 17 to 240 bytes."""
    n = len(data)
    low, high = n * PRIME64_1 & MASK64, 0

    def mix(low, high, one, two, key):
        low = low + _mix16(data, one, key) & MASK64
        low ^= _r64(data, two) + _r64(data, two + 8) & MASK64
        high = high + _mix16(data, two, key + 16) & MASK64
        high ^= _r64(data, one) + _r64(data, one + 8) & MASK64
        return low, high

    if n <= 128:
        for i in reversed(range((n - 1) // 32 + 1)):
            low, high = mix(low, high, 16 * i, n - 16 * (i + 1), 32 * i)
    else:
        for i in range(4):
            low, high = mix(low, high, 32 * i, 32 * i + 16, 32 * i)
        low, high = _avalanche(low), _avalanche(high)
        for i in range(4, n // 32):
            low, high = mix(low, high, 32 * i, 32 * i + 16, 32 * (i - 4) + 3)
        low, high = mix(low, high, n - 16, n - 32, 136 - 17 - 16)
    mixed = low * PRIME64_1 + high * PRIME64_4 + n * PRIME64_2
    return _avalanche(low + high), -_avalanche(mixed) & MASK64


def _accumulate_long(data):
    """The eight accumulators after all of `data`, which is longer than 240 bytes."""
    n = len(data)
    acc = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1]
    keys = [struct.unpack_from("<8Q", SECRET, 8 * i) for i in range(STRIPES_PER_BLOCK)]
    scramble = struct.unpack_from("<8Q", SECRET, len(SECRET) - STRIPE)
    stripes = (n - 1) // STRIPE
    for i in range(stripes):
        in_block = i % STRIPES_PER_BLOCK
        _accumulate(acc, struct.unpack_from("<8Q", data, STRIPE * i), keys[in_block])
        if in_block == STRIPES_PER_BLOCK - 1:
            for lane in range(8):
                value = acc[lane]
                acc[lane] = (value ^ value >> 47 ^ scramble[lane]) * PRIME32_1 & MASK64
    last_key = struct.unpack_from("<8Q", SECRET, len(SECRET) - STRIPE - 7)
    _accumulate(acc, struct.unpack_from("<8Q", data, n - STRIPE), last_key)
    return acc


def _accumulate(acc, stripe, keys):
    for lane in range(8):
        value = stripe[lane]
        key = value ^ keys[lane]
        acc[lane ^ 1] = acc[lane ^ 1] + value & MASK64
        acc[lane] = acc[lane] + (key & MASK32) * (key >> 32) & MASK64


def _merge(acc, key, start):
    for i in range(4):
        left = acc[2 * i] ^ _r64(SECRET, key + 16 * i)
        right = acc[2 * i + 1] ^ _r64(SECRET, key + 16 * i + 8)
        start += _fold(left, right)
    return _avalanche(start)


def _combine_1to3(data):
    n = len(data)
    return data[0] << 16 | data[n >> 1] << 24 | data[n - 1] | n << 8


def _mix16(data, at, key):
    return _fold(_r64(data, at) ^ _r64(SECRET, key), _r64(data, at + 8) ^ _r64(SECRET, key + 8))


def _fold(left, right):
    product = left * right
    return product & MASK64 ^ product >> 64


def _avalanche(value):
    value &= MASK64
    value ^= value >> 37
    value = value * PRIME_MX1 & MASK64
    return value ^ value >> 32


def _avalanche64(value):
    value ^= value >> 33
    value = value * PRIME64_2 & MASK64
    value ^= value >> 29
    value = value * PRIME64_3 & MASK64
    return value ^ value >> 32


def _rotl(value, count, width):
    return (value << count | value >> width - count) & (1 << width) - 1


def _swap(value, size):
    return int.from_bytes(value.to_bytes(size, "little"), "big")


def _r32(data, at):
    return int.from_bytes(data[at : at + 4], "little")


def _r64(data, at):
    return int.from_bytes(data[at : at + 8], "little")
