"""The files of texts and doubles: price_text.json, volume_text.json and price_f64.json."""

import struct
from fractions import Fraction
from math import inf, nan, nextafter

from decimals import exact_value, price_of_double, price_of_text, volume_of_text
from exact import MICROS, PRICE_MAX, hex16
from rng import Rng

NO_NUMBERS = [
    *"""
- + . e E5 e5 --1 -+1 +1 +0 1- 1+1 01 00 -01 -00 00.5 007 0_1 1_000 1,000 1,5 .5 -.5 5. -5. 1.e5 0.e1 1..5
1.2.3 1.-5 1.+5 1e 1E 1e+ 1e- 1E+ 1e1.5 1e5.0 1e++5 1e--5 1ee5 1e5e5 1e0x1 NaN nan Infinity -Infinity inf
-inf null true false None abc 0x10 0X1F 0b1 0o7 1f 1.5f 1d 1L 1n 1u64 $1 1$ 1% 1k '1' (1) [1] 1; 1/2
""".split(),
    *(
        "",
        " ",
        "1 000",
        "1e 5",
        "1 e5",
        " 1",
        "1 ",
        "\t1",
        "1\t",
        "1\n",
        "\n1",
        "1\r",
        "1\xa0",
        "\u20031",
        "\ufeff1",
        "1\x00",
        "\x001",
        '"1"',
        "\uff11",
        "\u0661",
        "1\u0662",
        "\u06f1.\u06f2",
        "\u22121",
        "\xbd",
        "1\xb2",
        "\u4e00",
        "1\u066b5",
    ),
]

NUMBERS = [
    *"""
0 -0 0.0 -0.0 0.000000 -0.000000 0.0000000 0e0 0E0 -0e0 0e5 0e-5 0.0e+7 1 10 26 100 598 598.1 598.12
598.123 598.1234 598.12345 598.123456 598.1234560 598.12345600000 0.000001 0.00001 0.01 0.1 0.10 0.5
0.999999 1.000001 9999999.999999 10000000 10000000.0 10000000.000000 1e0 1E0 1e+0 1e-0 1e00 1e000000 1e+06
1e6 1E6 1e7 1.0e7 0.1e8 0.00001e12 1e-6 1e-06 10e-7 5.981234e2 5981234e-4 598123.4E-3 2.6e1 2.65e1 2.650e2
26e0 260e-1 265e-1 26.0 26.00000000 26.5 26.000001 0.26e2 26000e-3 26001e-3 0.0000001 0.0000004 0.0000005
0.0000006 0.0000009 0.00000049999999999999999999999 0.00000050000000000000000000000
0.00000050000000000000000000001 0.0000014 0.0000015 0.0000016 0.0000024 0.0000025 0.0000026 0.0000035
0.0000045 0.0000055 0.00000250 0.000002500000000000000000000000000000000001 1.0000005 1.0000015 1.00000051
1.00000149 171.5237135 171.5237125 171.52371250000001 171.52371349999999999999 598.1234565 598.1234575
0.9999995 0.99999949 0.9999985 15e-7 25e-7 5e-7 50e-8 500001e-12 5.0000000000000000000000001e-7
9999999.9999994 9999999.9999995 9999999.9999996 9999999.9999985 9999999.99999949999999999999
9999998.9999995 10000000.0000001 10000000.0000004 10000000.0000005 10000000.00000050
10000000.0000005000000000000000000001 10000000.0000006 10000000.000001 10000000.01 10000001 1e8
1.00000000000001e7 1.00000000000005e7 1.000000000000051e7 99999999 100000000000 -0.0000001 -0.0000004
-0.0000005 -0.00000050000000000000000001 -0.0000006 -0.000001 -0.01 -0.5 -1 -1.0 -1e-7 -5e-7 -6e-7 -1e-6
-1e0 -598.12 -999 -10000000 -1e400 -1e-400 -0e400 -26.5 1e400 1e-400 1.5e400 1e308 1e309 -1e309 5e-324
1e18 1e19 1e20 18446744073709551615 18446744073709551616 9223372036854775807 9223372036854775808
340282366920938463463374607431768211456 9223372036854.775807 9223372036854.775808 18446744073709.551616
0e999999999999 0e-999999999999 0.0e99999999999999999999 -0.000e99999999999999999999 1e999999999999
1e-999999999999 1e99999999999999999999 1e-99999999999999999999 -1e99999999999999999999
-1e-99999999999999999999 1e2147483648 1e-2147483649 1e4294967296 1e18446744073709551616
1e-18446744073709551616 1e-9223372036854775809 1e0000000000000000000000000000000000000001
100e-0000000000000000000000000000000000000002 9999999999999 10000000000000 10000000000000.0
10000000000000.5 10000000000001 9999999999999.5 9999999999999.000 1e13 1.0e13 1.00000000000001e13 10e12
0.1e14 10000000000000000e-3 10000000000001e0 1e14 9007199254740993 999999999999.9999999 4503599627370497.5
""".split(),
    "0." + "0" * 40 + "1e41",
    "0." + "0" * 300 + "5981234e304",
    "1" + "0" * 40 + "e-40",
    "5981234" + "0" * 300 + "e-304",
    "1" + "0" * 330,
    "1" + "0" * 330 + "e-330",
    "1" + "0" * 330 + "e-324",
    "1" + "0" * 330 + ".5e-330",
    "0." + "0" * 330 + "1",
    "26." + "0" * 200,
    "26." + "0" * 200 + "1",
    "0.0000005" + "0" * 200,
    "0.0000005" + "0" * 200 + "1",
    "0.0000004" + "9" * 200,
    "0.0000015" + "0" * 200,
    "9999999.9999994" + "9" * 200,
    "10000000.0000005" + "0" * 200,
    "10000000.0000005" + "0" * 200 + "1",
    "3." + "141592653589793238462643383279502884197169399375105820974944592307816406286" * 4,
    "0" + ".0" + "0" * 500 + "e+500",
]


