import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegate.errors import InvalidRequest
from facegate.gallery.names import MAX_CODE_POINTS, clean_name, name_key


@pytest.mark.parametrize(
    "name",
    [
        "Ana",
        "王小明",
        "Ünal",
        "Ольга",
        "Δημήτρης",
        "عربى",
        "עברית",
        "日本語",
        "한국어",
        "हिन्दी",
        "O'Neil-Smith 3rd",
        "می‌خواهم",
        "👩‍🔬",
    ],
)
def test_real_names_stay_as_they_are(name: str) -> None:
    assert clean_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "name is empty"),
        (" \u3000 ", "name is empty"),
        ("\u200b\u200d", "name is empty"),
        ("a\nb", r"U\+000A"),
        ("a\x1b[31m", r"U\+001B"),
        ("a\x00b", r"U\+0000"),
        ("evil\u202egpj", r"U\+202E"),
        ("\u2066a\u2069", r"U\+2066"),
        ("a\u2028b", r"U\+2028"),
        ("a\ud800", r"U\+D800"),
        ("x" * 81, "has 81 characters; at most 80"),
        ("x" * 5_000_000, "has 5,000,000 characters"),
    ],
)
def test_what_cannot_be_shown_on_one_line_is_refused(name: str, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message) as caught:
        clean_name(name)
    assert caught.value.details["field"] == "name"


def test_eighty_code_points_are_counted_after_normalisation_and_trimming() -> None:
    assert len(clean_name("  " + "e\u0301" * MAX_CODE_POINTS + "\t")) == MAX_CODE_POINTS
    assert len(clean_name("𝒜" * MAX_CODE_POINTS)) == MAX_CODE_POINTS


@given(st.text(max_size=100))
def test_a_name_is_clean_or_refused_and_cleaning_twice_changes_nothing(text: str) -> None:
    try:
        clean = clean_name(text)
    except InvalidRequest:
        return
    assert clean_name(clean) == clean
    assert 1 <= len(clean) <= MAX_CODE_POINTS
    assert clean == clean.strip() == unicodedata.normalize("NFC", clean)
    assert "\n" not in clean and "\u202e" not in clean
    assert len(name_key(clean)) <= 240, "fits its column"
    assert name_key(clean) == name_key(clean.upper().lower()) or clean.upper().lower().casefold() != clean.casefold()
