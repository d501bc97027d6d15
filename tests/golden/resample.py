"""Longer bars from shorter ones; `bucket_start` has the rule of where they begin."""

import nyse
from exact import Row


def resample(rows, interval_seconds):
    """Bars of an interval: first open, highest high, lowest low, last close, sum of volume."""
    buckets = {}
    for row in rows:
        buckets.setdefault(bucket_start(row.start, interval_seconds * 1000), []).append(row)
    return [merge(start, members) for start, members in buckets.items()]


def bucket_start(start, interval_ms):
    """Where the bar that holds `start` begins.

    Inside a session bars count from its open. Outside they begin at multiples of the interval since
    the epoch, but never before the close of the session before. A bar before an open ends there, and
    a session's last bar ends at its close, because the rows beyond lie in other bars.
    """
    session = nyse.last_opened(start)
    if session and start < session.close:
        return start - (start - session.open) % interval_ms
    aligned = start - start % interval_ms
    return max(aligned, session.close) if session else aligned


def merge(start, rows):
    """One bar from the rows of one bucket, in order."""
    return Row(
        start,
        rows[0].open,
        max(row.high for row in rows),
        min(row.low for row in rows),
        rows[-1].close,
        sum(row.volume for row in rows),
    )