def price_texts():
    """Entries of price_text.json."""
    entries = []
    for text in all_texts():
        micros, rounded, error = price_of_text(text)
        entries.append({"text": text, "micros": micros, "rounded": rounded, "error": error})
    return entries


def volume_texts():
    """Entries of volume_text.json."""
    entries = []
    for text in all_texts():
        shares, error = volume_of_text(text)
        entries.append({"text": text, "shares": shares, "error": error})
    return entries


def all_texts():
    """Every text once: fixed ones, and random decimals of 0 to 12 places."""
    rng = Rng(201)
    texts = NO_NUMBERS + NUMBERS
    assert all(exact_value(text) is None for text in NO_NUMBERS)
    assert all(exact_value(text) is not None for text in NUMBERS)
    for places in range(13):
        for _ in range(8):
            whole = rng.between(0, 10 ** rng.between(0, 7) - 1)
            fraction = f"{rng.between(0, 10**places - 1):0{places}d}" if places else ""
            texts.append(f"{whole}.{fraction}" if fraction else str(whole))
    assert len(set(texts)) >= len(texts) - 5
    return list(dict.fromkeys(texts))


def price_doubles():
    """Entries of price_f64.json."""
    doubles = [*special_doubles(), *double_ties(), *doubles_of_decimals()]
    entries = []
    for double in dict.fromkeys(map(bits_of, doubles)):
        entries.append({"bits": hex16(double), "micros": price_of_double(double_of(double))})
    return entries


def special_doubles():
    """Zeros, subnormals, numbers that are no price, and the upper end of the range."""
    last = largest_price_double()
    assert price_of_double(last) == PRICE_MAX and price_of_double(nextafter(last, inf)) is None
    ends = [
        0.0,
        5e-324,
        2.2250738585072014e-308,
        1.0,
        0.1,
        0.3,
        1e-6,
        5e-7,
        1e-7,
        1e7,
        last,
        1.7976931348623157e308,
    ]
    around = [nextafter(end, way) for end in ends[1:-1] for way in (-inf, inf)]
    beyond = [1e7 + 1e-6, 1e7 + 0.01, 1e7 + 1 / 128, 1e8, 1e13, 2.0**63, 2.0**64, 2.0**128, 1e300, inf, nan]
    negative = [-0.0, -5e-324, -1e-300, -1e-9, -4e-7, -5e-7, -1e-6, -0.01, -1.0, -598.12, -1e7, -1e300, -inf]
    doubles = ends + around + beyond + negative
    return doubles + list(
        map(double_of, (0x7FF8_0000_0000_0001, 0xFFF8_0000_0000_0000, 0x7FF0_0000_0000_0001))
    )


def largest_price_double():
    """The largest double that rounds to the largest price."""
    double = 1e7
    while price_of_double(nextafter(double, inf)) is not None:
        double = nextafter(double, inf)
    return double


def double_ties():
    """Odd 128ths are exactly half a micro-dollar off; each with its neighbours."""
    rng = Rng(202)
    odds = [1, 3, 5, 7, 127, 129, 1_279_999_999, 1_279_999_997]
    odds += [2 * rng.between(0, 10 ** rng.between(1, 8)) + 1 for _ in range(120)]
    doubles = []
    for odd in odds:
        tie = odd / 128
        assert (Fraction(tie) * MICROS).denominator == 2
        doubles += [tie, nextafter(tie, inf), nextafter(tie, -inf)]
    return doubles


def doubles_of_decimals():
    """The nearest doubles of decimals of 0 to 6 places, which come back exactly."""
    rng = Rng(203)
    doubles = []
    for places in range(7):
        unit = 10**places
        for digits in range(1, 8):
            for _ in range(50):
                scaled = rng.between(0, 10**digits * unit)
                double = float(Fraction(scaled, unit))
                assert price_of_double(double) == scaled * MICROS // unit
                doubles.append(double)
    return doubles


def bits_of(double):
    """The IEEE-754 bits of a double."""
    return struct.unpack("<Q", struct.pack("<d", double))[0]


def double_of(bits):
    """The double of IEEE-754 bits."""
    return struct.unpack("<d", struct.pack("<Q", bits))[0]
