"""One stream of frames through the real engine and a real gallery."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facegate.config import Settings
from facegate.gallery.gallery import Gallery
from facegate.gallery.values import Sample
from facegate.imaging.video import open_video
from facegate.live.recognition import Sighting, StreamRecognizer, overlay_of
from facegate.matching.table import CalibrationTable, load_table
from facegate.storage.database import Database
from facegate.storage.keyring import Keyring
from facegate.types import Face, Frame, Match, PersonRef, Quality
from facegate.vision.engine import FaceEngine
from tests.serving import canvas

STEP_MS = 66.0


@pytest.fixture(scope="module")
def engine() -> Iterator[FaceEngine]:
    with FaceEngine.open("default", settings=Settings()) as opened:
        yield opened


@pytest.fixture(scope="module")
def table(engine: FaceEngine) -> CalibrationTable:
    return load_table(engine.recipe_id)


@pytest.fixture
def gallery(engine: FaceEngine, tmp_path: Path) -> Iterator[Gallery]:
    database = Database.open(tmp_path)
    keyring = Keyring.open(tmp_path, database_holds_data=False, randomness=secrets.token_bytes)
    yield Gallery.open(database, keyring, recipe_id=engine.recipe_id, dimension=engine.recipe.dimension)
    database.close()


def enrol(engine: FaceEngine, gallery: Gallery, pixels: Any, name: str) -> str:
    face = engine.analyze(pixels)[0]
    assert face.embedding is not None
    return gallery.enroll([Sample(face.embedding, face.quality, "test")], name=name, consent=None).id


def stream(recognizer: StreamRecognizer, pixels: Any, frames: int, start: int = 0) -> list[list[Sighting]]:
    frame = Frame(pixels)
    return [recognizer.step(frame, (start + n) * STEP_MS) for n in range(frames)]


def test_a_track_is_pending_until_the_vote_and_then_has_its_name(
    engine: FaceEngine, gallery: Gallery, table: CalibrationTable, astronaut: Any
) -> None:
    enrol(engine, gallery, astronaut, "Eileen")
    seen = stream(StreamRecognizer(engine, gallery, table, Settings()), canvas(astronaut), 6)
    statuses = [(face.match.status, face.votes_have) for (face,) in seen]
    assert statuses == [("pending", 1), ("pending", 2)] + [("matched", 3)] * 4
    assert len({face.track_id for (face,) in seen}) == 1
    assert {face.first_seen_ms for (face,) in seen} == {0.0}


def test_another_person_in_the_same_place_is_not_given_the_first_ones_name(
    engine: FaceEngine, gallery: Gallery, table: CalibrationTable, astronaut: Any, grace_hopper: Any
) -> None:
    enrol(engine, gallery, astronaut, "Eileen")
    recognizer = StreamRecognizer(engine, gallery, table, Settings())
    (before,) = stream(recognizer, canvas(astronaut), 6)[-1]
    for sightings in stream(recognizer, canvas(grace_hopper), 40, start=6):
        last = sightings
    assert before.match.status == "matched"
    (after,) = last
    assert after.match.status == "unknown"


def test_people_enrolled_renamed_and_deleted_are_seen_at_once(
    engine: FaceEngine, gallery: Gallery, table: CalibrationTable, astronaut: Any
) -> None:
    recognizer = StreamRecognizer(engine, gallery, table, Settings())
    picture = canvas(astronaut)
    assert stream(recognizer, picture, 6)[-1][0].match.reason == "empty_gallery"
    person_id = enrol(engine, gallery, astronaut, "Eileen")
    (face,) = stream(recognizer, picture, 1, start=6)[0]
    assert face.match.person == PersonRef(person_id, "Eileen")
    gallery.rename(person_id, "Pamela")
    (face,) = stream(recognizer, picture, 1, start=7)[0]
    assert face.match.person == PersonRef(person_id, "Pamela")
    gallery.delete(person_id)
    (face,) = stream(recognizer, picture, 1, start=8)[0]
    assert (face.match.status, face.match.person) == ("unknown", None)


def test_a_face_too_small_to_name_is_said_to_be_so_and_never_named(
    engine: FaceEngine, gallery: Gallery, table: CalibrationTable, astronaut: Any
) -> None:
    enrol(engine, gallery, astronaut, "Eileen")
    recognizer = StreamRecognizer(engine, gallery, table, Settings(name_eye_distance_px=60))
    for (face,) in stream(recognizer, canvas(astronaut), 20):
        assert (face.match.status, face.match.reason, face.match.person) == ("pending", "face_too_small", None)


def test_tracks_that_are_gone_are_forgotten(
    engine: FaceEngine, gallery: Gallery, table: CalibrationTable, astronaut: Any
) -> None:
    recognizer = StreamRecognizer(engine, gallery, table, Settings())
    for turn in range(8):
        stream(recognizer, canvas(astronaut, shift=(-75, 75)[turn % 2]), 4, start=turn * 100)
        stream(recognizer, np.full((480, 640, 3), 90, np.uint8), 4, start=turn * 100 + 50)
    assert len(recognizer._tracks) <= 2


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        (Match("matched", person=PersonRef("1", "Ana")), ("matched", "Ana")),
        (Match("unknown", reason="below_threshold"), ("unknown", "Unknown")),
        (Match("pending", reason="needs_more_frames"), ("pending", None)),
        (Match("pending", reason="face_too_small"), ("poor", None)),
    ],
)
def test_how_a_sighting_is_drawn(match: Match, expected: tuple[str, str | None]) -> None:
    face = Face(np.zeros(4, np.float32), np.zeros((5, 2), np.float32), 1.0, Quality(30, 60, 50, 50, 0, 0))
    overlay = overlay_of(Sighting(1, face, match, 0, 3, 0.0))
    assert (overlay.status, overlay.label) == expected


def test_people_of_a_real_clip_are_named_in_later_shots(
    engine: FaceEngine, gallery: Gallery, table: CalibrationTable, shared_data: Path
) -> None:
    """Enrolled from the first second of the webcam clip, named in the rest of it, through head turns."""
    recognizer = StreamRecognizer(engine, gallery, table, Settings())
    named = shown = 0
    with open_video(shared_data / "video" / "webcam-head-turns.mp4") as video:
        for picture in video:
            if picture.index == 0:
                enrol(engine, gallery, picture.frame, "Somebody")
            elif picture.time_ms > 1000:
                sightings = recognizer.step(picture.frame, picture.time_ms)
                shown += len(sightings)
                named += sum(sighting.match.status == "matched" for sighting in sightings)
            if picture.time_ms > 5000:
                break
    assert shown > 50
    assert named >= 0.9 * shown
