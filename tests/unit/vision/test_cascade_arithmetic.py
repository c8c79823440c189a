"""Boxes, suppression, crops and pyramid of the cascade, against plain loops."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facegate.types import Frame
from facegate.vision.detect import boxes as arithmetic
from facegate.vision.detect.boxes import best_first, shifted, squares, unsuppressed
from facegate.vision.detect.crops import crop_resize
from facegate.vision.detect.mtcnn import MtcnnDetector, MtcnnNetworks, MtcnnOptions
from facegate.vision.detect.pyramid import pyramid, pyramid_scales

corner = st.integers(-20, 80)
side = st.integers(1, 60)
box = st.tuples(corner, corner, side, side).map(lambda v: (v[0], v[1], v[0] + v[2], v[1] + v[3]))
some_boxes = st.lists(box, max_size=12).map(lambda rows: np.array(rows, np.float32).reshape(-1, 4))


def slow_overlap(a: NDArray[np.float32], b: NDArray[np.float32], kind: str) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    area = [(each[2] - each[0]) * (each[3] - each[1]) for each in (a, b)]
    return float(shared / (min(area) if kind == "smaller" else sum(area) - shared))


@pytest.mark.parametrize("kind", ["union", "smaller"])
@given(boxes=some_boxes, threshold=st.sampled_from([0.3, 0.5, 0.7]))
@settings(deadline=None)
def test_suppression_is_that_of_the_plain_loop(kind: str, boxes: NDArray[np.float32], threshold: float) -> None:
    expected = [
        all(slow_overlap(boxes[j], boxes[i], kind) <= threshold + 1e-6 for j in range(i)) for i in range(len(boxes))
    ]
    exact = [
        all(slow_overlap(boxes[j], boxes[i], kind) < threshold - 1e-6 for j in range(i)) for i in range(len(boxes))
    ]

    kept = unsuppressed(boxes, threshold, kind)

    assert all(e or not k for e, k in zip(expected, kept, strict=True))
    assert all(k or not e for e, k in zip(exact, kept, strict=True))


def test_suppression_of_many_equals_that_in_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    corners = random.uniform(0, 300, (700, 2))
    boxes = np.concatenate([corners, corners + random.uniform(20, 60, (700, 2))], axis=1).astype(np.float32)
    whole = unsuppressed(boxes, 0.4)
    monkeypatch.setattr(arithmetic, "_BLOCK", 37)

    np.testing.assert_array_equal(unsuppressed(boxes, 0.4), whole)
    assert 10 < whole.sum() < 690


@given(some_boxes)
def test_squares_keep_the_centre_and_the_longer_side(boxes: NDArray[np.float32]) -> None:
    square = squares(boxes)

    np.testing.assert_allclose(square[:, :2] + square[:, 2:], boxes[:, :2] + boxes[:, 2:], atol=1e-3)
    sides = square[:, 2:] - square[:, :2]
    np.testing.assert_allclose(sides, np.max(boxes[:, 2:] - boxes[:, :2], axis=1, keepdims=True) * [1, 1], atol=1e-3)


def test_offsets_move_corners_in_units_of_the_sides() -> None:
    moved = shifted(np.array([[10, 20, 19, 39]], np.float32), np.array([[0.1, -0.1, 0, 0.5]], np.float32))

    np.testing.assert_allclose(moved, [[11, 18, 19, 49]], atol=1e-5)


def test_equal_scores_keep_their_order() -> None:
    assert best_first(np.array([0.5, 0.9, 0.5, 0.9], np.float32)).tolist() == [1, 3, 0, 2]


def slow_crop(pixels: NDArray[np.uint8], crop: NDArray[np.float32], size: int) -> NDArray[np.float64]:
    """TensorFlow's crop_and_resize, point by point."""
    height, width = pixels.shape[:2]
    answer = np.full((size, size, 3), 127.5)
    for row in range(size):
        for column in range(size):
            y = (crop[1] + (crop[3] - crop[1]) * row / (size - 1)) * (height - 1) / height
            x = (crop[0] + (crop[2] - crop[0]) * column / (size - 1)) * (width - 1) / width
            if not (0 <= y <= height - 1 and 0 <= x <= width - 1):
                continue
            top, left = int(y), int(x)
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            above = pixels[top, left] * (1 - x + left) + pixels[top, right] * (x - left)
            below = pixels[bottom, left] * (1 - x + left) + pixels[bottom, right] * (x - left)
            answer[row, column] = above * (1 - y + top) + below * (y - top)
    return answer


