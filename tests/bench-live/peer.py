"""A streaming service as it is usually written in Python: websockets, pandas, psycopg or sqlite3. It is measured, not used.

It stores each second of each ticker with SMA9 and session VWAP, in binary floating point, and commits once for each frame
that closes rows. It is written with care: state is kept per ticker, and no day is computed anew with each row. It has no
reconnection, no gaps, no signals and no HTTP, so what it costs is the least that such a service costs.

    peer.py frames FILE DATABASE              frames from a file, one a line, as fast as they are taken
    peer.py stream BASE TICKERS SECONDS DATABASE   the stream of the simulator at BASE

DATABASE is the path of an SQLite file, or `host=… dbname=…` for PostgreSQL. Prints one JSON object.
"""

import asyncio
import base64
import json
import sqlite3
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pandas as pd
import psycopg
import websockets

KEY, SECRET, REDIRECT = "simulated-app-key", "simulated-app-secret", "https://127.0.0.1:8182"
TABLES = (
    "create table equity_data (ticker text, timestamp bigint, price double precision, volume bigint,"
    " primary key (ticker, timestamp))",
    "create table indicators (ticker text, timestamp bigint, sma9 double precision, vwap double precision,"
    " primary key (ticker, timestamp))",
)
INSERTS = (
    "insert into equity_data values (?, ?, ?, ?) on conflict (ticker, timestamp) do nothing",
    "insert into indicators values (?, ?, ?, ?) on conflict (ticker, timestamp) do nothing",
)


class Database:
    def __init__(self, name):
        if "dbname=" in name:
            self.connection = psycopg.connect(name)
            self.inserts = [insert.replace("?", "%s") for insert in INSERTS]
        else:
            self.connection = sqlite3.connect(name)
            self.connection.execute("pragma journal_mode = wal")
            self.inserts = INSERTS
        self.cursor = self.connection.cursor()
        for table in TABLES:
            self.cursor.execute(table)
        self.connection.commit()

    def write(self, rows, indicators):
        self.cursor.executemany(self.inserts[0], rows)
        self.cursor.executemany(self.inserts[1], indicators)
        self.connection.commit()


class Ticker:
    """The forming second of a ticker and what its indicators need."""

    def __init__(self):
        self.total = self.last = self.second = None
        self.shares = 0
        self.prices = []
        self.turnover = self.volume = 0.0

    def take(self, item, sent):
        """Takes an item; returns the second that it closed, if any."""
        self.last = item.get("3", self.last)
        total = item.get("8")
        if total is None or self.total is None or total <= self.total:
            self.total = total if total is not None else self.total
            return None
        shares, self.total = total - self.total, total
        second = item.get("35", sent) // 1000
        closed = None
        if self.second is not None and second > self.second:
            closed = self.close()
        if self.second is None or second > self.second:
            self.second, self.shares = second, 0
        self.price = self.last
        self.shares += shares
        return closed

    def close(self):
        self.prices = [*self.prices[-8:], self.price]
        self.turnover += self.price * self.shares
        self.volume += self.shares
        sma9 = float(pd.Series(self.prices).rolling(9).mean().iloc[-1]) if len(self.prices) == 9 else None
        return self.second * 1000, self.price, self.shares, sma9, self.turnover / self.volume


class Service:
    def __init__(self, database):
        self.database = Database(database)
        self.tickers = {}
        self.latencies = []
        self.rows = self.items = 0

    def take(self, text):
        received = time.perf_counter()
        rows, indicators = [], []
        for part in json.loads(text).get("data", ()):
            if part["service"] != "LEVELONE_EQUITIES":
                continue
            for item in part["content"]:
                self.items += 1
                name = item["key"]
                ticker = self.tickers.get(name) or self.tickers.setdefault(name, Ticker())
                if (closed := ticker.take(item, part["timestamp"])) is not None:
                    start, price, shares, sma9, vwap = closed
                    rows.append((name, start, price, shares))
                    indicators.append((name, start, sma9, vwap))
        if rows:
            self.database.write(rows, indicators)
            self.rows += len(rows)
            self.latencies += [(time.perf_counter() - received) * 1000] * len(rows)

    def report(self, seconds, processor):
        ordered = sorted(self.latencies) or [0.0]
        at = lambda percent: ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]
        # Not `getrusage`: what that tells includes the memory of the program that started this one.
        status = Path("/proc/self/status").read_text()
        resident = int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6
        print(json.dumps({
            "items": self.items, "rows": self.rows, "seconds": seconds, "processor": processor,
            "p50": at(50), "p99": at(99), "max": ordered[-1], "resident_mb": resident,
        }))


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def ask(url, data=None, headers=()):
    """The answer's headers and body; a redirect is an answer."""
    try:
        answer = urllib.request.build_opener(NoRedirect).open(urllib.request.Request(url, data, dict(headers)))
    except urllib.error.HTTPError as error:
        answer = error
    return answer.headers, answer.read()


def log_in(base):
    """An access token, by the code flow."""
    query = urllib.parse.urlencode({"client_id": KEY, "redirect_uri": REDIRECT, "response_type": "code"})
    location = ask(f"{base}/v1/oauth/authorize?{query}")[0]["location"]
    code = urllib.parse.parse_qs(urllib.parse.urlparse(location).query)["code"][0]
    form = urllib.parse.urlencode({"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT})
    basic = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    return json.loads(ask(f"{base}/v1/oauth/token", form.encode(), headers)[1])["access_token"]


async def stream(base, tickers, seconds, service):
    token = log_in(base)
    preference = json.loads(ask(f"{base}/trader/v1/userPreference", headers={"Authorization": f"Bearer {token}"})[1])
    info = preference["streamerInfo"][0]

    def command(number, name, what, parameters):
        return json.dumps({"requests": [{
            "requestid": str(number), "service": name, "command": what, "parameters": parameters,
            "SchwabClientCustomerId": info["schwabClientCustomerId"],
            "SchwabClientCorrelId": info["schwabClientCorrelId"],
        }]})

    async with websockets.connect(info["streamerSocketUrl"], max_size=16 << 20) as socket:
        await socket.send(command(0, "ADMIN", "LOGIN", {
            "Authorization": token, "SchwabClientChannel": info["schwabClientChannel"],
            "SchwabClientFunctionId": info["schwabClientFunctionId"],
        }))
        await socket.recv()
        await socket.send(command(1, "LEVELONE_EQUITIES", "SUBS", {"keys": tickers, "fields": "0,1,2,3,8,9,34,35"}))
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                service.take(await asyncio.wait_for(socket.recv(), left))
            except TimeoutError:
                break


def main():
    mode, source, *rest, database = sys.argv[1:]
    service = Service(database)
    begin, processor = time.perf_counter(), time.process_time()
    if mode == "frames":
        with open(source) as lines:
            for line in lines:
                service.take(line)
    else:
        tickers, seconds = rest
        asyncio.run(stream(source, tickers, float(seconds), service))
    service.report(time.perf_counter() - begin, time.process_time() - processor)


main()
