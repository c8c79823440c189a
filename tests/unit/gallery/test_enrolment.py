"""Which faces are refused and why, on made-up measures for every limit and on real pictures."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from facegate.config import Settings
from facegate.errors import FaceRejected, ModelMismatch, NotFound
from facegate.gallery.enrolment import conflicts, usable_face
from facegate.gallery.gallery import Gallery
from facegate.gallery.values import Sample
from facegate.matching.table import CalibrationTable, load_table
from facegate.types import Embedding, Face, Faces, Quality
from facegate.vision.engine import FaceEngine

GOOD = Quality(60.0, 70.0, 50.0, 30.0, 0.0, 0.0)
SETTINGS = Settings()


def face(quality: Quality = GOOD, *, score: float = 0.99, height: float = 100.0) -> Face:
    return Face(np.array([0, 0, 80, height], np.float32), np.zeros((5, 2), np.float32), score, quality)


def faces(*several: Face) -> Faces:
    return Faces(several, 640, 480)


def refusal(of: Faces, settings: Settings = SETTINGS, **options: bool) -> FaceRejected:
    with pytest.raises(FaceRejected) as caught:
        usable_face(of, settings=settings, **options)
    return caught.value


def test_a_good_face_is_used() -> None:
    good = face()
    assert usable_face(faces(good), settings=SETTINGS) is good


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"brightness": 14.9}, "too_dark", "15 of 100, 15 is needed"),
        ({"brightness": 85.1}, "too_bright", "85 of 100"),
        ({"eye_distance_px": 29.4}, "face_too_small", "29 px between the eyes, 30 are needed"),
        ({"nose_offset": 0.46}, "extreme_pose", "0.46 eye distances"),
        ({"nose_offset": -0.46}, "extreme_pose", "0.46 eye distances"),
        ({"roll_degrees": 36.0}, "extreme_pose", "tilted by 36 degrees"),
        ({"roll_degrees": -36.0}, "extreme_pose", "tilted by 36 degrees"),
        ({"sharpness": 51.4}, "too_blurry", "51 of 100 sharp, 52 is needed"),
    ],
)
def test_every_limit_refuses_with_its_number(changes: dict[str, float], code: str, words: str) -> None:
    error = refusal(faces(face(replace(GOOD, **changes))))
    assert error.code == code
    assert words in error.message
    [value] = changes.values()
    assert error.details["value"] == pytest.approx(abs(value))
    assert error.details["limit"] is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"brightness": 15.0},
        {"brightness": 85.0},
        {"eye_distance_px": 30.0},
        {"nose_offset": -0.45},
        {"roll_degrees": 35.0},
        {"sharpness": 52.0},
        {"contrast": 5.0},
    ],
)
def test_a_face_at_the_limit_is_used(changes: dict[str, float]) -> None:
    usable_face(faces(face(replace(GOOD, **changes))), settings=SETTINGS)


def test_the_smallest_size_is_a_setting() -> None:
    small = face(replace(GOOD, eye_distance_px=25.0))
    usable_face(faces(small), settings=Settings(enroll_eye_distance_px=25))
    assert refusal(faces(small)).code == "face_too_small"


def test_an_unsure_detection_is_refused() -> None:
    assert refusal(faces(face(score=0.89))).code == "low_detection_score"


def test_no_face_and_several_faces_are_refused() -> None:
    none = refusal(faces())
    assert none.code == "face_not_found"
    assert "640 x 480" in none.message
    two = refusal(faces(face(), face(height=31)))
    assert two.code == "multiple_faces"
    assert two.details == {"faces": 2}


def test_the_largest_of_several_is_used_when_asked_for_and_judged_all_the_same() -> None:
    biggest = face()
    assert usable_face(faces(biggest, face(height=90)), settings=SETTINGS, largest=True) is biggest
    dark = face(replace(GOOD, brightness=5.0))
    assert refusal(faces(dark, face(height=90)), largest=True).code == "too_dark"


def test_faces_in_the_background_and_doubtful_ones_do_not_count() -> None:
    usable_face(faces(face(), face(height=29), face(height=80, score=0.85)), settings=SETTINGS)


def test_the_first_reason_is_the_one_to_mend_first() -> None:
    bad_in_every_way = Quality(5.0, 1.0, 1.0, 1.0, 2.0, 90.0)
    assert refusal(faces(face(bad_in_every_way))).code == "too_dark"


# Real pictures


@pytest.fixture(scope="module")
def engine() -> FaceEngine:
    return FaceEngine.open("default", settings=SETTINGS)


def test_real_portraits_pass_and_spoilt_copies_are_refused_for_what_was_spoilt(
    engine: FaceEngine, astronaut: np.ndarray, grace_hopper: np.ndarray
) -> None:
    from facegate.imaging.opencv import cv2

    spoil: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "too_dark": lambda p: (p * 0.12).astype(np.uint8),
        "too_bright": lambda p: (255 - (255 - p.astype(float)) * 0.25).astype(np.uint8),
        "too_blurry": lambda p: cv2.GaussianBlur(p, (0, 0), 5),
        "face_not_found": lambda p: np.ascontiguousarray(p[-150:]),
    }
    for picture in (astronaut, grace_hopper):
        eyes = usable_face(engine.analyze(picture, embed=False), settings=SETTINGS).quality.eye_distance_px
        small = cv2.resize(picture, None, fx=22 / eyes, fy=22 / eyes, interpolation=cv2.INTER_AREA)
        assert refusal(engine.analyze(small, embed=False)).code == "face_too_small"
        for code, change in spoil.items():
            copy = np.ascontiguousarray(change(picture))
            assert refusal(engine.analyze(copy, embed=False)).code == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("blurred.jpg", "too_blurry"),
        ("no-face-landscape.jpg", "face_not_found"),
        ("group-six.jpg", "multiple_faces"),
        ("group-selfie.jpg", "multiple_faces"),
        ("pose-left_face.jpeg", "extreme_pose"),
        ("pose-left_wryneck.png", "extreme_pose"),
        ("pose-right_face.png", "extreme_pose"),
    ],
)
def test_difficult_photos_are_refused_with_the_right_reason(
    engine: FaceEngine, shared_data: Path, name: str, code: str
) -> None:
    assert refusal(engine.analyze(shared_data / "photos" / name, embed=False)).code == code


def test_the_faces_of_a_crowd_are_too_small(engine: FaceEngine, shared_data: Path) -> None:
    found = engine.analyze(shared_data / "photos" / "crowd-1.jpg", embed=False)
    assert refusal(found, largest=True).code == "face_too_small"


@pytest.mark.parametrize("clip", ["webcam-head-turns.mp4", "phone-selfie.mp4"])
def test_good_webcam_and_phone_frames_pass(engine: FaceEngine, shared_data: Path, clip: str) -> None:
    from facegate.imaging.video import open_video

    with open_video(shared_data / "video" / clip) as video:
        for frame in video:
            if frame.index % 60 == 0:
                usable_face(engine.analyze(frame.frame, embed=False), settings=SETTINGS)


# Whom a picture speaks for


@pytest.fixture(scope="module")
def table(engine: FaceEngine) -> CalibrationTable:
    return load_table(engine.recipe_id)


@pytest.fixture
def real_gallery(home, engine: FaceEngine) -> Gallery:
    return home.open(recipe_id=engine.recipe_id, dimension=engine.recipe.dimension)


def shot(engine: FaceEngine, picture: np.ndarray | Path) -> Sample:
    [found] = engine.analyze(picture, max_faces=1)
    assert found.embedding is not None
    return Sample(found.embedding, found.quality, "test")


def test_two_people_are_told_apart_and_one_is_recognised(
    engine: FaceEngine, table: CalibrationTable, real_gallery: Gallery, astronaut: np.ndarray, grace_hopper: np.ndarray
) -> None:
    eileen, grace = shot(engine, astronaut), shot(engine, grace_hopper)
    assert conflicts(eileen.embedding, real_gallery, table, person_id=None) is None, "nobody is there yet"
    first = real_gallery.enroll([eileen], name="Eileen", consent=None)
    assert conflicts(grace.embedding, real_gallery, table, person_id=None) is None
    second = real_gallery.enroll([grace], name="Grace", consent=None)

    brighter = shot(engine, np.clip(astronaut * 1.2, 0, 255).astype(np.uint8)).embedding
    assert conflicts(brighter, real_gallery, table, person_id=first.id) is None
    again = conflicts(brighter, real_gallery, table, person_id=None)
    assert again is not None and again.person == first.ref, "a new name for a known face"
    wrong = conflicts(brighter, real_gallery, table, person_id=second.id)
    assert wrong is not None and wrong.person == first.ref, "it is somebody else's face"
    with pytest.raises(NotFound):
        conflicts(brighter, real_gallery, table, person_id="nobody")


def test_people_of_many_photos_keep_their_own_and_refuse_each_others(
    engine: FaceEngine, table: CalibrationTable, real_gallery: Gallery, shared_data: Path
) -> None:
    people = sorted(p for p in (shared_data / "lfw-multi").iterdir() if p.is_dir())[:12]
    shots = {p.name: [shot(engine, path) for path in sorted(p.iterdir())[:4]] for p in people}
    for name in shots:
        real_gallery.enroll(shots[name][:3], name=name, consent=None)
    own = [
        conflicts(s[3].embedding, real_gallery, table, person_id=person_id(real_gallery, n)) for n, s in shots.items()
    ]
    assert sum(conflict is not None for conflict in own) <= 1
    names = list(shots)
    for name, other in zip(names, names[1:] + names[:1], strict=True):
        strange = conflicts(shots[name][3].embedding, real_gallery, table, person_id=person_id(real_gallery, other))
        assert strange is not None, f"{name} is not {other}"


def person_id(gallery: Gallery, name: str) -> str:
    [person] = gallery.find(name)
    return person.id


# The rule itself, on vectors at chosen similarities


class Line:
    """A table that answers chosen thresholds."""

    smallest_fmr = 1e-5
    fusion_exponent = 1.0

    def __init__(self) -> None:
        self.asked: list[float] = []

    def threshold_at(self, fmr: float) -> float:
        self.asked.append(fmr)
        return {1e-2: 0.5, 1e-3: 0.7, 1e-4: 0.8}.get(round(fmr, 6), 0.75)

    def comparable(self, cosine: float, agreement: float) -> float:
        return cosine * agreement


def at(*cosines: float) -> np.ndarray:
    """A unit vector with these cosines to the first axes."""
    rest = 1 - sum(c * c for c in cosines)
    assert rest >= -1e-9
    vector = np.zeros(16, np.float32)
    vector[: len(cosines)] = cosines
    vector[15] = np.sqrt(max(rest, 0))
    return vector


@pytest.mark.parametrize(
    ("cosines", "own", "expected"),
    [
        ((0.69, 0.1), None, None),
        ((0.71, 0.1), None, "P0"),
        ((0.1, 0.71), None, "P1"),
        ((0.51, 0.1), "P0", None),
        ((0.49, 0.1), "P0", "P0"),
        ((0.49, 0.69), "P0", "P0"),
        ((0.1, 0.75), "P0", "P1"),
        ((0.6, 0.75), "P0", "P1"),
        ((0.702, 0.705), "P0", None),
        ((0.71, 0.70), "P0", None),
    ],
)
def test_the_rule(gallery: Gallery, sample, cosines: tuple[float, ...], own: str | None, expected: str | None) -> None:
    for axis in range(2):
        vector = np.eye(16, dtype=np.float32)[axis]
        gallery.enroll([sample(vector=vector)], name=f"P{axis}", consent=None)
    probe = Embedding(at(*cosines), gallery.recipe_id)
    own_id = person_id(gallery, own) if own else None
    table = Line()
    found = conflicts(probe, gallery, table, person_id=own_id)  # type: ignore[arg-type]
    assert (found and found.person.name) == expected
    assert table.asked[0] == 1e-3, "two people: the loosest clear rate"


@pytest.mark.parametrize(("people", "rate"), [(1, 1e-3), (10, 1e-3), (50, 2e-4), (100, 1e-4), (5000, 1e-4)])
def test_clear_means_stricter_the_more_people_there_are(people: int, rate: float) -> None:
    table = Line()
    gallery = SimpleNamespace(size=people, search=lambda *_, **__: [[]], require_comparable=lambda _: None)
    conflicts(Embedding(at(1.0), "test@1"), gallery, table, person_id=None)  # type: ignore[arg-type]
    assert table.asked == [pytest.approx(rate)]


def test_what_fusing_did_is_allowed_for(gallery: Gallery, sample) -> None:
    axes = np.eye(16, dtype=np.float32)
    gallery.enroll([sample(vector=axes[0]), sample(vector=axes[1])], name="two unlike pictures", consent=None)
    probe = Embedding((axes[0] + axes[1]) / np.sqrt(np.float32(2)), gallery.recipe_id)
    [[candidate]] = gallery.search(probe.vector[None])
    assert candidate.similarity == pytest.approx(1, abs=1e-5)
    assert candidate.agreement == pytest.approx(np.sqrt(0.5), abs=1e-5)
    found = conflicts(probe, gallery, Line(), person_id=None)  # type: ignore[arg-type]
    assert found is not None
    assert found.similarity == pytest.approx(np.sqrt(0.5), abs=1e-5)
    assert found.agreement == 1.0


def test_an_embedding_of_another_recipe_is_refused(gallery: Gallery, sample) -> None:
    person = gallery.enroll([sample(1)], name="Ana", consent=None)
    with pytest.raises(ModelMismatch):
        conflicts(Embedding(at(1.0), "other@2"), gallery, Line(), person_id=person.id)  # type: ignore[arg-type]
    with pytest.raises(ModelMismatch):
        conflicts(Embedding(at(1.0), "other@2"), gallery, Line(), person_id=None)  # type: ignore[arg-type]