def test_crops_are_those_of_the_reference(astronaut: NDArray[np.uint8]) -> None:
    boxes = np.array([[180, 64, 265, 172], [150.3, 40.7, 300.1, 190.5], [480, 470, 530, 520], [-30, -8, 18, 40]])

    crops = crop_resize(astronaut, boxes.astype(np.float32), 24)

    for crop, wanted in zip(crops, boxes, strict=True):
        difference = np.abs(crop - slow_crop(astronaut, wanted.astype(np.float32), 24)).max(axis=2)
        assert np.median(difference) <= 1
        assert np.quantile(difference, 0.95) <= 6  # OpenCV rounds places to 1/32 pixel


def test_more_crops_than_one_call_takes(astronaut: NDArray[np.uint8]) -> None:
    boxes = (
        np.tile(np.array([[180, 64, 265, 172]], np.float32), (1500, 1)) + np.arange(1500, dtype=np.float32)[:, None] % 7
    )

    crops = crop_resize(astronaut, boxes, 24)

    np.testing.assert_array_equal(crops[1400:1407], crop_resize(astronaut, boxes[1400:1407], 24))
    np.testing.assert_array_equal(crops[0], crops[7])


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(12, 400))
def test_pyramid_spans_from_the_smallest_face_to_the_picture(height: int, width: int, min_face_px: int) -> None:
    scales = pyramid_scales(height, width, min_face_px=min_face_px, factor=0.709, cell_px=12)

    if min(height, width) < min_face_px:
        assert scales == []
    elif min(height, width) > min_face_px:
        assert scales[0] == 12 / min_face_px
    assert all(b == pytest.approx(a * 0.709) for a, b in pairwise(scales))
    assert all(int(min(height, width) * scale) >= 12 for scale in scales)
    if scales:
        assert min(height, width) * scales[-1] * 0.709 < 12 + 1e-9


def test_levels_are_area_averages(astronaut: NDArray[np.uint8]) -> None:
    """Whole factors, where the answer is plain: means of blocks."""
    levels = list(pyramid(astronaut, [1 / 2, 1 / 8]))

    for level, factor in zip(levels, (2, 8), strict=True):
        n = 512 // factor
        blocks = astronaut.reshape(n, factor, n, factor, 3).mean(axis=(1, 3))
        assert level.dtype == np.float32
        np.testing.assert_allclose(level, blocks, atol=0.75)


def test_strips_give_the_whole_answer(astronaut: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> None:
    detector = MtcnnDetector(MtcnnNetworks.open(), MtcnnOptions(min_face_px=20))
    narrow = detector.detect(Frame(astronaut))
    monkeypatch.setattr("facegate.vision.detect.mtcnn._STRIP_PIXELS", 10**9)
    whole = detector.detect(Frame(astronaut))
    monkeypatch.setattr("facegate.vision.detect.mtcnn._STRIP_PIXELS", 1)
    monkeypatch.setattr("facegate.vision.detect.mtcnn._STRIP_ROWS", 12)
    thin = detector.detect(Frame(astronaut))

    np.testing.assert_allclose(narrow.boxes, whole.boxes, atol=1e-2)
    np.testing.assert_allclose(thin.boxes, whole.boxes, atol=1e-2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("min_face_px", 11),
        ("scale_factor", 1.0),
        ("scale_factor", 0.0),
        ("thresholds", (0.6, 0.7, 1.0)),
        ("max_candidates", 0),
        ("scale_factor", math.nan),
    ],
)
def test_options_out_of_range_are_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"MtcnnOptions.{field}"):
        MtcnnOptions(**{field: value})  # type: ignore[arg-type]


def test_stricter_thresholds_find_fewer(astronaut: NDArray[np.uint8], grace_hopper: NDArray[np.uint8]) -> None:
    networks = MtcnnNetworks.open()
    loose = MtcnnDetector(networks, MtcnnOptions(thresholds=(0.4, 0.3, 0.2), min_face_px=20))
    strict = MtcnnDetector(networks, MtcnnOptions(thresholds=(0.6, 0.7, 0.9999999), min_face_px=20))

    for picture in (astronaut, grace_hopper):
        assert len(strict.detect(Frame(picture))) < len(loose.detect(Frame(picture)))
