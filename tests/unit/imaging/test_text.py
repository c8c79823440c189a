"""Lines of text in any script, without fonts or libraries of the system."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from facegate.imaging.bidi import is_right_to_left, visual_runs
from facegate.imaging.text import Typesetter, shorten

NAMES = {
    "Latin": "Ünal Łukasz Nguyễn Thị",
    "Cyrillic": "Ольга Ґалаґан",
    "Greek": "Δημήτρης Ἀλέξανδρος",
    "Arabic": "عربى محمد گلپایگانی",
    "Hebrew": "עברית שָׁלוֹם",
    "Chinese": "王小明 陳黃龍濱邊 喆堃淼",
    "Japanese": "日本語 さくら タロウ 髙橋 榊",
    "Korean": "한국어 김뷁민",
    "Devanagari": "हिन्दी क्षत्रिय श्री",
    "Bengali": "বাংলা চক্রবর্তী",
    "Tamil": "தமிழ்",
    "Thai": "ไทย สมชาย",
    "Georgian": "ქართული",
    "Ethiopic": "አማርኛ",
    "rare Han": "㐂𠮷",
}


@pytest.fixture(scope="module")
def typesetter() -> Typesetter:
    return Typesetter()


def trimmed(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


# Order


def visual(text: str) -> str:
    """Characters from left to right."""
    return "".join(text[r.start : r.end][::-1] if r.right_to_left else text[r.start : r.end] for r in visual_runs(text))


@pytest.mark.parametrize(
    ("logical", "shown"),
    [
        ("Ana Silva", "Ana Silva"),
        ("", ""),
        ("אבג", "גבא"),
        ("Ana אבג", "Ana גבא"),
        ("אבג Ana", "Ana גבא"),
        ("אבג Ana דהו", "והד Ana גבא"),
        ("אבג 12", "12 גבא"),
        ("אבג 12-34.", ".12-34 גבא"),
        ("Ana אבג 12 דהו", "Ana והד 12 גבא"),
        ("عرب ٤٥", "٤٥ برع"),
        ("عرب 45", "45 برع"),
        ("Ana (אבג) 123", "Ana (גבא) 123"),
        ("אבג (Ana)", ")Ana( גבא"),  # the brackets' shapes are mirrored when they are drawn
        ("אבג (דהו", "והד( גבא"),
        ("12 Ana", "12 Ana"),
        ("...אבג", "גבא..."),
    ],
)
def test_visual_order(logical: str, shown: str):
    # Each line was checked against FriBiDi 1.0.8.
    assert visual(logical) == shown


@given(st.text("abcאבגعرب12٣٤ -+.,/%$()[]\u0301\u05b0\u200d", max_size=30))
def test_runs_cover_the_text_once(text: str):
    runs = visual_runs(text)
    covered = sorted(i for run in runs for i in range(run.start, run.end))
    assert covered == list(range(len(text)))
    assert all(run.start < run.end for run in runs)


@given(st.text("abc 12.,()", max_size=30))
def test_left_to_right_text_stays_as_it_is(text: str):
    assert visual(text) == text


@given(st.text("אבגד", min_size=1, max_size=30))
def test_right_to_left_text_is_turned_round(text: str):
    assert visual(text) == text[::-1]
    assert is_right_to_left("12 " + text)


# Length


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ana", "Ana"),
        ("abcdef", "abcdef"),
        ("abcdefg", "abcdef…"),
        ("abcde fgh", "abcde…"),
        ("  Ana \n\t B ", "Ana B"),
        ("A\u202ena\x00\x1b[2J", "Ana[2J"),
        ("हिन्दीहिन्दीहिन्दी", "हिन्दीहिन्दी…"),  # six letters, ten marks
        ("e\u0301", "é"),
    ],
)
def test_shorten(text: str, expected: str):
    assert shorten(text, 6) == expected


@given(st.text(max_size=60), st.integers(1, 30))
def test_shortened_text_is_one_clean_line(text: str, limit: int):
    short = shorten(text, limit)
    assert sum(not unicodedata.category(c).startswith(("M", "C")) for c in short) <= limit + 1
    assert not any(unicodedata.category(c) == "Cc" for c in short)
    assert shorten(short.removesuffix("…"), limit) == short.removesuffix("…")


# Ink


@pytest.mark.parametrize("script", NAMES)
def test_every_script_has_its_glyphs(typesetter: Typesetter, script: str):
    name = unicodedata.normalize("NFC", NAMES[script])
    assert typesetter.missing(name) == ""
    ink = typesetter.draw(name, 14)
    assert ink.dtype == np.uint8
    assert ink.max() > 200
    words = [typesetter.draw(word, 14) for word in name.split()]
    assert all(trimmed(word).shape[1] >= 5 for word in words)
    # No word is a row of the boxes that stand for missing characters.
    box = trimmed(typesetter.draw("\U0010fffd", 14))
    assert all(not np.array_equal(trimmed(word)[:, : box.shape[1]], box) for word in words)


def test_different_names_look_different(typesetter: Typesetter):
    drawn = [typesetter.draw(name, 14).tobytes() for name in NAMES.values()]
    assert len(set(drawn)) == len(drawn)


def test_arabic_letters_join(typesetter: Typesetter):
    # Between joined letters the ink never stops; a non-joiner between them breaks it.
    joined = trimmed(typesetter.draw("محم", 40)).any(axis=0)
    assert joined.all()
    broken = trimmed(typesetter.draw("\u200c".join("محم"), 40)).any(axis=0)
    assert not broken.all()


def test_arabic_and_hebrew_begin_at_the_right(typesetter: Typesetter):
    # Lamed is the tallest letter of this word and its last but one: it stands in the left half.
    ink = typesetter.draw("ממממלמ", 40)
    tallest = np.flatnonzero(ink[np.flatnonzero(ink.any(axis=1))[0]])
    assert tallest.max() < ink.shape[1] / 2


def test_devanagari_vowel_moves_before_its_consonant(typesetter: Typesetter):
    # In "कि" the sign ि is written after क and drawn before it: the right part of the word is क itself.
    alone, with_sign = typesetter.draw("क", 40), typesetter.draw("कि", 40)
    assert with_sign.shape[1] > alone.shape[1] + 5
    lower = alone[alone.shape[0] // 2 :].astype(int)
    below = with_sign[-len(lower) :].astype(int)
    head, tail = below[:, : alone.shape[1]], below[:, -alone.shape[1] :]
    assert np.abs(tail - lower).mean() * 3 < np.abs(head - lower).mean()


def test_size_is_the_size(typesetter: Typesetter):
    small, large = (trimmed(typesetter.draw("Hx", size)).shape[0] for size in (14, 42))
    assert small == pytest.approx(0.714 * 14, abs=1)  # Noto Sans' capital height
    assert large == pytest.approx(0.714 * 42, abs=1)


def test_all_lines_of_one_size_are_of_one_height(typesetter: Typesetter):
    heights = {typesetter.draw(name, 14).shape[0] for name in ("Ana", "gjpq", "王小明", "Ольга", "한국어", "")}
    assert len(heights) == 1


def test_unknown_characters_are_boxes_not_gaps(typesetter: Typesetter):
    assert typesetter.missing("a\U0001f600") == "\U0001f600"
    assert trimmed(typesetter.draw("\U0001f600", 14)).size > 20


@given(st.text(max_size=20))
def test_any_text_can_be_drawn(text: str):
    ink = _shared_typesetter().draw(shorten(text, 24), 14)
    assert ink.shape[0] >= 17
    assert ink.shape[1] >= 1


_made: list[Typesetter] = []


def _shared_typesetter() -> Typesetter:
    if not _made:
        _made.append(Typesetter())
    return _made[0]


def test_missing_fonts_are_explained(tmp_path):
    with pytest.raises(FileNotFoundError, match="make install"):
        Typesetter(tmp_path / "fonts.zip")
