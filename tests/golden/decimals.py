"""Prices and volumes from the decimal text of JSON numbers, and prices from doubles."""

import re
from fractions import Fraction

from exact import MICROS, PRICE_MAX, VOLUME_MAX

JSON_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?", re.ASCII)
# Outside 10^-50 to 10^50 a value is decided without writing out its digits.
FAR = 50


def exact_value(text):
    """The exact value of a JSON number, or None if `text` is none.

    A value beyond 10^50 comes back as +-10^50 and one nearer to 0 than 10^-50 as +-10^-50: both
    lie where every price and every volume behaves alike.
    """
    match = JSON_NUMBER.fullmatch(text)
    if match is None:
        return None
    minus, whole, fraction, exponent = match.groups(default="")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return Fraction(0)
    shift = int(exponent or 0) - len(fraction)
    magnitude = len(digits) + shift
    if magnitude > FAR:
        value = Fraction(10**FAR)
    elif magnitude < -FAR:
        value = Fraction(1, 10**FAR)
    else:
        value = Fraction(int(digits)) * Fraction(10) ** shift
    return -value if minus else value


def price_of_text(text):
    """(micro-dollars or None, rounded, error or None) of a price's text."""
    value = exact_value(text)
    if value is None:
        return None, False, "syntax"
    micros = round(value * MICROS)
    if not 0 <= micros <= PRICE_MAX:
        return None, False, "range"
    return micros, micros != value * MICROS, None


def volume_of_text(text):
    """(shares or None, error or None) of a volume's text."""
    value = exact_value(text)
    if value is None:
        return None, "syntax"
    if not 0 <= value <= VOLUME_MAX:
        return None, "range"
    if value.denominator != 1:
        return None, "fraction"
    return int(value), None


def price_of_double(double):
    """Micro-dollars of a double, or None if it is no price."""
    if not 0.0 <= double < float("inf"):
        return None
    micros = round(Fraction(double) * MICROS)
    return micros if micros <= PRICE_MAX else None
