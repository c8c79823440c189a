"""The overlay grammar on real pictures."""

from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facegate.imaging.draw import Overlay, OverlayStatus, Painter, draw_overlays
from facegate.types import Frame

STATUSES: tuple[OverlayStatus, ...] = get_args(OverlayStatus)
FACE = np.array([170, 60, 280, 190], np.float32)
GREY = Frame(np.full((480, 640, 3), 128, np.uint8))


@pytest.fixture(scope="module")
def painter() -> Painter:
    return Painter()


def changed(before: Frame, after: Frame) -> NDArray[np.bool_]:
    return (before.pixels != after.pixels).any(axis=2)


def ink_box(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def test_the_frame_itself_is_left_alone(painter: Painter, astronaut: NDArray[np.uint8]):
    frame = Frame(astronaut.copy())
    result = painter.draw(frame, [Overlay(FACE, "matched", "Eileen")])
    np.testing.assert_array_equal(frame.pixels, astronaut)
    assert changed(frame, result).any()
    assert not np.shares_memory(frame.pixels, result.pixels)


def test_nothing_to_draw_gives_an_equal_copy(painter: Painter, astronaut: NDArray[np.uint8]):
    result = painter.draw(Frame(astronaut), [])
    np.testing.assert_array_equal(result.pixels, astronaut)
    assert not np.shares_memory(result.pixels, astronaut)
    np.testing.assert_array_equal(painter.draw(Frame(astronaut), [], mirrored=True).pixels, astronaut[:, ::-1])


@pytest.mark.parametrize("status", STATUSES)
def test_marks_stay_on_the_outline(painter: Painter, status: OverlayStatus):
    box = np.array([200, 150, 400, 350], np.float32)
    mask = changed(GREY, painter.draw(GREY, [Overlay(box, status)]))
    left, top, right, bottom = ink_box(mask)
    assert abs(left - 200) <= 4
    assert abs(top - 150) <= 4
    assert abs(right - 400) <= 4
    assert abs(bottom - 350) <= 4
    assert not mask[160:341, 210:391].any()


def test_statuses_differ_in_shape_not_only_in_colour(painter: Painter):
    box = np.array([200, 150, 400, 350], np.float32)
    masks = {s: painter.draw(GREY, [Overlay(box, s)]).pixels.max(axis=2) > 170 for s in STATUSES}  # without the rim
    share = {s: masks[s][147:154, 200:400].any(axis=0).mean() for s in STATUSES}
    middle = {s: masks[s][147:154, 290:310].any() for s in STATUSES}
    assert share["pending"] == 1  # an unbroken line
    assert 0.5 < share["unknown"] < 0.95  # dashes all along
    assert middle["unknown"]
    assert not middle["matched"]  # corners only
    assert not middle["poor"]
    assert share["poor"] < share["matched"] < 0.7  # dots against solid brackets


def test_colours_are_rgb(painter: Painter):
    box = np.array([200, 150, 400, 350], np.float32)
    bright = {s: painter.draw(GREY, [Overlay(box, s)]).pixels[200:220, 196:205].max(axis=(0, 1)) for s in STATUSES}
    red, green, blue = (int(v) for v in painter.draw(GREY, [Overlay(box, "matched")]).pixels[180, 200])
    assert green > red + 60
    assert green > blue + 60
    red, green, blue = (int(v) for v in bright["unknown"])
    assert red > green > 128


@pytest.mark.parametrize("background", [0, 128, 255])
@pytest.mark.parametrize("status", STATUSES)
def test_marks_show_on_any_background(painter: Painter, status: OverlayStatus, background: int):
    frame = Frame(np.full((480, 640, 3), background, np.uint8))
    marked = painter.draw(frame, [Overlay(np.array([200, 150, 400, 350], np.float32), status)])
    contrast = np.abs(marked.pixels.astype(int) - background).max(axis=2)
    assert (contrast > 60).sum() > 150


@pytest.mark.parametrize("name", ["Ana", "王小明", "عربى", "हिन्दी"])
@pytest.mark.parametrize("background", [0, 255])
def test_labels_have_the_contrast_of_wcag(painter: Painter, name: str, background: int):
    overlay = Overlay(np.array([200, 150, 400, 350], np.float32), "matched", name)
    left, top, right, bottom = label_box(painter, overlay)
    frame = Frame(np.full((480, 640, 3), background, np.uint8))
    plate = painter.draw(frame, [overlay]).pixels[top : bottom + 1, left : right + 1].max(axis=2)

    def luminance(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4

    ground = int(np.median(plate))
    assert ground == pytest.approx(background * 0.25, abs=2)  # a plate of 75 % black
    letters = int(np.sort(plate[3:-3, 6:-6], axis=None)[-20])
    assert (luminance(letters) + 0.05) / (luminance(ground) + 0.05) >= 4.5


def label_box(painter: Painter, overlay: Overlay, frame: Frame = GREY, **options: bool) -> tuple[int, int, int, int]:
    bare = painter.draw(frame, [Overlay(overlay.box, overlay.status)], **options)
    return ink_box(changed(bare, painter.draw(frame, [overlay], **options)))


def test_label_stands_above(painter: Painter):
    left, top, right, bottom = label_box(painter, Overlay(np.array([200, 150, 400, 350], np.float32), "matched", "Ana"))
    assert 120 < top < bottom < 150
    assert (left + right) / 2 == pytest.approx(300, abs=2)


def test_label_flips_below_at_the_top_edge(painter: Painter):
    _, top, _, bottom = label_box(painter, Overlay(np.array([200, 5, 400, 200], np.float32), "matched", "Ana"))
    assert 200 < top < bottom < 235


def test_label_of_a_face_that_fills_the_picture_is_inside(painter: Painter):
    left, top, right, bottom = label_box(painter, Overlay(np.array([-50, -50, 700, 600], np.float32), "matched", "Ana"))
    assert left >= 0
    assert top >= 0
    assert right < 640
    assert bottom < 480
    assert bottom - top >= 15


@pytest.mark.parametrize("box", [(600, 100, 660, 200), (-40, 100, 20, 200)])
def test_label_is_pushed_inside(painter: Painter, box: tuple[int, int, int, int]):
    name = "Maria Magdalena"
    left, _, right, _ = label_box(painter, Overlay(np.array(box, np.float32), "matched", name))
    free_left, _, free_right, _ = label_box(
        painter, Overlay(np.array([300, 100, 360, 200], np.float32), "matched", name)
    )
    assert right - left == free_right - free_left


def test_labels_of_neighbours_do_not_cover_each_other(painter: Painter):
    boxes = [np.array([250 + 30 * i, 200, 300 + 30 * i, 260], np.float32) for i in range(3)]
    overlays = [
        Overlay(box, "matched", name) for box, name in zip(boxes, ("Anastasia", "Benjamin", "Clementine"), strict=True)
    ]
    bare = painter.draw(GREY, [Overlay(box, "matched") for box in boxes])
    together = changed(bare, painter.draw(GREY, overlays)).sum()
    apart = sum(
        changed(painter.draw(GREY, [Overlay(o.box, o.status)]), painter.draw(GREY, [o])).sum() for o in overlays
    )
    assert together > 0.97 * apart


def test_long_names_are_cut_after_24_characters(painter: Painter):
    box = np.array([200, 150, 400, 350], np.float32)
    cut, longer = (
        painter.draw(GREY, [Overlay(box, "matched", "abcdefghijklmnopqrstuvwx" + rest)]) for rest in ("yz", "yz1234")
    )
    np.testing.assert_array_equal(cut.pixels, longer.pixels)
    whole = painter.draw(GREY, [Overlay(box, "matched", "abcdefghijklmnopqrstuvwx")])
    assert changed(cut, whole).any()


def test_mirrored_turns_the_picture_but_not_the_name(painter: Painter, astronaut: NDArray[np.uint8]):
    frame = Frame(astronaut)
    plain = painter.draw(frame, [Overlay(FACE, "matched", "Eileen")])
    mirrored = painter.draw(frame, [Overlay(FACE, "matched", "Eileen")], mirrored=True)
    flipped = Frame(np.ascontiguousarray(astronaut[:, ::-1]))
    turned = np.array([511 - FACE[2], FACE[1], 511 - FACE[0], FACE[3]], np.float32)
    np.testing.assert_array_equal(mirrored.pixels, painter.draw(flipped, [Overlay(turned, "matched", "Eileen")]).pixels)
    assert (mirrored.pixels != plain.pixels[:, ::-1]).any()
    # On a flat picture the letters are the very same ones.
    box = np.array([200, 150, 400, 350], np.float32)
    a = label_box(painter, Overlay(box, "matched", "Eileen"))
    b = label_box(painter, Overlay(box, "matched", "Eileen"), mirrored=True)
    letters = [
        painter.draw(GREY, [Overlay(box, "matched", "Eileen")], mirrored=m).pixels[t : bottom + 1, left : right + 1]
        for m, (left, t, right, bottom) in ((False, a), (True, b))
    ]
    np.testing.assert_array_equal(letters[0], letters[1])


def test_lines_and_letters_grow_with_the_picture_not_with_the_box(painter: Painter):
    def height(frame: Frame, box: list[int]) -> int:
        _, top, _, bottom = label_box(painter, Overlay(np.array(box, np.float32), "matched", "Ana"), frame)
        return bottom - top

    large = Frame(np.full((1920, 2560, 3), 128, np.uint8))
    assert height(GREY, [200, 150, 230, 180]) == height(GREY, [100, 100, 500, 450])
    assert height(large, [800, 600, 1600, 1400]) == pytest.approx(
        height(GREY, [200, 150, 400, 350]) * 2560 / 960, rel=0.1
    )


@given(
    box=st.tuples(*[st.floats(-3000, 3000, width=32)] * 4),
    size=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    status=st.sampled_from(STATUSES),
    label=st.none() | st.text(max_size=30),
    mirrored=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_any_box_in_any_picture_can_be_drawn(
    box: tuple[float, ...], size: tuple[int, int], status: OverlayStatus, label: str | None, mirrored: bool
):
    frame = Frame(np.zeros((*size, 3), np.uint8))
    result = draw_overlays(
        frame, [Overlay(np.array(box, np.float32), status, label)], mirrored=mirrored, painter=_painter()
    )
    assert result.pixels.shape == frame.pixels.shape


_made: list[Painter] = []


def _painter() -> Painter:
    if not _made:
        _made.append(Painter())
    return _made[0]


def test_a_painter_can_be_shared_between_threads(painter: Painter):
    names = ["王小明", "Ольга", "عربى", "हिन्दी", "한국어", "Ana"] * 10
    box = np.array([200, 150, 400, 350], np.float32)
    expected = {name: Painter().draw(GREY, [Overlay(box, "matched", name)]).pixels for name in set(names)}
    fresh = Painter()
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda name: fresh.draw(GREY, [Overlay(box, "matched", name)]).pixels, names))
    for name, pixels in zip(names, results, strict=True):
        np.testing.assert_array_equal(pixels, expected[name])


def test_labels_kept_are_bounded(painter: Painter):
    few = Painter()
    frame = Frame(np.zeros((60, 200, 3), np.uint8))
    for i in range(400):
        few.draw(frame, [Overlay(np.array([10, 40, 40, 58], np.float32), "matched", f"N{i}")])
    assert len(few._labels) == 256


@pytest.mark.parametrize("box", [(0, 0, 1), (0, 0, np.nan, 5), (0, 0, np.inf, 5)])
def test_overlays_are_checked(box: tuple[float, ...]):
    with pytest.raises(ValueError, match=r"Overlay\.box"):
        Overlay(np.array(box, np.float32), "matched")
    with pytest.raises(ValueError, match="expected one of matched"):
        Overlay(FACE, "found")  # pyright: ignore[reportArgumentType]
