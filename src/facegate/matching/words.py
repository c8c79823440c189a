"""Words and odds for people, who never see a raw similarity.

The odds hold for the people of the calibration data: adults who are not relatives or twins.
"""

import math
from typing import Literal

Strength = Literal["very strong", "likely", "weak", "none"]

# From a false match rate at most this to the word for it, strongest first (ux.md 0.1).
_SCALE: tuple[tuple[float, Strength], ...] = ((1e-4, "very strong"), (1e-3, "likely"), (1e-2, "weak"))
_SLACK = 1e-9


def strength(fmr: float) -> Strength:
    """How strongly a similarity with this false match rate speaks for one person."""
    for limit, word in _SCALE:
        if fmr <= limit * (1 + _SLACK):
            return word
    return "none"


def odds(fmr: float, smallest: float) -> str:
    """One in how many strangers looks this alike: one digit, rounded against the claim.

    Args:
        fmr: calibrated false match rate.
        smallest: the smallest rate the table supports; nothing better is ever claimed.

    Returns:
        "1 in 40,000", or "better than 1 in 100,000" at the end of the table.
    """
    if fmr <= smallest * (1 + _SLACK):
        return f"better than 1 in {_one_digit(1 / smallest):,}"
    strangers = _one_digit(1 / fmr)
    return f"1 in {strangers:,}" if strangers > 1 else "more than 1 in 2"


def share(fmr: float, smallest: float) -> str:
    """:func:`odds` as the share of strangers who look this alike: "fewer than 1 in 100,000" at the table's end."""
    return odds(fmr, smallest).replace("better than", "fewer than")


def _one_digit(number: float) -> int:
    """`number`, at least 1, rounded down to its leading digit."""
    step = 10 ** math.floor(math.log10(number) + _SLACK)
    return math.floor(number / step + _SLACK) * step
