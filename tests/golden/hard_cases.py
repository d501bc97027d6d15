"""Engine cases at the limits of arithmetic: ties, near ties, wide products, hard roundings."""

from fractions import Fraction

import exact
import nyse
from cases import Case, both_bases
from exact import PRICE_MAX, VOLUME_MAX, Row, to_bits
from midpoints import midpoint_rows
from resample import resample
from rng import Rng
from series import CENT, DOLLAR, grid, random_bars
from steer import near_ties, steer

DAY = "2019-02-11"
DAYS = [day.date.isoformat() for day in nyse.sessions() if day.date.isoformat() >= DAY][:8]
ANCHOR = 171_500_000


def hard_cases():
    """Every case of this file."""
    return [*ties(), *hairs(), *extremes(), *wide_sums(), *hard_roundings(), *busy_seconds()]


def ties():
    """Exact equality of SMA9 and VWAP, touching, and chop."""

    def mixed(basis):
        rng = Rng(101)
        plan = [
            [0, 0, 1, 0, 1, 0, -1, 0, -1, 0, 1],
            [1, 0, 0, -1, 0, 0, 0, -1, -1, 0, 1, 1],
            *[[rng.between(-1, 1) for _ in range(20)] for _ in range(6)],
        ]
        return steer_days(102, basis, plan)

    def touch_and_cross(basis):
        return steer_days(
            103,
            basis,
            [[1, 0, -1, 0] * 5, [1, 0, 1, -1, 0, -1] * 4, [-1, 0, -1, 0, 1, 0, 1, 0] * 2, [1, -1, 0] * 7],
        )

    def chop(basis):
        return steer_days(104, basis, [[1, -1] * 191])

    def first_signs(basis):
        return steer_days(105, basis, [[1, 1, -1], [-1, -1, 1], [0, 0, 1, 0, -1], [0, -1, 0, -1], [1, 0, -1]])

    made = [
        *both_bases(
            "ties",
            "SMA9 equals VWAP exactly on many rows, between signs that are the same and signs that differ.",
            mixed,
        ),
        *both_bases(
            "touch-and-cross",
            "Crosses through a row of equality alternate with touches that return.",
            touch_and_cross,
        ),
        *both_bases("chop", "The sign changes on every row: hundreds of crosses in one session.", chop),
        *both_bases(
            "first-signs",
            "The first non-zero sign of a session is no cross, whatever the session before ended with.",
            first_signs,
        ),
    ]
    for case in made[:4]:
        assert case.signs().count(0) >= 20, case.name
    assert all(sum(map(bool, (step.cross for step in case.steps))) == 381 for case in made[4:6])
    return made


def steer_days(seed, basis, plan):
    """A session for each list of signs, which begin with the ninth row, on days in a row."""
    rng = Rng(seed)
    rows = []
    for day, signs in zip(DAYS, plan):
        rows += steer(rng, grid(day, count=8 + len(signs)), basis, [None] * 8 + signs, ANCHOR, CENT, 50)
    return rows


def hairs():
    """SMA9 and VWAP that differ by less than any float comparison of them should be trusted with."""

    def near(basis):
        return near_ties(Rng(110), grid(DAY, count=200), basis, ANCHOR, 500_000, 100, 1_000_000_000)

    def within_an_ulp(basis):
        return near_ties(Rng(111), grid(DAY, count=200), basis, ANCHOR, 20_000, 100, 300_000_000_000)

    made = [
        *both_bases(
            "near-ties",
            "From the tenth row on SMA9 and VWAP differ by less than 1e-9 dollars, on either side.",
            near,
            places=4,
        ),
        *both_bases(
            "near-ties-same-double",
            "SMA9 and VWAP round to the same double on most rows and still differ, with crosses.",
            within_an_ulp,
            places=4,
        ),
    ]
    for case in made:
        gaps = [abs(step.sma9 - step.vwap) for step in case.steps[9:]]
        assert max(gaps) < Fraction(1, 10**9) and sum(1 for gap in gaps if gap) >= 150, case.name
        assert sum(1 for step in case.steps if step.cross) >= 50, case.name
    for case in made[2:]:
        same = [
            step
            for step in case.steps[9:]
            if step.sma9 != step.vwap and to_bits(step.sma9) == to_bits(step.vwap)
        ]
        assert len(same) >= 100 and sum(1 for step in same if step.cross) >= 20, case.name
    return made


