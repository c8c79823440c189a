from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facegate.evaluation.embeddings import central_face, embed_folders
from facegate.types import Embedding, Face, Faces, Quality

QUALITY = Quality(40.0, 50.0, 50.0, 50.0, 0.0, 0.0)


def _face(box: tuple[float, float, float, float], vector: list[float]) -> Face:
    landmarks = np.zeros((5, 2), np.float32)
    return Face(np.array(box, np.float32), landmarks, 0.99, QUALITY, Embedding(np.array(vector, np.float32), "fake@1"))


class CountingEngine:
    """Answers a vector that names the file, and counts; a file that says so has no face."""

    recipe_id = "fake@1"

    def __init__(self) -> None:
        self.seen: list[str] = []

    def analyze(self, image: Path, /) -> Faces:
        self.seen.append(image.name)
        if image.read_bytes() == b"nobody":
            return Faces((), 250, 250)
        angle = float(len(self.seen))
        return Faces((_face((100, 100, 150, 150), [np.cos(angle), np.sin(angle)]),), 250, 250)


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    for name in ("one/A/A_0001.jpg", "one/A/A_0002.jpg", "one/B/B_0001.jpg", "two/A/A_0002.jpg", "two/C/C_0001.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"nobody" if "B" in name else b"somebody")
    return [tmp_path / "one", tmp_path / "two"]


def test_the_central_face_is_the_one_named() -> None:
    corner, centre = _face((0, 0, 120, 120), [1, 0]), _face((110, 110, 140, 140), [0, 1])
    assert central_face(Faces((corner, centre), 250, 250)) is centre
    assert central_face(Faces((), 250, 250)) is None


def test_photos_without_a_face_are_counted(folders: list[Path]) -> None:
    engine = CountingEngine()
    one, two = embed_folders(engine, folders)
    assert [key.person for key in one.keys] == ["A", "A"]
    assert one.not_acquired == (("B", 1),)
    assert two.keys == (("A", 2), ("C", 1))
    assert two.not_acquired == ()
    assert one.vectors.shape == (2, 2)
    assert len(engine.seen) == 4, "a photo in both folders is embedded once"


def test_the_cache_is_used_only_for_the_same_photos_and_recipe(folders: list[Path], tmp_path: Path) -> None:
    cache = tmp_path / "cache.npz"
    engine = CountingEngine()
    first = embed_folders(engine, folders, cache=cache)
    again = embed_folders(engine, folders[:1], cache=cache)
    assert len(engine.seen) == 4, "a part of the cached photos needs no engine"
    assert again[0].keys == first[0].keys
    assert np.array_equal(again[0].vectors, first[0].vectors)
    (folders[0] / "A" / "A_0001.jpg").write_bytes(b"another")
    embed_folders(engine, folders, cache=cache)
    assert len(engine.seen) == 8
    engine.recipe_id = "fake@2"
    assert embed_folders(engine, folders, cache=cache)[0].recipe_id == "fake@2"
    cache.write_bytes(b"PK damaged")
    embed_folders(engine, folders, cache=cache)
    assert len(engine.seen) == 16


def test_threads_keep_the_order(folders: list[Path], tmp_path: Path) -> None:
    for number in range(1, 30):
        path = tmp_path / "many" / "D" / f"D_{number:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(path)
    embeddings = embed_folders(CountingEngine(), [tmp_path / "many"], jobs=4)[0]
    assert [key.number for key in embeddings.keys] == list(range(1, 30))
