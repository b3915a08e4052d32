# SPDX-License-Identifier: Apache-2.0
"""What the page is to write for a figure: made here once more, from the rules alone."""

from decimal import ROUND_HALF_UP, Decimal


def three_digits(value):
    """Three digits, as JavaScript rounds them (of what the float holds exactly)."""
    exact = Decimal(value)
    if value >= 99.95:
        return f"{int(exact.quantize(Decimal(1), ROUND_HALF_UP)):,}"
    places = Decimal("0.1") if value >= 9.995 else Decimal("0.01")
    return str(exact.quantize(places, ROUND_HALF_UP))


def time(ns):
    if not ns or ns <= 0:
        return "–"
    for scale, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")):
        if ns >= scale * 0.9995:
            return f"{three_digits(ns / scale)} {unit}"
    return f"{three_digits(ns)} ns"


def count(n):
    return f"{n:,}" if n else "–"


def percent(part, whole):
    share = 100 * part / whole if whole else 0
    if share <= 0:
        return "–"
    if share < 0.05:
        return "<0.1"
    return "100" if share >= 99.95 else str(Decimal(share).quantize(Decimal("0.1"), ROUND_HALF_UP))
