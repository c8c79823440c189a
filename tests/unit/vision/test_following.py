"""Following real faces that move through made-up and recorded clips."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from facegate.config import Settings
from facegate.imaging.video import open_video
from facegate.types import Detections, Float32, Frame
from facegate.vision.detect.base import Detector
from facegate.vision.engine import FaceEngine
from facegate.vision.following import FaceFollower
from facegate.vision.presets import Parts
from facegate.vision.scene import is_cut, sample

Pixels = NDArray[np.uint8]


class CountingDetector:
    """Does what another does, and counts how often."""

    name = "counting"

    def __init__(self, inner: Detector) -> None:
        self.inner, self.detections, self.refinements = inner, 0, 0

    def detect(self, frame: Frame, *, min_face_px: int | None = None, max_faces: int | None = None) -> Detections:
        self.detections += 1
        return self.inner.detect(frame, min_face_px=min_face_px, max_faces=max_faces)

    def refine(self, frame: Frame, boxes: Float32) -> Detections:
        self.refinements += 1
        return self.inner.refine(frame, boxes)


@pytest.fixture
def detector(engine: FaceEngine) -> CountingDetector:
    return CountingDetector(engine.detector)


@pytest.fixture
def counted(engine: FaceEngine, detector: CountingDetector) -> FaceEngine:
    return FaceEngine(Parts(detector, engine.aligner, engine.embedder), Settings())


def test_a_moving_face_keeps_its_track_and_is_seldom_searched_for(
    counted: FaceEngine, detector: CountingDetector, astronaut: Pixels
) -> None:
    follower = FaceFollower(counted)
    sights = [follower.step(Frame(np.roll(astronaut, (i, -3 * i), axis=(0, 1))), 33.0 * i) for i in range(20)]

    assert [[face.track_id for face in sight.faces] for sight in sights] == [[1]] * 20
    assert {face.first_seen_ms for sight in sights for face in sight.faces} == {0.0}
    assert detector.detections == 3
    assert detector.refinements == 19
    first, last = sights[0].faces[0].face, sights[-1].faces[0].face
    np.testing.assert_allclose(last.landmarks - first.landmarks, [[-57, 19]] * 5, atol=6)


def test_it_is_embedded_while_new_and_then_when_due(counted: FaceEngine, astronaut: Pixels) -> None:
    follower = FaceFollower(counted)
    embedded = [i for i in range(45) if follower.step(Frame(astronaut), 33.0 * i).faces[0].face.embedding is not None]

    assert embedded == [0, 1, 2, 3, 4, 35]


def test_every_face_is_measured_in_every_frame(counted: FaceEngine, astronaut: Pixels) -> None:
    follower = FaceFollower(counted)
    qualities = [follower.step(Frame(astronaut), 33.0 * i).faces[0].face.quality for i in range(8)]

    assert all(40 < quality.eye_distance_px < 45 for quality in qualities)
    assert set(follower.step(Frame(astronaut), 300).timings_ms) == {"detect", "align", "quality", "embed"}


def test_another_person_in_the_same_place_is_another_track(
    counted: FaceEngine, astronaut: Pixels, grace_hopper: Pixels
) -> None:
    """A cut: Hopper's face now lies over the place of Collins's."""
    collins = counted.detector.detect(Frame(astronaut)).boxes[0]
    hopper = counted.detector.detect(Frame(grace_hopper)).boxes[0]
    shift = np.rint((collins[:2] + collins[2:]) / 2 - (hopper[:2] + hopper[2:]) / 2).astype(int)
    swapped = np.roll(grace_hopper[:512, :512], (shift[1], shift[0]), axis=(0, 1))
    follower = FaceFollower(counted)

    before = follower.step(Frame(astronaut), 0)
    after = follower.step(Frame(np.ascontiguousarray(swapped)), 33)

    assert [face.track_id for face in before.faces] == [1]
    assert [face.track_id for face in after.faces] == [2]


def test_a_face_that_leaves_is_gone_and_looked_for(
    counted: FaceEngine, detector: CountingDetector, astronaut: Pixels
) -> None:
    follower = FaceFollower(counted)
    empty = astronaut.copy()
    empty[30:220, 150:300] = 90
    follower.step(Frame(astronaut), 0)

    sights = [follower.step(Frame(empty), 33.0 * i) for i in range(1, 5)]

    assert [len(sight.faces) for sight in sights] == [0, 0, 0, 0]
    assert detector.detections == 5


def test_only_the_largest_are_followed(counted: FaceEngine, astronaut: Pixels, grace_hopper: Pixels) -> None:
    canvas = np.zeros((620, 1024, 3), np.uint8)
    canvas[:512, :512] = astronaut
    canvas[: len(grace_hopper), 512:] = grace_hopper

    assert len(FaceFollower(counted).step(Frame(canvas), 0).faces) == 2
    one = FaceFollower(counted, max_faces=1).step(Frame(canvas), 0).faces
    assert [face.face.box[0] > 512 for face in one] == [True]


def test_a_frame_of_another_size_begins_anew(counted: FaceEngine, astronaut: Pixels) -> None:
    follower = FaceFollower(counted)
    follower.step(Frame(astronaut), 0)

    faces = follower.step(Frame(np.ascontiguousarray(astronaut[:400])), 33).faces

    assert [face.track_id for face in faces] == [2]


def test_a_tiny_frame_has_nobody_to_follow(counted: FaceEngine) -> None:
    follower = FaceFollower(counted)

    for i in range(3):
        assert follower.step(Frame(np.zeros((1, 1, 3), np.uint8)), i).faces == ()


def test_light_and_motion_are_no_cut(astronaut: Pixels, grace_hopper: Pixels) -> None:
    here = sample(Frame(astronaut))

    assert here.shape == (18, 32)
    assert not is_cut(here, sample(Frame((astronaut * 0.4).astype(np.uint8))))
    assert not is_cut(here, sample(Frame(np.roll(astronaut, 12, axis=1))))
    assert is_cut(here, sample(Frame(grace_hopper)))
    black = sample(Frame(np.zeros((20, 20, 3), np.uint8)))
    assert not is_cut(black, black)


def test_the_cuts_of_a_real_clip_are_found(shared_data: Path) -> None:
    with open_video(shared_data / "video" / "stage-two-people.mp4") as video:
        samples = [sample(shot.frame) for shot in video]

    cuts = [i for i in range(1, len(samples)) if is_cut(samples[i - 1], samples[i])]
    assert cuts == [20, 82, 211]


def test_a_person_at_a_webcam_is_one_track(counted: FaceEngine, detector: CountingDetector, shared_data: Path) -> None:
    follower = FaceFollower(counted)
    seen: list[list[int]] = []
    embedded = 0
    with open_video(shared_data / "video" / "webcam-head-turns.mp4", every=3) as video:
        for shot in video:
            sight = follower.step(shot.frame, shot.time_ms)
            seen.append([face.track_id for face in sight.faces])
            embedded += sum(face.face.embedding is not None for face in sight.faces)

    assert len(seen) > 150
    assert all(ids == [1] for ids in seen)
    assert detector.detections < len(seen) / 2
    assert embedded < len(seen) / 4
