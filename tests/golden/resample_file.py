"""resample.json: short bars and the longer bars made of them."""

import nyse
from cases import row_columns
from resample import resample
from rng import Rng
from series import CENT, bars, grid, grid_after_close, random_bars, thin, volumes, walk

DAY = "2019-02-11"
MINUTE = 60


def resamplings():
    """Entries of resample.json."""
    whole = minutes(
        401, grid(DAY, first=-95, count=15), grid(DAY, first=-47), grid_after_close(DAY, count=70)
    )
    entries = [made("Minutes to minutes: nothing changes.", 60, whole[::7])]
    for interval in (5, 7, 60, 240, 390):
        entries.append(
            made(
                f"Minutes from before the open until after the close, to {interval} minutes.",
                interval * 60,
                whole,
            )
        )
    return [*entries, *of_seconds(), *of_odd_days(), *of_nothing()]


def of_seconds():
    """Seconds to longer bars, without holes, with holes, and with minutes among them."""
    edge = grid(DAY, seconds=1, first=-130, count=330)
    late = grid_after_close(DAY, seconds=1, first=-150, count=300)
    seconds = random_bars(Rng(402), edge + late, 171_500_000, CENT, 3, 0, 900)
    thinned = random_bars(
        Rng(403), thin(Rng(404), grid(DAY, seconds=1, count=3_000), 12), 171_523_700, 100, 90, 0, 900
    )
    entries = [made("Seconds around the open and the close, to minutes.", 60, seconds)]
    entries.append(made("Seconds around the open and the close, to 5 minutes.", 300, seconds))
    entries.append(
        made("Seconds with many missing, whole minutes too, to minutes.", 60, without_minutes(thinned), 4)
    )
    entries.append(made("Seconds with many missing, to 7 minutes.", 420, thinned, 4))
    mixed = with_minute_rows()
    for interval in (1, 5):
        about = (
            f"Seconds of a stream, with minute rows and single rows that repair holes, to {interval} minutes."
        )
        entries.append(made(about, interval * 60, mixed))
    return entries


def of_odd_days():
    """Half days, days around a clock change, days without session."""
    half = minutes(405, grid("2018-11-23", first=-20), grid_after_close("2018-11-23", count=130))
    spring = minutes(406, *around_sessions("2019-03-08", "2019-03-11"))
    autumn = minutes(407, *around_sessions("2019-11-01", "2019-11-04"))
    friday, monday = nyse.session_of("2019-03-08").close, nyse.session_of("2019-03-11").open
    weekend = minutes(
        408,
        list(range(friday - 5 * 60_000, friday + 10 * 60_000, 60_000)),
        list(range(friday + 10 * 60_000, monday + 40 * 60_000, 17 * 60_000)),
    )
    early = minutes(409, *around_sessions("1990-12-24", "1990-12-26"))
    return [
        made("A half day with rows after 13:00, to 7 minutes.", 420, half),
        made("A half day with rows after 13:00, to 60 minutes.", 3600, half),
        made("Around the clock change of March, to 7 minutes.", 420, spring),
        made("Around the clock change of March, to 60 minutes.", 3600, spring),
        made("Around the clock change of November, to 5 minutes.", 300, autumn),
        made("Around the clock change of November, to 60 minutes.", 3600, autumn),
        made("Around the clock and over a weekend, to 60 minutes.", 3600, weekend),
        made("Around the clock and over a weekend, to 240 minutes.", 14_400, weekend),
        made("Around the clock and over a weekend, to 1440 minutes.", 86_400, weekend),
        made("The 14:00 close of 1990, to 7 minutes.", 420, early),
    ]


def of_nothing():
    """No row, and one row."""
    one = minutes(410, grid(DAY, first=11, count=1))
    return [made("No row gives no bar.", 300, []), made("One row, in the middle of its bar.", 300, one)]


def made(about, interval_seconds, rows, places=2):
    """One entry."""
    bars_made = resample(rows, interval_seconds)
    assert sum(bar.volume for bar in bars_made) == sum(row.volume for row in rows)
    return {
        "about": about,
        "interval_seconds": interval_seconds,
        "rows": row_columns(rows, places),
        "bars": row_columns(bars_made, places),
    }


def minutes(seed, *stretches):
    """A random walk over stretches of starts, some rows without volume."""
    rng = Rng(seed)
    starts = [start for stretch in stretches for start in stretch]
    shares = [0 if rng.chance(9) else volume for volume in volumes(rng, len(starts), 1, 50_000)]
    return bars(rng, starts, walk(rng, len(starts), 171_500_000, CENT, 12), shares, CENT)


def around_sessions(*days):
    """Minutes before, at and after open and close of each day."""
    stretches = []
    for day in days:
        stretches.append(grid(day, first=-70, count=3))
        stretches.append(grid(day, first=-16, count=32))
        stretches.append(grid_after_close(day, first=-16, count=40))
    return stretches


def without_minutes(rows):
    """The rows without those of every third minute."""
    return [row for row in rows if row.start // 60_000 % 3]


def with_minute_rows():
    """Rows by the second in which some minutes are one row at their start, covering the minute."""
    rng = Rng(411)
    starts = []
    for minute in grid(DAY, first=-3, count=24):
        if rng.chance(3):
            starts.append(minute)
        else:
            starts += [minute + second * 1000 for second in range(60) if rng.chance(4)]
    return random_bars(rng, starts, 171_500_000, CENT, 6, 0, 3_000)
