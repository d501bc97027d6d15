"""Writes calendar.csv, the sessions of the New York Stock Exchange, to standard output.

The calendar is that of the Python package exchange_calendars; nothing here comes from the core.

    pip install exchange_calendars==4.13.2
    python make_calendar.py > calendar.csv
"""

import datetime
import importlib.metadata

import exchange_calendars

FIRST, LAST = "1990-01-01", "2030-12-31"

version = importlib.metadata.version("exchange_calendars")
schedule = exchange_calendars.get_calendar("XNYS", start=FIRST, end=LAST).schedule

print(f"# Sessions of the New York Stock Exchange, {FIRST} to {LAST}; days not listed have none.")
print("# open and close are times in UTC on the session's date; the session is [open, close).")
print(f"# exchange_calendars {version}, XNYS; generated {datetime.date.today()} by make_calendar.py")
print("date,open,close")
for date, day in schedule.iterrows():
    opens, closes = day["open"], day["close"]
    assert date.date() == opens.date() == closes.date(), date
    assert opens.second == closes.second == 0, date
    print(f"{date:%Y-%m-%d},{opens:%H:%M},{closes:%H:%M}")
