"""Drives a simulator with schwab-py, a Schwab client that others wrote, and fails at anything it does not accept.

Usage: schwab_py_client.py READY_LINE, the JSON line that `alpha-kite simulate` prints. Its speed must be 20 or more.

schwab-py knows one host. Requests to it are sent to the simulator by one hook on the session; its streamer part follows the
address that the simulator names. Nothing else of schwab-py is changed.
"""

import asyncio
import collections
import datetime
import json
import os
import sys
import time

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the simulator speaks plain HTTP

import httpx
import schwab.auth
from schwab.client import Client
from schwab.streaming import StreamClient

READY = json.loads(sys.argv[1])
BASE = httpx.URL(READY["base_url"])
MINUTE = 60_000


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")
    print(f"ok: {what}")


def redirected(url):
    return url.copy_with(scheme=BASE.scheme, host=BASE.host, port=BASE.port)


async def redirect(request):
    request.url = redirected(request.url)


def log_in():
    """The OAuth code flow, with the simulator in the place of the browser and the user."""
    tokens = []
    schwab.auth.TOKEN_ENDPOINT = str(redirected(httpx.URL(schwab.auth.TOKEN_ENDPOINT)))
    context = schwab.auth.get_auth_context(READY["app_key"], "https://127.0.0.1:8182")
    answer = httpx.get(redirected(httpx.URL(context.authorization_url)))
    check(answer.status_code == 302, "authorize redirects")
    received = answer.headers["location"]
    check(received.startswith("https://127.0.0.1:8182/?code=C0.") and "%40&session=" in received, "the code ends in %40")
    schwab.auth.client_from_received_url(
        READY["app_key"], READY["app_secret"], context, received, lambda token, **_: tokens.append(token), asyncio=True
    )
    check(tokens[0]["token"]["expires_in"] == 1800 and tokens[0]["token"]["scope"] == "api", "tokens for the code")
    return tokens


async def refresh(client, tokens):
    """A token about to expire is refreshed by the next call."""
    before = dict(client.session.token)
    client.session.token["expires_at"] = int(time.time()) + 10
    check((await client.get_account_numbers()).status_code == 200, "a call with a token to refresh")
    after = tokens[-1]["token"]
    check(after["access_token"] != before["access_token"], "a new access token")
    check(after["refresh_token"] == before["refresh_token"], "the same refresh token")


def stored_client(tokens):
    """A client from a stored token, as a second run of a program has it."""
    client = schwab.auth.client_from_access_functions(
        READY["app_key"], READY["app_secret"], lambda: tokens[-1], lambda token, **_: tokens.append(token), asyncio=True
    )
    client.session.event_hooks["request"].append(redirect)
    return client


async def candles(client, call, **arguments):
    answer = await call("QQQ", **arguments)
    check(answer.status_code == 200, f"{call.__name__} answers")
    body = answer.json()
    check(body["symbol"] == "QQQ" and body["empty"] is False, f"{call.__name__}: {len(body['candles'])} candles")
    times = [candle["datetime"] for candle in body["candles"]]
    check(times == sorted(set(times)), f"{call.__name__}: candles in order, each once")
    check(all(c["low"] <= min(c["open"], c["close"]) and max(c["open"], c["close"]) <= c["high"] for c in body["candles"]),
          f"{call.__name__}: highs and lows enclose")
    return body


