"""Makers of rows: time grids, random walks, and bars around given closes."""

import nyse
from exact import PRICE_MAX, Row

CENT = 10_000
DOLLAR = 1_000_000


def grid(day, seconds=60, first=0, count=None):
    """Starts of a day's bars from bar number `first` (negative: before the open)."""
    session = nyse.session_of(day)
    if count is None:
        count = (session.close - session.open) // (seconds * 1000) - first
    return [session.open + (first + i) * seconds * 1000 for i in range(count)]


def grid_after_close(day, seconds=60, first=0, count=1):
    """Starts of `count` bars counted from the close of a day's session (0: the bar at the close)."""
    close = nyse.session_of(day).close
    return [close + (first + i) * seconds * 1000 for i in range(count)]


def thin(rng, starts, keep_percent):
    """The starts without a random part of them."""
    return [start for start in starts if rng.between(1, 100) <= keep_percent]


def walk(rng, count, first, tick, reach):
    """Closes of a random walk from `first` by up to `reach` ticks a bar."""
    closes = []
    close = first
    for _ in range(count):
        close = clamp(close + rng.between(-reach, reach) * tick)
        closes.append(close)
    return closes


def volumes(rng, count, low, high):
    """Random volumes."""
    return [rng.between(low, high) for _ in range(count)]


def bars(rng, starts, closes, shares, tick, wick=5):
    """Bars that open at the close before and reach up to `wick` ticks beyond open and close."""
    rows = []
    opened = closes[0] if closes else 0
    for start, close, volume in zip(starts, closes, shares, strict=True):
        rows.append(bar(rng, start, opened, close, volume, tick, wick))
        opened = close
    return rows


def bar(rng, start, opened, close, volume, tick, wick):
    """One bar with a random high and low."""
    high = clamp(max(opened, close) + rng.between(0, wick) * tick)
    low = clamp(min(opened, close) - rng.between(0, wick) * tick)
    return Row(start, opened, high, low, close, volume)


def random_bars(rng, starts, first, tick, reach, low, high):
    """A random walk over `starts` with random volumes."""
    closes = walk(rng, len(starts), first, tick, reach)
    return bars(rng, starts, closes, volumes(rng, len(starts), low, high), tick)


def clamp(price):
    """The nearest price inside the range."""
    return max(0, min(PRICE_MAX, price))
