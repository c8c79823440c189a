import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegate.matching.words import odds, share, strength


@pytest.mark.parametrize(
    ("fmr", "word"),
    [(1e-5, "very strong"), (1e-4, "very strong"), (1.1e-4, "likely"), (1e-3, "likely"), (1e-2, "weak"),
     (1.1e-2, "none"), (1.0, "none")],
)  # fmt: skip
def test_the_scale(fmr: float, word: str) -> None:
    assert strength(fmr) == word


@pytest.mark.parametrize(
    ("fmr", "text"),
    [
        (1e-5, "better than 1 in 100,000"),
        (1e-9, "better than 1 in 100,000"),
        (1.0001e-5, "1 in 90,000"),
        (2.4e-5, "1 in 40,000"),
        (1e-3, "1 in 1,000"),
        (1e-2, "1 in 100"),
        (0.0101, "1 in 90"),
        (0.5, "1 in 2"),
        (0.51, "more than 1 in 2"),
        (1.0, "more than 1 in 2"),
    ],
)
def test_odds(fmr: float, text: str) -> None:
    assert odds(fmr, 1e-5) == text


@given(st.floats(1e-9, 1), st.floats(1e-7, 1e-3))
def test_no_claim_beyond_the_measurement(fmr: float, smallest: float) -> None:
    said = int(re.sub(r".*1 in |,", "", odds(fmr, smallest)))
    if not odds(fmr, smallest).startswith("more"):
        assert said <= 1 / max(fmr, smallest) * (1 + 1e-6)


def test_the_share_people_read() -> None:
    assert share(2.4e-5, 1e-5) == "1 in 40,000"
    assert share(1e-6, 1e-5) == "fewer than 1 in 100,000"
