"""What every registered detector must do."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facegate.config import Settings
from facegate.imaging.geometry import iou_matrix
from facegate.types import Frame
from facegate.vision.detect.base import Detector
from facegate.vision.presets import DETECTORS

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module", params=sorted(DETECTORS))
def detector(request: pytest.FixtureRequest) -> Detector:
    return DETECTORS[request.param](Settings())


@pytest.fixture(scope="module")
def two_faces(astronaut: Pixels, grace_hopper: Pixels) -> Frame:
    """The astronaut's face small on the left, the admiral's large on the right."""
    canvas = np.full((620, 1024, 3), 90, np.uint8)
    canvas[:512, :512] = astronaut
    canvas[: len(grace_hopper), 512:] = grace_hopper
    return Frame(canvas)


def test_has_its_registered_name(detector: Detector) -> None:
    assert detector.name in DETECTORS


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_flat_picture_has_no_face(detector: Detector, value: int) -> None:
    found = detector.detect(Frame(np.full((240, 320, 3), value, np.uint8)))

    assert len(found) == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (11, 11), (12, 12), (13, 40), (41, 39)])
def test_a_tiny_picture_has_no_face(detector: Detector, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)

    assert len(detector.detect(Frame(noise))) == 0
    assert len(detector.detect(Frame(noise), min_face_px=12)) <= 1


def test_finds_the_face_and_orders_its_points(detector: Detector, astronaut: Pixels) -> None:
    found = detector.detect(Frame(astronaut))

    assert len(found) == 1
    left, top, right, bottom = found.boxes[0]
    assert 160 < left < 200 < 245 < right < 290  # by eye: the face spans x 180..265, y 65..175
    assert 40 < top < 90 < 150 < bottom < 200
    eye, other_eye, nose, mouth, other_mouth = found.landmarks[0]
    assert eye[0] < nose[0] < other_eye[0]
    assert mouth[0] < other_mouth[0]
    assert max(eye[1], other_eye[1]) < nose[1] < min(mouth[1], other_mouth[1])
    assert 0.9 < found.scores[0] <= 1


def test_the_largest_face_stands_first(detector: Detector, two_faces: Frame) -> None:
    found = detector.detect(two_faces)

    assert len(found) == 2
    assert found.boxes[0, 0] > 512 > found.boxes[1, 0]


def test_keeps_the_largest_when_asked_for_fewer(detector: Detector, two_faces: Frame) -> None:
    everyone, one = detector.detect(two_faces), detector.detect(two_faces, max_faces=1)

    assert len(one) == 1
    np.testing.assert_array_equal(one.boxes[0], everyone.boxes[0])


def test_a_larger_minimum_leaves_the_small_face_out(detector: Detector, two_faces: Frame) -> None:
    found = detector.detect(two_faces, min_face_px=220)

    assert len(found) == 1
    assert found.boxes[0, 0] > 512


def test_refuses_a_minimum_it_cannot_see(detector: Detector, two_faces: Frame) -> None:
    with pytest.raises(ValueError, match="min_face_px"):
        detector.detect(two_faces, min_face_px=5)


def test_a_mirrored_picture_gives_mirrored_faces(detector: Detector, two_faces: Frame) -> None:
    mirrored = Frame(np.ascontiguousarray(two_faces.pixels[:, ::-1]))
    last = two_faces.width - 1

    here, there = detector.detect(two_faces), detector.detect(mirrored)

    back = there.boxes.copy()
    back[:, [0, 2]] = last - there.boxes[:, [2, 0]]
    assert len(there) == len(here)
    assert (np.diagonal(iou_matrix(here.boxes, back)) > 0.75).all()
    points = there.landmarks[:, [1, 0, 2, 4, 3]].copy()
    points[..., 0] = last - points[..., 0]
    eyes = np.linalg.norm(here.landmarks[:, 1] - here.landmarks[:, 0], axis=1)
    assert (np.linalg.norm(points - here.landmarks, axis=2).max(axis=1) < 0.15 * eyes).all()


def test_twice_the_size_gives_twice_the_box(detector: Detector, astronaut: Pixels) -> None:
    twice = cv2.resize(astronaut, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)

    small = detector.detect(Frame(astronaut))
    large = detector.detect(Frame(np.asarray(twice, np.uint8)))

    assert len(large) == 1
    assert iou_matrix(small.boxes * 2, large.boxes)[0, 0] > 0.75


def test_answers_the_same_every_time_and_in_every_thread(detector: Detector, two_faces: Frame) -> None:
    alone = detector.detect(two_faces)

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: detector.detect(two_faces), range(12)))

    for other in together:
        np.testing.assert_array_equal(other.boxes, alone.boxes)
        np.testing.assert_array_equal(other.landmarks, alone.landmarks)


def test_does_not_write_to_the_picture(detector: Detector, astronaut: Pixels) -> None:
    pixels = astronaut.copy()
    pixels.flags.writeable = False

    assert len(detector.detect(Frame(pixels))) == 1
    np.testing.assert_array_equal(pixels, astronaut)


def test_refining_holds_a_face_that_moved_a_little(detector: Detector, astronaut: Pixels) -> None:
    found = detector.detect(Frame(astronaut))
    moved = Frame(np.roll(astronaut, (4, -6), axis=(0, 1)))

    again = detector.refine(moved, found.boxes)

    assert again.scores[0] > 0.9
    expected = found.landmarks + np.array([-6, 4], np.float32)
    assert np.linalg.norm(again.landmarks - expected, axis=2).max() < 4


def test_refining_tells_where_no_face_is(detector: Detector, astronaut: Pixels, two_faces: Frame) -> None:
    face = detector.detect(Frame(astronaut)).boxes[0]
    sky = np.array([20, 20, 105, 128], np.float32)

    found = detector.refine(two_faces, np.stack([sky, face]))

    assert len(found) == 2
    assert found.scores[0] < 0.5 < 0.9 < found.scores[1]


def test_refining_nothing_gives_nothing(detector: Detector, two_faces: Frame) -> None:
    assert len(detector.refine(two_faces, np.zeros((0, 4), np.float32))) == 0


def test_refining_outside_the_picture_is_harmless(detector: Detector, two_faces: Frame) -> None:
    outside = np.array([[-500, -500, -400, -400], [5000, 10, 5080, 90], [-40, -40, 40, 40]], np.float32)

    found = detector.refine(two_faces, outside)

    assert (found.scores < 0.5).all()
    assert np.isfinite(found.boxes).all()
