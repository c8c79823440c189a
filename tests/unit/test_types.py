"""The travelling values refuse what they cannot hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegate.errors import ModelMismatch
from facegate.types import Detections, Embedding, Face, Frame, Quality, Template


def _unit(seed: int, d: int = 8) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=d)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
    ],
    ids=["empty", "grey", "alpha", "float"],
)
def test_a_frame_holds_only_rgb_bytes(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"Frame\.pixels"):
        Frame(pixels)


def test_a_frame_knows_its_size() -> None:
    frame = Frame(np.zeros((3, 5, 3), np.uint8))
    assert (frame.width, frame.height) == (5, 3)


def test_detections_need_arrays_of_one_length() -> None:
    with pytest.raises(ValueError, match=r"expected float32 \(2\), got float32 \(1,\)"):
        Detections(np.zeros((2, 4), np.float32), np.zeros(1, np.float32), np.zeros((2, 5, 2), np.float32))


def test_no_detections_is_a_value() -> None:
    none = Detections.empty()
    assert len(none) == 0
    assert len(none.take(np.zeros(0, np.intp))) == 0


def test_take_keeps_the_rows_together() -> None:
    boxes = np.arange(12, dtype=np.float32).reshape(3, 4)
    detections = Detections(boxes, np.array([0.1, 0.2, 0.3], np.float32), np.zeros((3, 5, 2), np.float32))
    taken = detections.take(np.array([2, 0]))
    assert taken.scores.tolist() == pytest.approx([0.3, 0.1])
    assert taken.boxes[0].tolist() == [8, 9, 10, 11]


def test_embeddings_of_different_recipes_never_compare() -> None:
    with pytest.raises(ModelMismatch, match="cannot be compared"):
        Embedding(_unit(1), "a@1").similarity(Embedding(_unit(1), "b@1"))


def test_embeddings_of_different_recipes_never_fuse() -> None:
    with pytest.raises(ModelMismatch):
        Template.fuse([Embedding(_unit(1), "a@1"), Embedding(_unit(2), "b@1")])


def test_an_embedding_is_finite() -> None:
    with pytest.raises(ValueError, match="finite"):
        Embedding(np.array([1, np.nan], np.float32), "a@1")


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=6))
def test_a_template_is_a_unit_vector_nearest_its_samples(seeds: list[int]) -> None:
    samples = [Embedding(_unit(seed), "a@1") for seed in seeds]
    template = Template.fuse(samples)
    assert np.linalg.norm(template.vector) == pytest.approx(1, abs=1e-5)
    assert template.samples == len(seeds)
    mean = sum(float(s.vector @ template.vector) for s in samples)
    best_sample = max(sum(float(s.vector @ other.vector) for s in samples) for other in samples)
    assert mean >= best_sample - 1e-4


def test_opposite_samples_do_not_make_a_template() -> None:
    with pytest.raises(ValueError, match="cancel"):
        Template.fuse([Embedding(_unit(3), "a@1"), Embedding(-_unit(3), "a@1")])


def test_a_face_checks_its_arrays() -> None:
    with pytest.raises(ValueError, match=r"Face\.box"):
        Face(np.zeros(3, np.float32), np.zeros((5, 2), np.float32), 0.9, Quality(50, 50, 50, 50, 0, 0))
