"""The engine cases of ordinary days, quiet days and the calendar."""

import nyse
from cases import Case, both_bases
from rng import Rng
from series import CENT, DOLLAR, bars, grid, grid_after_close, random_bars, thin, volumes, walk

DAY = "2019-02-11"


def engine_cases():
    """Every case of this file."""
    return [*walks(), *quiet_days(), *zero_volume(), *gaps_and_hours(), *calendar_days(), *short_sessions()]


def walks():
    """Random walks of several tick sizes, in minutes and seconds."""

    def minutes(basis):
        return random_bars(Rng(1), grid(DAY), 171_500_000, CENT, 12, 20_000, 900_000)

    def seconds(basis):
        rng = Rng(2)
        starts = thin(rng, grid("2021-06-15", seconds=1, count=600), 80)
        return random_bars(rng, starts, 342_250_000, CENT, 2, 1, 9_000)

    def four_decimals(basis):
        return random_bars(Rng(3), grid(DAY, count=300), 171_523_700, 100, 900, 100, 250_000)

    def six_decimals(basis):
        return random_bars(Rng(4), grid(DAY, count=300), 171_523_713, 1, 90_000, 100, 250_000)

    return [
        *both_bases("walk-minutes", "A whole day of minutes: a random walk in cents.", minutes),
        *both_bases(
            "walk-seconds", "A random walk in cents, most seconds of ten minutes.", seconds, bar_seconds=1
        ),
        *both_bases(
            "walk-4-decimals", "A random walk of prices with four decimals.", four_decimals, places=4
        ),
        *both_bases("walk-6-decimals", "A random walk of prices with six decimals.", six_decimals, places=6),
    ]


def quiet_days():
    """Prices that never move."""
    rng = Rng(5)
    starts = grid(DAY)
    prices = [171_230_000] * len(starts)
    flat = bars(rng, starts, prices, volumes(rng, len(starts), 0, 50_000), CENT, wick=0)

    def mild(basis):
        rng = Rng(6)
        closes = [171_230_000 + (CENT if rng.chance(20) else 0) for _ in starts]
        return bars(rng, starts, closes, volumes(rng, len(starts), 1, 50_000), CENT, wick=1)

    return [
        Case(
            "flat", "The price never changes: SMA9 equals VWAP on every row, so no sign and no cross.", flat
        ),
        Case("flat-hlc3", "The same with hlc3: the thirds add up to the price.", flat, basis="hlc3"),
        *both_bases("nearly-flat", "A price that leaves its level seldom, for one bar.", mild),
    ]


def zero_volume():
    """Rows without volume: VWAP is absent, or stands still while SMA9 moves."""
    starts = grid(DAY, count=120)

    def at_start(basis):
        rng = Rng(7)
        shares = [0] * 15 + volumes(rng, 105, 1, 3_000)
        return bars(rng, starts, walk(rng, 120, 171_000_000, CENT, 20), shares, CENT)

    def in_the_middle(basis):
        rng = Rng(8)
        shares = [0 if 30 <= i < 70 or rng.chance(4) else rng.between(1, 3_000) for i in range(120)]
        return bars(rng, starts, walk(rng, 120, 171_000_000, CENT, 20), shares, CENT)

    def all_day(basis):
        rng = Rng(9)
        return bars(rng, starts, walk(rng, 120, 171_000_000, CENT, 20), [0] * 120, CENT)

    return [
        *both_bases("zero-volume-start", "No volume in 15 rows: SMA9 exists before VWAP.", at_start),
        *both_bases(
            "zero-volume-middle",
            "Long and short runs without volume: SMA9 moves, VWAP stands.",
            in_the_middle,
        ),
        *both_bases("zero-volume-all-day", "No volume all day: no VWAP and no cross.", all_day),
    ]


