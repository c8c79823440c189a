"""Small pieces of wording that several commands share."""

import math


def rate(value: float) -> str:
    """A rate as people type it: 1e-3, 2.5e-4; from 10 % on as a plain number."""
    if not 0 < value < 0.1:
        return f"{value:g}"
    exponent = math.floor(math.log10(value) + 1e-9)
    return f"{value / 10**exponent:.3g}e{exponent}"
