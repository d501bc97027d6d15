"""SMA9, session VWAP, crosses, digests and ids as exact fractions.

Every number here is an integer or a `Fraction`; a double appears once, in `to_bits`.
"""

import struct
from fractions import Fraction
from math import inf, nextafter
from typing import NamedTuple

import nyse
from xxh3 import xxh3_64, xxh3_128

MICROS = 10**6
PRICE_MAX = 10**13
VOLUME_MAX = 10**13
WINDOW = 9
ABSENT = 0xFFFF_FFFF_FFFF_FFFF


class Row(NamedTuple):
    """One bar: start in ms since the epoch, prices in micro-dollars, volume in shares."""

    start: int
    open: int
    high: int
    low: int
    close: int
    volume: int


class Step(NamedTuple):
    """What one row yields, in dollars; `session` is None for a row outside sessions."""

    session: nyse.Session | None
    sma9: Fraction | None
    vwap: Fraction | None
    cross: int


def rule(basis):
    """The name of the rule that makes crosses of this price basis."""
    return f"sma9xvwap-{basis}/1"


def run(rows, basis):
    """The step of each row, in order. Every session starts afresh."""
    steps = []
    current = None
    for row in rows:
        check_row(row)
        session = nyse.session_at(row.start)
        if session is None:
            steps.append(Step(None, None, None, 0))
            continue
        if session != current:
            current = session
            closes, turnover, volume, last_sign = [], Fraction(0), 0, 0
        closes.append(Fraction(row.close, MICROS))
        turnover += basis_price(row, basis) * row.volume
        volume += row.volume
        assert volume <= VOLUME_MAX
        sma9 = sum(closes[-WINDOW:]) / WINDOW if len(closes) >= WINDOW else None
        vwap = turnover / volume if volume else None
        cross = 0
        if sma9 is not None and vwap is not None and sma9 != vwap:
            sign = 1 if sma9 > vwap else -1
            cross = sign if last_sign == -sign else 0
            last_sign = sign
        steps.append(Step(session, sma9, vwap, cross))
    assert all(left.start < right.start for left, right in zip(rows, rows[1:]))
    return steps


def check_row(row):
    """Refuses a row outside the ranges: such rows belong in no case."""
    assert all(0 <= price <= PRICE_MAX for price in row[1:5]), row
    assert 0 <= row.volume <= VOLUME_MAX, row


def basis_price(row, basis):
    """The price that VWAP weighs, in dollars."""
    if basis == "close":
        return Fraction(row.close, MICROS)
    return Fraction(row.high + row.low + row.close, 3 * MICROS)


def to_bits(value):
    """The correctly rounded double of an exact value, as its IEEE-754 bits; None stays None."""
    if value is None:
        return None
    double = float(value)
    check_rounding(value, double)
    return struct.unpack("<Q", struct.pack("<d", double))[0]


def check_rounding(value, double):
    """Proves that no neighbour of `double` is nearer to `value`, and that a tie went to even."""
    error = abs(value - Fraction(double))
    for neighbour in (nextafter(double, inf), nextafter(double, -inf)):
        other = abs(value - Fraction(neighbour))
        assert error <= other
        if error == other:
            assert struct.unpack("<Q", struct.pack("<d", double))[0] % 2 == 0


def hex16(bits):
    """64 bits as 16 lower-case hexadecimal digits; None stays None."""
    return None if bits is None else f"{bits:016x}"


def digest(rows, steps):
    """The digest of one session's indicators: 25 bytes a bar."""
    data = bytearray()
    for row, step in zip(rows, steps, strict=True):
        values = [ABSENT if bits is None else bits for bits in map(to_bits, (step.sma9, step.vwap))]
        data += struct.pack("<qQQb", row.start, *values, step.cross)
    return hex16(xxh3_64(bytes(data)))


def row_digest(rows):
    """The digest of one session's rows: 48 bytes a bar."""
    return hex16(xxh3_64(b"".join(struct.pack("<qqqqqQ", *row) for row in rows)))


def signal_id(ticker, bar_seconds, start, direction, rule_name):
    """The id of a cross."""
    text = f"{ticker}|{bar_seconds}|{start}|{direction}|{rule_name}"
    return f"{xxh3_128(text.encode()):032x}"