def extremes():
    """The ends of the ranges of price and volume."""

    def both_ends(basis):
        rng = Rng(120)
        rows = []
        for start in grid(DAY, count=120):
            opened, close = rng.pick((0, PRICE_MAX)), rng.pick((0, 0, 1, PRICE_MAX - 1, PRICE_MAX, PRICE_MAX))
            high, low = max(opened, close), min(opened, close)
            rows.append(Row(start, opened, high, low, close, rng.pick((0, 1, 2, 10**10, 8 * 10**10))))
        return rows

    def all_max(basis):
        shares = [VOLUME_MAX // 12] * 12
        shares[-1] += VOLUME_MAX - sum(shares)
        starts = grid(DAY, count=12)
        return [Row(start, *[PRICE_MAX] * 4, volume) for start, volume in zip(starts, shares)]

    def volume_limit(basis):
        rng = Rng(121)
        rows = random_bars(rng, grid(DAY, count=60), 499_990_000, CENT, 12, 1, 2 * 10**11)
        left = VOLUME_MAX - sum(row.volume for row in rows)
        rows[50] = rows[50]._replace(volume=rows[50].volume + left)
        return rows

    def all_zero(basis):
        return [Row(start, 0, 0, 0, 0, i % 3) for i, start in enumerate(grid(DAY, count=20))]

    def one_row(basis):
        starts = grid(DAY, count=12)
        return [Row(start, PRICE_MAX, PRICE_MAX, 0, i, 0) for i, start in enumerate(starts[:-1])] + [
            Row(starts[-1], PRICE_MAX, PRICE_MAX, 0, PRICE_MAX, VOLUME_MAX)
        ]

    made = [
        *both_bases(
            "extreme-prices",
            "Prices of 0, 1 micro-dollar and the largest price, with volumes from 0 to 8e10.",
            both_ends,
            places=None,
        ),
        *both_bases(
            "all-at-maximum",
            "The largest price throughout, and a session volume of exactly 10^13 shares.",
            all_max,
            places=None,
        ),
        *both_bases(
            "volume-limit",
            "The volume of the session reaches exactly 10^13 shares, and rows without volume may follow.",
            volume_limit,
        ),
        *both_bases("price-zero", "Every price is 0: SMA9 and VWAP are 0, and equal.", all_zero, places=None),
        *both_bases(
            "volume-in-one-row",
            "All 10^13 shares of a session in one row at the largest price.",
            one_row,
            places=None,
        ),
    ]
    for case in made[2:6]:
        assert sum(row.volume for row in case.rows) == VOLUME_MAX, case.name
    return made


def wide_sums():
    """Sums and products beyond what 53, 63 and 64 bits hold."""

    def products(basis):
        return random_bars(Rng(130), grid(DAY, count=200), 6_000_000_000, CENT, 4_000, 10**10, 4 * 10**10)

    def sums(basis):
        return random_bars(Rng(131), grid(DAY, count=200), 171_523_713, 1, 90_000, 10**7, 10**8)

    made = [
        *both_bases(
            "products-beyond-64-bits",
            "Every price times volume, in micro-dollars, is beyond 64 bits.",
            products,
        ),
        *both_bases(
            "sums-beyond-53-bits",
            "Sums of price times volume are odd and wide: rounding them before the division is wrong.",
            sums,
            places=6,
        ),
    ]
    for case in made[:2]:
        assert all(row.close * row.volume >= 1 << 64 for row in case.rows)
    for case in made:
        assert naive_errors(case) >= 40, (case.name, naive_errors(case))
    return made


def naive_errors(case):
    """Rows on which dividing two rounded sums gives another double than the exact VWAP."""
    factor = 1 if case.basis == "close" else 3
    turnover = shares = wrong = 0
    for row, step in zip(case.rows, case.steps):
        price = row.close if case.basis == "close" else row.high + row.low + row.close
        turnover += price * row.volume
        shares += row.volume
        wrong += float(turnover) / float(factor * shares * exact.MICROS) != float(step.vwap)
    return wrong


def hard_roundings():
    """VWAPs beside a power of two, and VWAPs that are exact midpoints of two doubles."""

    def near_512(basis):
        rng = Rng(140)
        starts = grid(DAY, count=200)
        closes = [512_000_000 + rng.pick((0, 0, 0, -1, 1)) for _ in starts]
        shares = [
            rng.between(2 * 10**10, 3 * 10**10) if close == 512_000_000 else rng.between(1, 2_000)
            for close in closes
        ]
        return [Row(start, *[close] * 4, volume) for start, close, volume in zip(starts, closes, shares)]

    def below_512(basis):
        shares = [20_000_000 - 1, 1, *[0] * 8, 12, 0, 1_000, *[0] * 3]
        closes = [512_000_000, 511_999_999, *[512_000_000] * 8, 512_000_000, *[512_000_000] * 5]
        return [
            Row(start, *[close] * 4, volume)
            for start, close, volume in zip(grid(DAY, count=len(closes)), closes, shares)
        ]

    def halves(basis):
        return midpoint_rows(Rng(141), "2019-02-11", basis, 34, 182, 12_000) + midpoint_rows(
            Rng(142), "2019-02-12", basis, 39, 8, 300
        )

    made = [
        *both_bases(
            "near-512",
            "VWAP passes 512 within a few units of the last place, where the spacing of doubles changes.",
            near_512,
            places=6,
        ),
        *both_bases(
            "below-512",
            "VWAP is just below 512, and the quotient of the doubles nearest to its sums is 512.",
            below_512,
            places=6,
        ),
        *both_bases(
            "midpoints",
            "VWAP is often the exact midpoint of two doubles: ties go to even, up and down.",
            halves,
            places=6,
        ),
    ]
    for case in made[:2]:
        near = {step.vwap < 512 for step in case.steps if to_bits(step.vwap) == to_bits(Fraction(512))}
        assert near == {True, False}, case.name
    for case in made[2:4]:
        assert to_bits(case.steps[1].vwap) == to_bits(Fraction(512)) - 1, case.name
    for case in made[4:]:
        ties_seen = [step.vwap for step in case.steps if is_midpoint(step.vwap)]
        ups = sum(1 for vwap in ties_seen if Fraction(float(vwap)) > vwap)
        assert ups >= 50 and len(ties_seen) - ups >= 50, (case.name, ups, len(ties_seen))
    return made


def is_midpoint(value):
    """True if `value` lies exactly between two neighbouring doubles."""
    numerator, denominator = value.numerator, value.denominator
    if denominator & (denominator - 1):
        return False
    odd = numerator >> (numerator & -numerator).bit_length() - 1
    return odd.bit_length() == 54


def busy_seconds():
    """A very busy instrument by the second, and the same rows as minutes."""
    rng = Rng(150)
    starts = grid(DAY, seconds=1, count=3_200)
    starts = starts[:1_000] + starts[1_100:2_000] + starts[2_060:]
    seconds = random_bars(rng, starts, 498_123_400, 100, 300, 5_000, 60_000)
    assert sum(row.close * row.volume for row in seconds) > 49 * 10**9 * DOLLAR
    about = "An hour of seconds of 4-decimal prices that turns over some 50 billion dollars, with two holes"
    made = [
        Case("busy-seconds", f"{about}.", seconds, bar_seconds=1, places=4),
        Case(
            "busy-seconds-as-minutes",
            f"{about}: the same rows as 1-minute bars.",
            resample(seconds, 60),
            places=4,
        ),
        Case(
            "busy-seconds-as-minutes-hlc3",
            f"{about}: the same rows as 1-minute bars.",
            resample(seconds, 60),
            "hlc3",
            places=4,
        ),
    ]
    assert naive_errors(made[0]) >= 300, naive_errors(made[0])
    return made
