"""Quality measures on real faces, spoiled in known ways."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facegate.types import Float32, Frame, Quality
from facegate.vision.align import FivePointAligner
from facegate.vision.engine import FaceEngine
from facegate.vision.quality import measure, nose_offset, worth

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module", params=["astronaut", "grace_hopper"])
def face(request: pytest.FixtureRequest, engine: FaceEngine) -> tuple[Pixels, Float32]:
    """A picture with one face, and its landmarks."""
    picture: Pixels = request.getfixturevalue(request.param)
    return picture, engine.detector.detect(Frame(picture)).landmarks[:1]


def quality_of(picture: Pixels, landmarks: Float32) -> Quality:
    chips = FivePointAligner().align(Frame(np.ascontiguousarray(picture, np.uint8)), landmarks)
    return measure(chips, landmarks)[0]


def test_a_good_photo_measures_well(face: tuple[Pixels, Float32]) -> None:
    quality = quality_of(*face)

    assert quality.sharpness > 55
    assert 40 < quality.brightness < 80
    assert 15 < quality.contrast < 60
    assert abs(quality.nose_offset) < 0.15
    assert abs(quality.roll_degrees) < 8
    assert quality.eye_distance_px > 40


def test_blur_lowers_sharpness_step_by_step(face: tuple[Pixels, Float32]) -> None:
    picture, landmarks = face
    eyes = quality_of(picture, landmarks).eye_distance_px
    blurred = [
        quality_of(cv2.GaussianBlur(picture, (0, 0), eyes * share), landmarks).sharpness
        for share in (0.01, 0.03, 0.06, 0.12)
    ]

    assert blurred == sorted(blurred, reverse=True)
    assert blurred[0] - blurred[-1] > 30


def test_sharpness_does_not_follow_the_size_of_the_face(face: tuple[Pixels, Float32]) -> None:
    picture, landmarks = face
    eyes = quality_of(picture, landmarks).eye_distance_px
    shrink = 30 / eyes
    small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    large = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)

    sharp = quality_of(picture, landmarks).sharpness
    assert quality_of(small, landmarks * np.float32(shrink)).sharpness == pytest.approx(sharp, abs=12)
    assert quality_of(large, landmarks * np.float32(2)).sharpness == pytest.approx(sharp, abs=6)


def test_a_dark_picture_is_dark_but_not_blurred(face: tuple[Pixels, Float32]) -> None:
    picture, landmarks = face
    before, after = quality_of(picture, landmarks), quality_of((picture * 0.2).astype(np.uint8), landmarks)

    assert after.brightness == pytest.approx(before.brightness * 0.2, abs=1)
    assert after.contrast == pytest.approx(before.contrast * 0.2, abs=1.5)
    assert after.sharpness == pytest.approx(before.sharpness, abs=6)


def test_a_washed_out_picture_is_bright(face: tuple[Pixels, Float32]) -> None:
    picture, landmarks = face
    pale = quality_of((255 - (255 - picture) * 0.15).astype(np.uint8), landmarks)

    assert pale.brightness > 88
    assert pale.contrast < 8


def test_a_flat_picture_is_not_sharp(face: tuple[Pixels, Float32]) -> None:
    flat = quality_of(np.full_like(face[0], 128), face[1])

    assert flat.sharpness == 0
    assert flat.contrast == 0
    assert flat.brightness == pytest.approx(50.2, abs=0.1)


def test_turning_the_picture_rolls_the_face_clockwise(engine: FaceEngine, astronaut: Pixels) -> None:
    height, width = astronaut.shape[:2]
    upright = engine.analyze(astronaut, embed=False)[0].quality
    # OpenCV's angle is counter-clockwise.
    turned = cv2.warpAffine(astronaut, cv2.getRotationMatrix2D((223, 120), -20, 1), (width, height))
    rolled = engine.analyze(np.asarray(turned, np.uint8), embed=False)[0].quality

    assert rolled.roll_degrees - upright.roll_degrees == pytest.approx(20, abs=5)
    assert rolled.nose_offset == pytest.approx(upright.nose_offset, abs=0.1)


def points(*rows: tuple[float, float]) -> Float32:
    return np.array(rows, np.float32)


def test_the_nose_offset_is_signed_and_turns_with_the_head() -> None:
    frontal = points((0, 0), (10, 0), (5, 5), (1, 10), (9, 10))
    right = points((0, 0), (10, 0), (8, 5), (1, 10), (9, 10))

    assert nose_offset(frontal) == pytest.approx(0)
    assert nose_offset(right) == pytest.approx(0.3)
    mirrored = right[[1, 0, 2, 4, 3]] * np.array([-1, 1], np.float32)
    assert nose_offset(mirrored) == pytest.approx(-0.3)


def test_nose_offset_does_not_change_with_roll_size_or_place() -> None:
    face = points((0, 0), (10, 0), (7, 5), (1, 10), (9, 10))
    for degrees in (-50, 15, 80):
        angle = np.radians(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        moved = (face @ turn.T * 7 + [300, 40]).astype(np.float32)
        assert nose_offset(moved) == pytest.approx(0.2, abs=1e-4)


def test_points_in_one_place_have_no_offset() -> None:
    assert nose_offset(np.zeros((5, 2), np.float32)) == 0


def test_a_better_picture_is_worth_more() -> None:
    def quality(**changed: float) -> Quality:
        good = {"eye_distance_px": 50, "sharpness": 60, "brightness": 50, "contrast": 25, "nose_offset": 0}
        return Quality(**{**good, "roll_degrees": 0, **changed})

    good = worth(quality())
    assert worth(quality(sharpness=30)) < good
    assert worth(quality(eye_distance_px=20)) < good
    assert worth(quality(nose_offset=-0.5)) < good
    assert worth(quality(eye_distance_px=200, sharpness=100)) == 1
    assert worth(quality(nose_offset=3)) == 0
