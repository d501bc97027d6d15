"""NYSE regular sessions of 1990 to 2030, from the exchange's rules and the system's time zones."""

from bisect import bisect_right
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
MONDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = 0, 3, 4, 5, 6
FIRST_YEAR, LAST_YEAR = 1990, 2030

SPECIAL_CLOSURES = {
    date(1994, 4, 27),
    date(2001, 9, 11),
    date(2001, 9, 12),
    date(2001, 9, 13),
    date(2001, 9, 14),
    date(2004, 6, 11),
    date(2007, 1, 2),
    date(2012, 10, 29),
    date(2012, 10, 30),
    date(2018, 12, 5),
    date(2025, 1, 9),
}
SPECIAL_EARLY_CLOSES = {date(1997, 12, 26), date(1999, 12, 31), date(2003, 12, 26)}


class Session(NamedTuple):
    """One regular session `[open, close)`, in milliseconds since the Unix epoch."""

    date: date
    open: int
    close: int


@cache
def sessions():
    """Every session, in order."""
    found = []
    day = date(FIRST_YEAR, 1, 1)
    while day.year <= LAST_YEAR:
        if is_trading_day(day):
            found.append(Session(day, new_york_ms(day, 9, 30), new_york_ms(day, closing_hour(day), 0)))
        day += timedelta(days=1)
    return found


@cache
def _opens():
    return [session.open for session in sessions()]


def session_of(day):
    """The session of a date, given as text; it must have one."""
    wanted = date.fromisoformat(day)
    return next(session for session in sessions() if session.date == wanted)


def session_at(start):
    """The session with `open <= start < close`, or None."""
    last = last_opened(start)
    return last if last and start < last.close else None


def last_opened(start):
    """The last session with `open <= start`, or None."""
    index = bisect_right(_opens(), start)
    return sessions()[index - 1] if index else None


def new_york_ms(day, hour, minute):
    """Milliseconds since the Unix epoch of a New York wall-clock time."""
    stamp = datetime.combine(day, time(hour, minute), NEW_YORK).timestamp()
    return int(stamp) * 1000


def is_trading_day(day):
    """True if the exchange holds a session on `day`."""
    return day.weekday() < SATURDAY and day not in SPECIAL_CLOSURES and day not in holidays(day.year)


@cache
def holidays(year):
    """The days of `year` on which a regular holiday closes the exchange."""
    days = {
        nth_weekday(year, 2, MONDAY, 3),
        easter(year) - timedelta(days=2),
        last_monday_of_may(year),
        observed(date(year, 7, 4)),
        nth_weekday(year, 9, MONDAY, 1),
        nth_weekday(year, 11, THURSDAY, 4),
        observed(date(year, 12, 25)),
    }
    new_year = date(year, 1, 1)
    if new_year.weekday() != SATURDAY:
        days.add(observed(new_year))
    if year >= 1998:
        days.add(nth_weekday(year, 1, MONDAY, 3))
    if year >= 2022:
        days.add(observed(date(year, 6, 19)))
    return days


def closing_hour(day):
    """The New York hour at which the session of `day` closes."""
    if not is_early_close(day):
        return 16
    return 14 if day.year <= 1992 else 13


def is_early_close(day):
    """True if the session of `day` ends early."""
    if day in SPECIAL_EARLY_CLOSES:
        return True
    if (day.month, day.day) == (12, 24) and day.weekday() <= THURSDAY:
        return True
    if day.year >= 1992 and day == nth_weekday(day.year, 11, THURSDAY, 4) + timedelta(days=1):
        return True
    return day.year >= 1995 and day == early_close_of_july(day.year)


def early_close_of_july(year):
    """The early close beside Independence Day, or None."""
    fourth = date(year, 7, 4)
    if fourth.weekday() in (MONDAY, SATURDAY, SUNDAY):
        return None
    if fourth.weekday() == THURSDAY and year < 2013:
        return date(year, 7, 5)
    return date(year, 7, 3)


def observed(day):
    """The weekday on which a holiday of a fixed date is kept."""
    if day.weekday() == SATURDAY:
        return day - timedelta(days=1)
    if day.weekday() == SUNDAY:
        return day + timedelta(days=1)
    return day


def nth_weekday(year, month, weekday, nth):
    """The nth given weekday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def last_monday_of_may(year):
    """Memorial Day."""
    end = date(year, 5, 31)
    return end - timedelta(days=end.weekday())


def easter(year):
    """Western Easter Sunday (the anonymous Gregorian algorithm)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (2 * e + 2 * i - h - k + 32) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
