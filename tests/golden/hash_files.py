"""xxh3.json and signal_ids.json: hashes of known bytes, and ids of known crosses."""

from exact import hex16, rule, signal_id
from xxh3 import xxh3_64, xxh3_128

LENGTHS = [
    *range(36),
    *map(
        int,
        """
47 48 50 63 64 65 75 95 96 97 100 125 127 128 129 143 144 145 150 159 160 161 175 176 191 192 193 200 207
208 223 224 225 239 240 241 250 255 256 257 288 319 320 321 384 432 511 512 513 575 576 577 960 1000 1023
1024 1025 1087 1088 1089 1999 2000 2047 2048 2049 4096 4097 9750 18720 100003
""".split(),
    ),
]


def hashes():
    """Entries of xxh3.json, over bytes `pattern(length)`."""
    entries = []
    for length in LENGTHS:
        data = pattern(length)
        entries.append(
            {"length": length, "xxh3_64": hex16(xxh3_64(data)), "xxh3_128": f"{xxh3_128(data):032x}"}
        )
    assert entries[0]["xxh3_64"] == "2d06800538d394c2"
    return entries


def pattern(length):
    """Byte number `i` is the top byte of the 32-bit product `(i + 1) * 2654435761`."""
    return bytes((i + 1) * 2_654_435_761 % 2**32 >> 24 for i in range(length))


def ids():
    """Entries of signal_ids.json."""
    made = []
    for ticker in ("QQQ", "SPY", "A", "BRK.B", "BRK/B", "$SPX", "/ESM25", "GOOGL1234567890"):
        for bar_seconds, start in (
            (60, 1_549_895_400_000),
            (1, 1_549_895_401_000),
            (300, 631_204_200_000),
            (3600, 0),
            (86_400, 4_102_444_800_000),
        ):
            for direction in ("up", "down"):
                for basis in ("close", "hlc3"):
                    made.append(entry(ticker, bar_seconds, start, direction, rule(basis)))
    assert made[0]["id"] == "815cb245a0b7cfa6738b767f1f48c491"
    return made


def entry(ticker, bar_seconds, start, direction, rule_name):
    """One cross and its id."""
    return {
        "ticker": ticker,
        "bar_seconds": bar_seconds,
        "start": start,
        "direction": direction,
        "rule": rule_name,
        "id": signal_id(ticker, bar_seconds, start, direction, rule_name),
    }
