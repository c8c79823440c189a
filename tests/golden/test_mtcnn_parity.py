"""MTCNN against the reference implementation's answers on 37 photos (package mtcnn 1.0.0, TensorFlow)."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from facegate.imaging.decode import read_image
from facegate.imaging.geometry import iou_matrix
from facegate.types import Detections, Frame
from facegate.vision.detect.mtcnn import MtcnnDetector, MtcnnNetworks, MtcnnOptions

SURE = 0.95
ORDER = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")


@dataclass(frozen=True)
class Compared:
    """One photo: ours beside the reference's faces, and the overlap of each with each."""

    image: str
    found: Detections
    confidence: NDArray[np.float64]
    landmarks: NDArray[np.float64]
    overlap: NDArray[np.float32]


@pytest.fixture(scope="module")
def compared(shared_data: Path) -> list[Compared]:
    reference = json.loads((shared_data / "golden" / "mtcnn-reference.json").read_text())["images"]
    detector = MtcnnDetector(MtcnnNetworks.open(), MtcnnOptions(min_face_px=20))
    return [_compare(name, read_image(shared_data / name), faces, detector) for name, faces in reference.items()]


def _compare(name: str, frame: Frame, faces: list[dict], detector: MtcnnDetector) -> Compared:
    found = detector.detect(frame)
    xywh = np.array([face["box_xywh"] for face in faces], np.float64).reshape(-1, 4)
    boxes = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
    landmarks = np.array([[face["landmarks"][point] for point in ORDER] for face in faces], np.float64)
    # The reference cuts its boxes off at the picture's edge; ours say where the face goes on.
    last = np.array([frame.width - 1, frame.height - 1] * 2, np.float32)
    ours = np.clip(found.boxes, 0, last)
    confidence = np.array([face["confidence"] for face in faces])
    return Compared(name, found, confidence, landmarks.reshape(-1, 5, 2), iou_matrix(boxes, ours))


def test_finds_the_faces_the_reference_is_sure_of(compared: list[Compared]) -> None:
    best = np.concatenate([photo.overlap.max(axis=1, initial=0)[photo.confidence >= SURE] for photo in compared])

    assert len(best) == 120
    assert (best >= 0.9).mean() >= 0.98


def test_landmarks_lie_where_the_reference_has_them(compared: list[Compared]) -> None:
    errors = [
        np.linalg.norm(photo.found.landmarks[photo.overlap[i].argmax()] - photo.landmarks[i], axis=1)
        for photo in compared
        for i in np.flatnonzero(photo.confidence >= SURE)
        if photo.overlap[i].max(initial=0) >= 0.9
    ]

    assert np.median(np.concatenate(errors)) <= 2


def test_sees_few_faces_the_reference_does_not(compared: list[Compared]) -> None:
    sure = [photo.found.scores >= SURE for photo in compared]
    alone = [photo.overlap.max(axis=0, initial=0) < 0.5 for photo in compared]
    extra = sum(int((a & b).sum()) for a, b in zip(sure, alone, strict=True))

    assert extra <= 0.02 * sum(int(each.sum()) for each in sure)


def test_scores_agree_with_the_reference(compared: list[Compared]) -> None:
    differences = [
        abs(photo.found.scores[photo.overlap[i].argmax()] - photo.confidence[i])
        for photo in compared
        for i in np.flatnonzero(photo.confidence >= SURE)
        if photo.overlap[i].max(initial=0) >= 0.9
    ]

    assert np.median(differences) < 0.001


def test_a_landscape_has_no_face(shared_data: Path) -> None:
    detector = MtcnnDetector(MtcnnNetworks.open(), MtcnnOptions(min_face_px=20))

    assert len(detector.detect(read_image(shared_data / "photos" / "no-face-landscape.jpg"))) == 0
