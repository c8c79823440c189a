"""FaceEngine on real faces and on what is not a picture."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import facegate
from facegate.config import Settings
from facegate.errors import (
    ImageTooLarge,
    InvalidImage,
    InvalidRequest,
    NotFound,
    NotReady,
    UnsupportedMediaType,
)
from facegate.imaging.decode import read_image
from facegate.types import Frame
from facegate.vision.engine import FaceEngine

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def together(astronaut: Pixels, grace_hopper: Pixels) -> Pixels:
    """Both in one picture; the admiral's face is the larger one, on the right."""
    canvas = np.zeros((620, 1024, 3), np.uint8)
    canvas[:512, :512] = astronaut
    canvas[: len(grace_hopper), 512:] = grace_hopper
    return canvas


def test_one_person_twice_is_nearer_than_two_people(
    engine: FaceEngine, astronaut: Pixels, grace_hopper: Pixels
) -> None:
    collins, hopper = engine.analyze(astronaut)[0].embedding, engine.analyze(grace_hopper)[0].embedding
    dimmer = (astronaut[30:300:1, 100:350] * 0.7).astype(np.uint8)
    again = engine.analyze(dimmer)[0].embedding
    mirrored = engine.analyze(np.ascontiguousarray(grace_hopper[:, ::-1]))[0].embedding

    assert collins is not None and hopper is not None and again is not None and mirrored is not None
    assert collins.similarity(again) > 0.97
    assert hopper.similarity(mirrored) > 0.97
    assert collins.similarity(hopper) < 0.91


def test_path_bytes_array_and_frame_are_the_same_picture(engine: FaceEngine, grace_hopper_path: Path) -> None:
    frame = read_image(grace_hopper_path)
    data = grace_hopper_path.read_bytes()
    sources = (grace_hopper_path, str(grace_hopper_path), data, bytearray(data), memoryview(data), frame.pixels, frame)

    answers = [engine.analyze(source) for source in sources]

    for faces in answers:
        assert (faces.width, faces.height) == (frame.width, frame.height)
        assert len(faces) == 1
        np.testing.assert_array_equal(faces[0].box, answers[0][0].box)
        assert faces[0].embedding is not None
        assert faces[0].embedding.recipe_id == engine.recipe_id


def test_a_view_of_an_array_is_a_picture_too(engine: FaceEngine, astronaut: Pixels) -> None:
    bgr = np.ascontiguousarray(astronaut[:, :, ::-1])

    np.testing.assert_array_equal(engine.analyze(bgr[:, :, ::-1])[0].box, engine.analyze(astronaut)[0].box)


def test_faces_come_largest_first_with_timings(engine: FaceEngine, together: Pixels) -> None:
    faces = engine.analyze(together)

    assert len(faces) == 2
    assert faces[0].box[0] > 512 > faces[1].box[0]
    assert set(faces.timings_ms) == {"decode", "detect", "align", "quality", "embed"}
    assert all(each >= 0 for each in faces.timings_ms.values())


def test_embedding_can_be_left_out(engine: FaceEngine, together: Pixels) -> None:
    faces = engine.analyze(together, embed=False)

    assert [face.embedding for face in faces] == [None, None]
    assert faces[0].quality.eye_distance_px > faces[1].quality.eye_distance_px > 30
    assert "embed" not in faces.timings_ms


def test_options_choose_the_largest_and_the_smallest(engine: FaceEngine, together: Pixels) -> None:
    assert len(engine.analyze(together, embed=False, max_faces=1)) == 1
    assert len(engine.analyze(together, embed=False, min_face_px=220)) == 1


def test_settings_bound_the_faces_and_their_size(together: Pixels) -> None:
    with FaceEngine.open(settings=Settings(max_faces=1)) as engine:
        assert len(engine.analyze(together, embed=False)) == 1
    with FaceEngine.open(settings=Settings(min_face_px=220)) as engine:
        assert len(engine.analyze(together, embed=False)) == 1
        assert len(engine.analyze(together, embed=False, min_face_px=40)) == 2


def test_settings_choose_the_detectors_thresholds(together: Pixels) -> None:
    with FaceEngine.open(settings=Settings(detection_thresholds=(0.6, 0.7, 0.99999))) as engine:
        assert len(engine.analyze(together, embed=False)) < 2


