"""ratio.json: exact ratios and their correctly rounded doubles."""

from exact import MICROS, PRICE_MAX, VOLUME_MAX, hex16, to_bits
from fractions import Fraction
from rng import Rng

NUM_MAX = 3 * PRICE_MAX * VOLUME_MAX
DEN_MAX = 3 * VOLUME_MAX * MICROS


def ratios():
    """Entries of ratio.json: `dollars` are those an engine can meet, `any` are not bound to it."""
    rng = Rng(301)
    pairs = [
        *ends(),
        *averages(rng),
        *vwaps(rng),
        *dollar_midpoints(rng),
        *midpoints(rng),
        *powers(rng),
        *carries(),
        *below_powers(),
        *plain(rng),
    ]
    entries = []
    for num, den in dict.fromkeys(pairs):
        assert 0 <= num <= NUM_MAX and 0 < den <= DEN_MAX, (num, den)
        kind = "dollars" if den % MICROS == 0 and num <= den // MICROS * PRICE_MAX else "any"
        bits = hex16(to_bits(Fraction(num, den)))
        entries.append({"num": str(num), "den": str(den), "kind": kind, "bits": bits})
    return entries


def ends():
    """The corners of the ranges."""
    return [
        *((0, den) for den in (1, 2, MICROS, 9 * MICROS, VOLUME_MAX * MICROS, DEN_MAX)),
        *(
            (num, den)
            for num in (1, 2, 3, 9, NUM_MAX - 1, NUM_MAX)
            for den in (1, 3, MICROS, 9 * MICROS, DEN_MAX - 1, DEN_MAX)
        ),
        *(
            (num, den)
            for num in (2**53 - 1, 2**53, 2**53 + 1, 2**54 - 1, 2**63, 2**64 - 1, 2**64, 2**64 + 1)
            for den in (1, 2, 7, MICROS)
        ),
        (9 * PRICE_MAX, 9 * MICROS),
        (9 * PRICE_MAX - 1, 9 * MICROS),
    ]


def averages(rng):
    """Sums of nine prices over nine million."""
    return [(rng.between(0, 9 * 10 ** rng.between(1, 13)), 9 * MICROS) for _ in range(40)]


def vwaps(rng):
    """Turnover over shares, for one and for three prices a share."""
    pairs = []
    for _ in range(110):
        shares = rng.between(1, 10 ** rng.between(1, 13)) * rng.pick((1, 3))
        price = rng.between(1, 10 ** rng.between(3, 13))
        turnover = min(shares * PRICE_MAX, shares * price + rng.between(0, shares))
        pairs.append((turnover, shares * MICROS))
    return pairs


def dollar_midpoints(rng):
    """Midpoints of two doubles as an engine can meet them, and the turnovers beside them."""
    pairs = []
    while len(pairs) < 90:
        exponent = rng.between(25, 42)
        odd = 2 * rng.between(2**52, 2**53 - 1) + 1
        turnover, shares = odd * 15_625, 1 << exponent
        if turnover <= shares * PRICE_MAX:
            pairs += [(turnover + off, shares * MICROS) for off in (-1, 0, 1)]
    return pairs


def midpoints(rng):
    """Midpoints over any denominator, one above and one below."""
    pairs = []
    for round_up in (False, True):
        for _ in range(25):
            den = rng.between(1, 10 ** rng.between(1, 9))
            half = 2 * rng.between(2**51, 2**52 - 1) + round_up
            num = (2 * half + 1) * den << rng.between(0, 3)
            pairs += [(num + off, den) for off in (-1, 0, 1) if num + off <= NUM_MAX]
    return pairs


def powers(rng):
    """Just below, at and above powers of two."""
    pairs = []
    for exponent in (-60, -40, -20, -10, -1, 0, 1, 8, 9, 10, 20, 23):
        den = rng.between(10**17, DEN_MAX) if exponent < 0 else rng.between(10**12, 10**13) * MICROS
        num = den << exponent if exponent >= 0 else den >> -exponent
        if num > NUM_MAX:
            continue
        pairs += [(num + off, den) for off in (-2, -1, 0, 1, 2) if num + off >= 0]
    return pairs


def carries():
    """Ratios that round up into the next power of two, and the last ones that do not."""
    pairs = []
    for exponent in (0, 1, 9, 22):
        den = 1 << 40
        top = den << exponent
        half_step = Fraction(top, 1 << 54)
        for scale in (1, 3, 1 << 14, MICROS):
            step = half_step * scale
            for off in (-2, -1, 0, 1):
                num = top * scale - step + off
                if num.denominator == 1 and den * scale <= DEN_MAX:
                    pairs.append((int(num), den * scale))
    return pairs


def below_powers():
    """Beside powers of two, where the numerator barely fits no double: the quotient of the nearest doubles is the power itself."""
    pairs = []
    for exponent in range(1, 50):
        for den in (3 << 51 - exponent | 1, (7 << 50 >> exponent) + 3):
            pairs += [((den << exponent) + off, den) for off in (-3, -2, -1, 1, 2, 3)]
    return pairs


def plain(rng):
    """Random ratios of every size."""
    return [
        (rng.between(0, 3 * 10 ** rng.between(0, 26)), rng.between(1, 3 * 10 ** rng.between(0, 19)))
        for _ in range(80)
    ]
