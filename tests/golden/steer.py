"""Searches for rows that bring the sign of SMA9 - VWAP where a case wants it.

With `V` shares, `T = sum((high + low + close) * volume)` (all three prices are the close when the
basis is `close`) and `S` the sum of nine closes, the sign is that of `S * V - 3 * T`. A row with
basis sum `p` and volume `v` adds `v * (S - 3 * p)`, so a tie needs `v = gap / (3 * p - S)`, where
`gap` is `S * V - 3 * T` before the row's own volume.
"""

from series import bar


class Course:
    """Rows of one session so far, with the sums that decide the sign."""

    def __init__(self, rng, basis, tick, wick):
        self.rng, self.basis, self.tick, self.wick = rng, basis, tick, wick
        self.rows = []
        self.sums = [(0, 0)]

    def push(self, row):
        """Adds a row."""
        shares, turnover = self.sums[-1]
        self.rows.append(row)
        self.sums.append((shares + row.volume, turnover + self.basis_sum(row) * row.volume))

    def take_back(self, count):
        """Removes the last rows, at most all of them."""
        count = min(count, len(self.rows))
        del self.rows[len(self.rows) - count :]
        del self.sums[len(self.sums) - count :]

    def draw(self, start, close):
        """A bar of this close, without volume."""
        opened = self.rows[-1].close if self.rows else close
        return bar(self.rng, start, opened, close, 0, self.tick, self.wick)

    def basis_sum(self, row):
        """Three times the price that VWAP weighs."""
        return 3 * row.close if self.basis == "close" else row.high + row.low + row.close

    def weigh(self, row):
        """Returns `gap` and `3 * p - S`, or None before the ninth row."""
        if len(self.rows) < 8:
            return None
        total = row.close + sum(old.close for old in self.rows[-8:])
        shares, turnover = self.sums[-1]
        return total * shares - 3 * turnover, 3 * self.basis_sum(row) - total


def steer(rng, starts, basis, signs, anchor, tick, reach):
    """Rows whose sign of SMA9 - VWAP follows `signs` (None: any), with closes near `anchor`.

    Where chance finds no row of a wanted sign, some rows are taken back and drawn again.
    """
    course = Course(rng, basis, tick, 3)
    setbacks = 0
    while len(course.rows) < len(starts):
        index = len(course.rows)
        row = find_row(course, starts[index], signs[index], anchor, reach)
        if row is not None:
            course.push(row)
        else:
            course.take_back(rng.pick((1, 1, 1, 1, 1, 1, 2, 2, 3, 6)))
            setbacks += 1
            assert setbacks < 3_000, "these signs are out of reach"
    return course.rows


def find_row(course, start, sign, anchor, reach):
    """One row of the wanted sign, or None if chance brought none."""
    rng = course.rng
    ties = []
    for _ in range(400):
        leaving = course.rows[-9].close if len(course.rows) >= 9 else anchor
        row = course.draw(start, rng.pick((anchor, leaving)) + rng.between(-reach, reach) * course.tick)
        volume = rng.between(1, 4_000)
        weights = course.weigh(row)
        if weights is None or sign is None:
            return row._replace(volume=volume)
        gap, pull = weights
        if sign == 0:
            if pull and gap % pull == 0 and 0 < gap // pull <= 4_000 + course.sums[-1][0] // 2:
                ties.append(row._replace(volume=gap // pull))
        elif (gap - volume * pull) * sign > 0:
            return row._replace(volume=volume)
    return rng.pick(ties) if ties else None


def near_ties(rng, starts, basis, anchor, amplitude, step, shares):
    """Rows that leave SMA9 a hair above or below VWAP from the tenth on.

    Closes repeat a pattern of nine with small steps away from the mean; each volume is the one that
    makes the tie, rounded to a whole share up or down.
    """
    course = Course(rng, basis, step, 40)
    for start in starts:
        if len(course.rows) < 9:
            swing = amplitude if len(course.rows) % 2 else -amplitude
            close = anchor + swing + rng.between(-40, 40) * step
            course.push(course.draw(start, close)._replace(volume=shares + rng.between(0, 1000)))
        else:
            course.push(best_near_tie(course, start, step))
    return course.rows


def best_near_tie(course, start, step):
    """Of some rows that make a near tie, the one with the smallest volume."""
    rng = course.rng
    found = []
    for _ in range(60):
        row = course.draw(start, course.rows[-9].close + rng.between(-40, 40) * step)
        gap, pull = course.weigh(row)
        if pull and gap // pull >= 1:
            found.append(row._replace(volume=gap // pull + rng.between(0, 1)))
    return min(found, key=lambda row: row.volume)