def test_a_batch_answers_as_its_pictures_would(
    engine: FaceEngine, astronaut: Pixels, together: Pixels, grace_hopper_path: Path
) -> None:
    images = [together, np.zeros((64, 64, 3), np.uint8), grace_hopper_path, astronaut]

    batch = engine.analyze_batch(images)

    assert [len(faces) for faces in batch] == [2, 0, 1, 1]
    for image, faces in zip(images, batch, strict=True):
        for ours, single in zip(faces, engine.analyze(image), strict=True):
            np.testing.assert_array_equal(ours.box, single.box)
            assert ours.embedding is not None and single.embedding is not None
            np.testing.assert_allclose(ours.embedding.vector, single.embedding.vector, atol=1e-5)
    assert engine.analyze_batch([]) == []


def test_threads_may_share_one_engine(engine: FaceEngine, together: Pixels) -> None:
    alone = engine.analyze(together)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(engine.analyze, [together] * 8))

    for faces in answers:
        for ours, expected in zip(faces, alone, strict=True):
            assert ours.embedding is not None and expected.embedding is not None
            np.testing.assert_array_equal(ours.embedding.vector, expected.embedding.vector)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 900, 3), (15, 15, 3)])
def test_a_tiny_picture_is_a_picture_without_faces(engine: FaceEngine, shape: tuple[int, int, int]) -> None:
    faces = engine.analyze(np.zeros(shape, np.uint8))

    assert len(faces) == 0
    assert (faces.height, faces.width) == shape[:2]


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((10, 10), np.uint8),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((10, 10, 3), np.float32),
        np.zeros((0, 10, 3), np.uint8),
        None,
        42,
        [[1, 2, 3]],
    ],
    ids=["grey", "alpha", "float", "no rows", "none", "number", "list"],
)
def test_what_is_no_picture_is_named(engine: FaceEngine, wrong: object) -> None:
    with pytest.raises(InvalidRequest, match=r"uint8") as caught:
        engine.analyze(wrong)  # type: ignore[arg-type]
    assert caught.value.code == "invalid_request"


def test_bytes_that_are_no_picture_are_refused(engine: FaceEngine, grace_hopper_path: Path) -> None:
    with pytest.raises(InvalidImage):
        engine.analyze(b"")
    with pytest.raises(InvalidImage):
        engine.analyze(grace_hopper_path.read_bytes()[:20_000])
    with pytest.raises(UnsupportedMediaType):
        engine.analyze(b"GIF89a" + bytes(100))


def test_a_missing_file_is_not_found(engine: FaceEngine, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        engine.analyze(tmp_path / "nobody.jpg")


def test_arrays_and_frames_keep_the_limits_too(astronaut: Pixels) -> None:
    with FaceEngine.open(settings=Settings(max_image_pixels=100_000)) as engine:
        for picture in (astronaut, Frame(astronaut)):
            with pytest.raises(ImageTooLarge, match=r"512 x 512") as caught:
                engine.analyze(picture)
            assert caught.value.details["width"] == 512


@pytest.mark.parametrize("option", [{"min_face_px": 3}, {"min_face_px": float("nan")}, {"max_faces": 0}])
def test_options_out_of_range_are_refused(engine: FaceEngine, astronaut: Pixels, option: dict[str, int]) -> None:
    with pytest.raises(InvalidRequest):
        engine.analyze(astronaut, **option)


def test_an_unknown_engine_is_named_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match="Known: default"):
        FaceEngine.open("defualt", settings=Settings())


def test_a_closed_engine_says_so(astronaut: Pixels) -> None:
    engine = FaceEngine.open(settings=Settings())
    engine.close()
    engine.close()

    with pytest.raises(NotReady, match="closed"):
        engine.analyze(astronaut)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, together: Pixels) -> None:
    monkeypatch.setenv("FACEGATE_MAX_FACES", "1")

    with FaceEngine.open() as engine:
        assert len(engine.analyze(together, embed=False)) == 1


def test_the_package_offers_the_engine_without_loading_it() -> None:
    program = (
        "import sys, facegate; assert 'FaceEngine' in dir(facegate); assert 'numpy' not in sys.modules;"
        "from facegate import FaceEngine; assert 'numpy' in sys.modules; print(FaceEngine.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.stdout.strip() == "FaceEngine", done.stderr
    with pytest.raises(AttributeError, match="no attribute 'FaceEngin'"):
        _ = facegate.FaceEngin
