"""How an engine case is declared, computed and laid out for its file."""

import exact
from exact import hex16, to_bits


class Case:
    """Rows with a name and one sentence on why they are here."""

    def __init__(self, name, about, rows, basis="close", bar_seconds=60, places=2):
        self.name, self.about, self.rows = name, about, rows
        self.basis, self.bar_seconds, self.places = basis, bar_seconds, places
        self.steps = exact.run(rows, basis)

    def signs(self):
        """The sign of SMA9 - VWAP of each row, None where one of them is absent."""
        return [sign(step) for step in self.steps]


def both_bases(name, about, make, **options):
    """The case in both bases; `make(basis)` gives the rows."""
    return [
        Case(name, about, make("close"), "close", **options),
        Case(f"{name}-hlc3", about, make("hlc3"), "hlc3", **options),
    ]


def sign(step):
    """1, 0 or -1, or None."""
    if step.sma9 is None or step.vwap is None:
        return None
    return (step.sma9 > step.vwap) - (step.sma9 < step.vwap)


def price_text(micros, places):
    """The decimal text of a price with a fixed number of places (None: the shortest text)."""
    whole, fraction = divmod(micros, 10**6)
    digits = f"{fraction:06d}"
    if places is None:
        digits = digits.rstrip("0")
    else:
        assert digits[places:].strip("0") == "", f"{micros} has more than {places} places"
        digits = digits[:places]
    return f"{whole}.{digits}" if digits else str(whole)


def row_columns(rows, places):
    """Rows as columns."""
    columns = {"start": [row.start for row in rows]}
    for name in ("open", "high", "low", "close"):
        columns[name] = [price_text(getattr(row, name), places) for row in rows]
    columns["volume"] = [row.volume for row in rows]
    return columns


def case_document(case, ticker="QQQ"):
    """The case with its results, as the file holds it."""
    rows, steps, rule = case.rows, case.steps, exact.rule(case.basis)
    crosses = []
    for index, (row, step) in enumerate(zip(rows, steps)):
        if step.cross:
            direction = "up" if step.cross > 0 else "down"
            identity = exact.signal_id(ticker, case.bar_seconds, row.start, direction, rule)
            crosses.append({"index": index, "start": row.start, "direction": direction, "id": identity})
    return {
        "case": case.name,
        "about": case.about,
        "made_by": "tests/golden/generate.py",
        "ticker": ticker,
        "bar_seconds": case.bar_seconds,
        "basis": case.basis,
        "rule": rule,
        **row_columns(rows, case.places),
        "sma9": [hex16(to_bits(step.sma9)) for step in steps],
        "vwap": [hex16(to_bits(step.vwap)) for step in steps],
        "cross": [step.cross for step in steps],
        "crosses": crosses,
        "sessions": session_entries(rows, steps),
    }


def session_entries(rows, steps):
    """One entry for each session that has rows."""
    entries = []
    order = list(dict.fromkeys(step.session for step in steps if step.session))
    for session in order:
        indexes = [i for i, step in enumerate(steps) if step.session == session]
        first, count = indexes[0], len(indexes)
        assert indexes == list(range(first, first + count))
        own = slice(first, first + count)
        entries.append(
            {
                "date": session.date.isoformat(),
                "open": session.open,
                "close": session.close,
                "first": first,
                "rows": count,
                "crosses": sum(1 for step in steps[own] if step.cross),
                "digest": exact.digest(rows[own], steps[own]),
                "row_digest": exact.row_digest(rows[own]),
            }
        )
    return entries