def gaps_and_hours():
    """Missing bars, and rows before the open and after the close."""

    def missing(basis):
        rng = Rng(10)
        starts = grid(DAY)
        starts = thin(rng, starts[3:80], 60) + starts[140:141] + thin(rng, starts[200:], 30)
        return random_bars(rng, starts, 171_000_000, CENT, 15, 1, 40_000)

    def extended(basis):
        rng = Rng(11)
        starts = grid(DAY, first=-330, count=20) + grid(DAY, first=-40) + grid_after_close(DAY, count=60)
        return random_bars(rng, starts, 171_000_000, CENT, 10, 0, 40_000)

    def edges(basis):
        rng = Rng(12)
        starts = grid(DAY, seconds=1, first=-20, count=60) + grid_after_close(
            DAY, seconds=1, first=-40, count=60
        )
        return random_bars(rng, starts, 171_000_000, CENT, 4, 1, 900)

    return [
        *both_bases(
            "missing-bars", "Bars are missing at the open, in holes and all over: nothing is filled.", missing
        ),
        *both_bases(
            "extended-hours", "Pre-market rows, the whole session, the 16:00 bar and later rows.", extended
        ),
        *both_bases(
            "edges-seconds",
            "The last second before the open and the first at the close belong to no session.",
            edges,
            bar_seconds=1,
        ),
    ]


def calendar_days():
    """Half days, clock changes, closed days and the roll from one session to the next."""

    def days(seed, *dates, before=15, count=45, after=12):
        rng = Rng(seed)
        starts = []
        for day in dates:
            tail = grid_after_close(day, first=-after, count=2 * after)
            starts += grid(day, first=-before, count=before + count) + tail
        return random_bars(rng, starts, 168_000_000, CENT, 12, 1, 60_000)

    def half_day(basis):
        rng = Rng(13)
        starts = grid("2018-11-23", first=-5) + grid_after_close("2018-11-23", count=200)
        return random_bars(rng, starts, 159_000_000, CENT, 10, 1, 60_000)

    def closed(basis):
        rng = Rng(14)
        noon = 12 * 3_600_000
        starts = grid("2018-11-30", count=30)
        for day in ("2018-12-01", "2018-12-02", "2018-12-05"):
            midnight = nyse.new_york_ms(nyse.date.fromisoformat(day), 0, 0)
            starts += [midnight + noon + i * 60_000 for i in range(12)]
        starts += grid("2018-12-06", count=30)
        return random_bars(rng, starts, 165_000_000, CENT, 12, 1, 60_000)

    def roll(basis):
        rng = Rng(15)
        rows = []
        for day, price in (
            ("2019-02-11", 168),
            ("2019-02-12", 171),
            ("2019-02-13", 140),
            ("2019-02-14", 190),
        ):
            first = grid_after_close(day, first=-60, count=60) if day == "2019-02-11" else grid(day, count=60)
            rows += random_bars(rng, first, price * DOLLAR, CENT, 12, 1, 60_000)
        return rows

    return [
        *both_bases("half-day", "A day that closes at 13:00 in New York, with rows until 16:20.", half_day),
        *both_bases(
            "clock-change-spring",
            "The Friday before and the Monday after US clocks go forward.",
            lambda basis: days(16, "2019-03-08", "2019-03-11"),
        ),
        *both_bases(
            "clock-change-autumn",
            "The Friday before and the Monday after US clocks go back.",
            lambda basis: days(17, "2019-11-01", "2019-11-04"),
        ),
        *both_bases(
            "session-change",
            "Four days in a row: every session starts afresh, far from the last price.",
            roll,
        ),
        *both_bases(
            "closed-days", "Rows on a Saturday, a Sunday and a day of mourning lie outside sessions.", closed
        ),
        Case(
            "early-close-1990", "The 14:00 close of 24 December 1990.", days(18, "1990-12-24", "1990-12-26")
        ),
        Case(
            "early-close-others",
            "Early closes of 1997, 1999, 2013 and 2030.",
            days(19, "1997-12-26", "1999-12-31", "2013-07-03", "2030-12-24", before=2, count=10, after=5),
        ),
    ]


def short_sessions():
    """Fewer rows than the average needs, just enough, and none."""
    cases = []
    for count in (9, 8, 1, 0):
        rows = random_bars(Rng(20 + count), grid(DAY, count=count), 171_000_000, CENT, 20, 1, 5_000)
        cases.append(
            Case(f"rows-{count}", f"A session of {count} rows; the first SMA9 comes with the ninth.", rows)
        )
    rng = Rng(30)
    only_outside = random_bars(rng, grid(DAY, first=-20, count=20), 171_000_000, CENT, 20, 1, 5_000)
    cases.append(Case("rows-outside-only", "Pre-market rows alone: no session at all.", only_outside))
    return cases
