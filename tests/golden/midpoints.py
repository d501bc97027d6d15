"""Rows whose VWAP is the exact midpoint of two neighbouring doubles.

With closes of whole 64ths of a dollar (15625 micro-dollars), VWAP is `N / (64 * V)` for an integer
`N`. When `V = u * 2**m` and `N = u * odd`, and `odd` has 54 bits, VWAP has 54 significant bits: one
more than a double holds. Every second row here brings `V` to the next such value, and the first
row of the pair has the price that makes `N` fit.
"""

from math import gcd

import nyse
from exact import Row
from series import grid

SIXTY_FOURTH = 15_625


def midpoint_rows(rng, day, basis, exponent, pairs, dollars):
    """Rows of `2 * pairs` minutes around a price in dollars.

    `exponent` is the `m` above: `64 * 2**exponent * dollars` must have 54 bits.
    """
    assert (64 * dollars << exponent).bit_length() == 54
    unit = 1 << exponent
    starts = grid(day, count=2 * pairs)
    assert nyse.session_at(starts[-1]) is not None
    rows, total = [], 0
    for pair in range(pairs):
        modulus = 2 * (pair + 1)
        first = rng.between(unit // 4, unit // 2)
        while gcd(first, modulus) > 1:
            first += 1
        second = unit - first
        second_price = 64 * dollars + rng.between(-32, 32)
        wanted = (pair + 1 - total - second * second_price) % modulus
        fit = wanted * pow(first, -1, modulus) % modulus
        lowest = 64 * dollars - modulus // 2
        first_price = lowest + (fit - lowest) % modulus
        for price, volume in ((first_price, first), (second_price, second)):
            rows.append(flat_row(rng, starts[len(rows)], price, volume, basis))
            total += price * volume
        assert total % modulus == pair + 1
    return rows


def flat_row(rng, start, price, volume, basis):
    """A row whose basis price is `price` 64ths; with hlc3, high and low lie evenly around it."""
    reach = rng.between(0, 6) if basis == "hlc3" else 0
    return Row(
        start,
        price * SIXTY_FOURTH,
        (price + reach) * SIXTY_FOURTH,
        (price - reach) * SIXTY_FOURTH,
        price * SIXTY_FOURTH,
        volume,
    )
