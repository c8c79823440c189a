"""Boxes and similarities: properties that hold for all, and a real face cut out by known points."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from facegate.imaging.geometry import (
    box_json,
    iou_matrix,
    similarity_transform,
    similarity_transforms,
    warp,
)
from facegate.types import Frame

coordinate = st.floats(-2000, 2000, width=32)
box = st.tuples(coordinate, coordinate, st.floats(1, 500, width=32), st.floats(1, 500, width=32)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)
boxes = st.lists(box, min_size=1, max_size=6).map(lambda rows: np.array(rows, np.float32))


# Overlap


@given(boxes, boxes)
def test_iou_is_symmetric_and_bounded(a: NDArray[np.float32], b: NDArray[np.float32]):
    table = iou_matrix(a, b)
    assert table.shape == (len(a), len(b))
    assert table.dtype == np.float32
    assert (table >= 0).all()
    assert (table <= 1).all()
    np.testing.assert_allclose(table, iou_matrix(b, a).T, atol=1e-6)


@given(boxes)
def test_iou_with_itself_is_one(a: NDArray[np.float32]):
    np.testing.assert_allclose(np.diag(iou_matrix(a, a)), 1, atol=1e-3)


@given(boxes, boxes, st.floats(0.25, 4))
def test_iou_does_not_change_with_scale(a: NDArray[np.float32], b: NDArray[np.float32], factor: float):
    np.testing.assert_allclose(iou_matrix(a, b), iou_matrix(factor * a, factor * b), atol=1e-2)


def test_iou_of_known_boxes():
    table = iou_matrix([[0, 0, 10, 10], [5, 0, 15, 10]], [[0, 0, 10, 10], [5, 5, 15, 15], [20, 20, 30, 30]])
    np.testing.assert_allclose(table, [[1, 25 / 175, 0], [50 / 150, 50 / 150, 0]], atol=1e-6)


def test_iou_of_nothing():
    assert iou_matrix(np.zeros((0, 4)), [[0, 0, 1, 1]]).shape == (0, 1)
    assert iou_matrix([[3, 3, 3, 3]], [[3, 3, 3, 3]])[0, 0] == 0
    assert iou_matrix([[5, 5, 1, 1]], [[0, 0, 9, 9]])[0, 0] == 0  # turned inside out


# Similarities


def similarity(angle: float, scale: float, x: float, y: float) -> NDArray[np.float64]:
    c, s = scale * math.cos(angle), scale * math.sin(angle)
    return np.array([[c, -s, x], [s, c, y]])


def apply(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points @ matrix[:, :2].T + matrix[:, 2]


angles, scales, shifts = st.floats(-math.pi, math.pi), st.floats(0.05, 20), st.floats(-3000, 3000)
points = st.lists(st.tuples(st.integers(-500, 500), st.integers(-500, 500)), min_size=2, max_size=8, unique=True).map(
    lambda rows: np.array(rows, np.float64)
)


@given(points, angles, scales, shifts, shifts)
def test_a_random_similarity_is_recovered(source: NDArray[np.float64], angle: float, scale: float, x: float, y: float):
    wanted = similarity(angle, scale, x, y)
    found = similarity_transform(source, apply(wanted, source))
    np.testing.assert_allclose(found, wanted, atol=1e-6, rtol=1e-6)


@given(st.lists(st.tuples(angles, scales, shifts, shifts), min_size=1, max_size=5), points)
def test_a_batch_equals_one_by_one(parameters: list[tuple[float, float, float, float]], template: NDArray[np.float64]):
    sources = np.stack([apply(similarity(*p), template) for p in parameters])
    found = similarity_transforms(sources, template)
    assert found.shape == (len(parameters), 2, 3)
    for source, matrix in zip(sources, found, strict=True):
        np.testing.assert_allclose(matrix, similarity_transform(source, template), atol=1e-9)


@given(points, points.filter(lambda p: len(p) >= 2), st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_no_other_similarity_is_closer(
    source: NDArray[np.float64], target: NDArray[np.float64], turn: float, stretch: float
):
    count = min(len(source), len(target))
    source, target = source[:count], target[:count]
    best = similarity_transform(source, target)
    other = best.copy()
    other[:, :2] = similarity(turn, 1 + stretch, 0, 0)[:, :2] @ best[:, :2]
    error, other_error = (float(((apply(m, source) - target) ** 2).sum()) for m in (best, other))
    assert error <= other_error + 1e-6 * max(1.0, other_error)


def test_a_mirror_image_is_not_matched_by_reflection():
    source = np.array([[0, 0], [4, 0], [0, 2]], np.float64)
    matrix = similarity_transform(source, source * [-1, 1])
    assert np.linalg.det(matrix[:, :2]) >= 0


@pytest.mark.parametrize("source", [np.ones((5, 2)), np.zeros((2, 2))])
def test_coinciding_points_are_refused(source: NDArray[np.float64]):
    with pytest.raises(ValueError, match="coincide"):
        similarity_transform(source, np.arange(len(source) * 2).reshape(-1, 2))


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="expected"):
        similarity_transform(np.zeros((5, 3)), np.zeros((5, 3)))
    with pytest.raises(ValueError, match="expected"):
        similarity_transform(np.zeros((5, 2)), np.zeros((4, 2)))
    with pytest.raises(ValueError, match="expected"):
        similarity_transform(np.zeros((1, 2)), np.zeros((1, 2)))


def test_an_empty_batch():
    assert similarity_transforms(np.zeros((0, 5, 2)), np.zeros((5, 2))).shape == (0, 2, 3)


# Warps


def test_identity_and_shift_give_the_very_pixels(astronaut: NDArray[np.uint8]):
    frame = Frame(astronaut)
    np.testing.assert_array_equal(warp(frame, [[1, 0, 0], [0, 1, 0]], 512), astronaut)
    np.testing.assert_array_equal(warp(frame, [[1, 0, -100], [0, 1, -50]], 200), astronaut[50:250, 100:300])


def test_outside_is_black(astronaut: NDArray[np.uint8]):
    chip = warp(Frame(astronaut), [[1, 0, 20], [0, 1, 0]], 100)
    assert not chip[:, :20].any()
    np.testing.assert_array_equal(chip[:, 20:], astronaut[:100, :80])


@pytest.mark.parametrize("factor", [2, 3, 4.5, 8])
def test_reduction_averages_instead_of_skipping(factor: float):
    # One-pixel stripes: sampling would give stripes or a flat wrong grey, an average gives the middle.
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 255
    size = int(512 / factor) - 4
    chip = warp(Frame(stripes), similarity(0, 1 / factor, -1, -1), size)
    inner = chip[2:-2, 2:-2].astype(int)
    assert abs(inner.mean() - 127.5) < 3
    assert np.ptp(inner) <= 90


@pytest.mark.parametrize("angle", [0.0, 0.4, -1.2, 3.0])
@pytest.mark.parametrize("scale", [0.08, 0.2, 0.3, 0.49, 0.7, 1.5])
def test_places_stay_where_they_are(angle: float, scale: float):
    # A soft dot in a large picture must land where the matrix says, whatever the reduction in between.
    y, x = np.mgrid[:900, :1200]
    centre = np.array([431.0, 377.0])
    spread = min(20, 12 / scale)
    dot = 255 * np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * spread**2))
    frame = Frame(np.repeat(dot.astype(np.uint8)[:, :, None], 3, axis=2))
    matrix = similarity(angle, scale, 0, 0)
    matrix[:, 2] = np.array([70, 80]) - matrix[:, :2] @ centre
    chip = warp(frame, matrix, 150)[:, :, 0].astype(np.float64)
    rows, columns = np.mgrid[:150, :150]
    found = np.array([(chip * columns).sum(), (chip * rows).sum()]) / chip.sum()
    np.testing.assert_allclose(found, [70, 80], atol=0.15)


def test_a_turned_face_is_straightened(astronaut: NDArray[np.uint8]):
    # Eyes, nose, mouth corners of the astronaut, read off the picture.
    landmarks = np.array([[199, 110], [246, 107], [226, 135], [206, 155], [247, 152]], np.float64)
    turn = similarity(0.5, 1.4, 300, -20)
    turned = Frame(warp(Frame(astronaut), turn, 900))
    template = landmarks * 0.9 - [100, 40]
    straight = warp(Frame(astronaut), similarity_transform(landmarks, template), 150)
    again = warp(turned, similarity_transform(apply(turn, landmarks), template), 150)
    assert np.abs(straight.astype(int) - again)[20:-20, 20:-20].mean() < 6


def test_a_matrix_that_shows_nothing_gives_black(astronaut: NDArray[np.uint8]):
    assert not warp(Frame(astronaut), [[0.1, 0, 5000], [0, 0.1, 5000]], 50).any()


# Boxes for people and programs


@given(box, st.integers(1, 12000), st.integers(1, 12000))
def test_box_json_round_trip(corners: tuple[float, float, float, float], width: int, height: int):
    json = box_json(corners, width, height)
    pixels, normalized = json["pixels"], json["normalized"]
    back = [pixels["x"], pixels["y"], pixels["x"] + pixels["width"], pixels["y"] + pixels["height"]]
    np.testing.assert_allclose(back, corners, atol=0.011)
    sides = np.array([width, height])
    np.testing.assert_allclose(np.array([normalized["left"], normalized["top"]]) * sides, corners[:2], atol=0.013)
    np.testing.assert_allclose(
        np.array([normalized["width"], normalized["height"]]) * sides, np.subtract(corners[2:], corners[:2]), atol=0.013
    )
    assert all(type(value) is float for part in (pixels, normalized) for value in part.values())