async def history(client):
    minutes = await candles(client, client.get_price_history_every_minute, need_previous_close=True)
    check(len(minutes["candles"]) > 390 * 20 and all(c["datetime"] % MINUTE == 0 for c in minutes["candles"]), "weeks of minutes")
    check(minutes["previousClose"] > 0 and minutes["previousCloseDate"] % 3_600_000 == 0, "the previous close")
    five = await candles(client, client.get_price_history_every_five_minutes)
    check(all(c["datetime"] % (5 * MINUTE) == 0 for c in five["candles"]), "five minutes")
    daily = await candles(client, client.get_price_history_every_day)
    hours = {c["datetime"] // 3_600_000 % 24 for c in daily["candles"]}
    check(hours <= {5, 6} and len(daily["candles"]) > 400, "days are stamped at midnight in Chicago")
    await candles(client, client.get_price_history_every_week)
    monthly = await candles(
        client, client.get_price_history, period_type=Client.PriceHistory.PeriodType.YEAR,
        period=Client.PriceHistory.Period.ONE_YEAR, frequency_type=Client.PriceHistory.FrequencyType.MONTHLY,
        frequency=Client.PriceHistory.Frequency.DAILY)
    check(12 <= len(monthly["candles"]) <= 13, "months of a year")
    wrong = await client.get_price_history(
        "QQQ", period_type=Client.PriceHistory.PeriodType.DAY,
        frequency_type=Client.PriceHistory.FrequencyType.MONTHLY)
    check(wrong.status_code == 400 and wrong.json()["errors"][0]["source"]["parameter"] == "frequencyType", "a wrong combination")
    unknown = (await client.get_price_history_every_minute("NOPE")).json()
    check(unknown["empty"] is True and unknown["candles"] == [], "an unknown symbol")


async def market_data(client):
    quotes = (await client.get_quotes(["QQQ", "SPY", "NOPE"])).json()
    check(quotes["errors"]["invalidSymbols"] == ["NOPE"], "an invalid symbol beside good ones")
    quote = quotes["QQQ"]["quote"]
    check(quote["bidPrice"] < quote["askPrice"] and quote["totalVolume"] > 0, "a quote")
    check((await client.get_quote("SPY")).json()["SPY"]["reference"]["exchange"] == "P", "one quote")
    hours = (await client.get_market_hours([Client.MarketHours.Market.EQUITY, Client.MarketHours.Market.OPTION])).json()
    check(hours["equity"]["EQ"]["isOpen"] and set(hours["option"]) == {"EQO", "IND"}, "market hours")
    check(len((await client.get_account_numbers()).json()[0]["hashValue"]) == 64, "account numbers")

    expirations = (await client.get_option_expiration_chain("QQQ")).json()["expirationList"]
    date = datetime.date.fromisoformat(expirations[1]["expirationDate"])
    answer = await client.get_option_chain("QQQ", from_date=date, to_date=date, strike_count=4, include_underlying_quote=True)
    chain = answer.json()
    check(chain["status"] == "SUCCESS" and chain["numberOfContracts"] == 8, "an option chain")
    days = expirations[1]["daysToExpiration"]
    strikes = chain["callExpDateMap"][f"{date}:{days}"]
    contract = strikes[sorted(strikes, key=float)[2]][0]
    check(len(contract["symbol"]) == 21 and 0 < contract["delta"] < 1, f"a contract: {contract['symbol']}")
    check((await client.get_quote(contract["symbol"])).status_code == 200, "a quote of a contract")
    whole = await client.get_option_chain("QQQ")
    check(whole.status_code == 502 and "TooBigBody" in whole.text, "a whole chain breaks the gateway")
    return contract["symbol"]


async def stream(client, contract):
    streamer = StreamClient(client)
    equities, options, bars = [], [], []
    streamer.add_level_one_equity_handler(equities.append)
    streamer.add_level_one_option_handler(options.append)
    streamer.add_chart_equity_handler(bars.append)
    await streamer.login()
    check(True, "login")
    await streamer.level_one_equity_subs(["QQQ"])
    await streamer.level_one_equity_add(["SPY", "NOPE"])
    await streamer.chart_equity_subs(["QQQ"])
    await streamer.level_one_option_subs([contract])
    check(True, "subscriptions")

    deadline = time.monotonic() + 120
    while sum(len(frame["content"]) for frame in bars) < 5:
        check_quietly(time.monotonic() < deadline, "five bars within two minutes")
        await asyncio.wait_for(streamer.handle_message(), 30)
    await streamer.level_one_equity_unsubs(["SPY"])
    await streamer.logout()
    check(True, "logout")

    items = [(frame["timestamp"], item) for frame in equities for item in frame["content"]]
    first = {item["key"]: item for _, item in reversed(items)}
    check(set(first) == {"QQQ", "SPY"}, "an image of every known symbol and silence about the unknown one")
    image = first["QQQ"]
    check(image["assetMainType"] == "EQUITY" and image["cusip"] == "46090E103" and not image["delayed"], "the image's descriptors")
    check(all(name in image for name in ("BID_PRICE", "LAST_PRICE", "TOTAL_VOLUME", "TRADE_TIME_MILLIS", "MARK")), "its fields")
    check(any("LAST_PRICE" not in item for _, item in items) and len(items) > 100, f"{len(items)} items, most of them partial")
    option = options[0]["content"][0]
    check(option["key"] == contract and option["UNDERLYING"] == "QQQ" and option["BID_PRICE"] < option["ASK_PRICE"], "an option")
    check(len(options) > 10, "options change")

    bars = [bar for frame in bars for bar in frame["content"]]
    sequence = [bar["seq"] for bar in bars]
    check(sequence == list(range(sequence[0], sequence[0] + len(bars))), "bars without a hole")
    return [(at, item) for at, item in items if item["key"] == "QQQ"], bars


def check_quietly(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def minutes_of(items):
    """Minute bars from level one items: open, high, low, close, volume."""
    minutes = collections.OrderedDict()
    price, volume = items[0][1]["LAST_PRICE"], items[0][1]["TOTAL_VOLUME"]
    for at, item in items[1:]:
        price = item.get("LAST_PRICE", price)
        shares = item.get("TOTAL_VOLUME", volume) - volume
        volume += shares
        if shares > 0:
            minute = item.get("TRADE_TIME_MILLIS", at) // MINUTE * MINUTE
            bar = minutes.setdefault(minute, [price, price, price, price, 0])
            bar[1], bar[2], bar[3], bar[4] = max(bar[1], price), min(bar[2], price), price, bar[4] + shares
    return minutes


async def agree(client, items, bars):
    """Streamed items, chart bars and price history say the same of a minute."""
    streamed = minutes_of(items)
    answer = (await client.get_price_history_every_minute("QQQ")).json()
    candles = {candle["datetime"]: candle for candle in answer["candles"]}
    whole = list(streamed)[1:-1]  # the first and the last minute were not streamed whole
    compared = 0
    for bar in bars:
        start = bar["CHART_TIME_MILLIS"]
        candle = candles[start]
        chart = [bar[name] for name in ("OPEN_PRICE", "HIGH_PRICE", "LOW_PRICE", "CLOSE_PRICE", "VOLUME")]
        history = [candle[name] for name in ("open", "high", "low", "close", "volume")]
        check_quietly(chart == history, f"bar {chart} and candle {history} of {start}")
        if start in whole:
            check_quietly(streamed[start] == chart, f"streamed {streamed[start]} and bar {chart} of {start}")
            compared += 1
    check(compared >= 2, f"stream, bars and history agree on {compared} whole minutes")


async def main():
    tokens = log_in()
    client = stored_client(tokens)
    await refresh(client, tokens)
    await history(client)
    contract = await market_data(client)
    items, bars = await stream(client, contract)
    await agree(client, items, bars)
    print("schwab-py accepts the simulator")


asyncio.run(main())
