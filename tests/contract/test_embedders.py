"""What every registered embedder must do."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from facegate.config import Settings
from facegate.types import Frame
from facegate.vision.align import FivePointAligner
from facegate.vision.embed.base import Embedder
from facegate.vision.presets import DETECTORS, EMBEDDERS

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module", params=sorted(EMBEDDERS))
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return EMBEDDERS[request.param](Settings())


@pytest.fixture(scope="module")
def chips(astronaut: Pixels, grace_hopper: Pixels) -> Pixels:
    """Two people; the first also a little darker, and shifted by three pixels."""
    detector = DETECTORS["mtcnn"](Settings())
    cut = []
    for picture in (astronaut, grace_hopper):
        frame = Frame(picture)
        cut.append(FivePointAligner().align(frame, detector.detect(frame).landmarks[:1])[0])
    darker = (cut[0] * 0.8).astype(np.uint8)
    return np.stack([cut[0], cut[1], darker, np.roll(cut[0], 3, axis=1)])


@pytest.mark.parametrize("mirror", [True, False])
def test_vectors_have_the_declared_dimension_and_unit_length(embedder: Embedder, chips: Pixels, mirror: bool) -> None:
    vectors = embedder.embed(chips, mirror=mirror)

    assert vectors.dtype == np.float32
    assert vectors.shape == (len(chips), embedder.recipe.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_the_same_person_is_nearer_than_another(embedder: Embedder, chips: Pixels) -> None:
    astronaut, hopper, darker, shifted = embedder.embed(chips)

    assert min(astronaut @ darker, astronaut @ shifted) > astronaut @ hopper + 0.03


def test_the_mirror_image_has_the_same_embedding(embedder: Embedder, chips: Pixels) -> None:
    mirrored = np.ascontiguousarray(chips[:, :, ::-1])

    np.testing.assert_allclose(embedder.embed(mirrored), embedder.embed(chips), atol=1e-5)
    assert np.abs(embedder.embed(mirrored, mirror=False) - embedder.embed(chips, mirror=False)).max() > 0.005


def test_the_mirrored_embedding_is_the_mean_of_both(embedder: Embedder, chips: Pixels) -> None:
    both = embedder.embed(chips, mirror=False) + embedder.embed(chips[:, :, ::-1], mirror=False)

    expected = both / np.linalg.norm(both, axis=1, keepdims=True)
    np.testing.assert_allclose(embedder.embed(chips), expected, atol=1e-5)


@pytest.mark.parametrize("n", [1, 3, 8, 9, 20])
def test_a_batch_equals_its_single_faces(embedder: Embedder, chips: Pixels, n: int) -> None:
    many = chips[np.arange(n) % len(chips)]

    singles = np.concatenate([embedder.embed(chip[None]) for chip in many])
    np.testing.assert_allclose(embedder.embed(many), singles, atol=1e-5)


def test_no_faces_give_no_vectors(embedder: Embedder) -> None:
    vectors = embedder.embed(np.zeros((0, 150, 150, 3), np.uint8))

    assert vectors.shape == (0, embedder.recipe.dimension)
    assert vectors.dtype == np.float32


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_flat_chip_gives_finite_numbers(embedder: Embedder, value: int) -> None:
    assert np.isfinite(embedder.embed(np.full((1, 150, 150, 3), value, np.uint8))).all()


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((150, 150, 3), np.uint8),
        np.zeros((1, 112, 112, 3), np.uint8),
        np.zeros((1, 3, 150, 150), np.uint8),
        np.zeros((1, 150, 150, 3), np.float32),
    ],
    ids=["no batch", "other size", "planes", "floats"],
)
def test_refuses_chips_of_another_form(embedder: Embedder, wrong: Pixels) -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        embedder.embed(wrong)


def test_answers_the_same_every_time_and_in_every_thread(embedder: Embedder, chips: Pixels) -> None:
    alone = embedder.embed(chips)

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: embedder.embed(chips), range(8)))

    for other in together:
        np.testing.assert_array_equal(other, alone)


def test_the_recipe_names_the_network(embedder: Embedder) -> None:
    recipe = embedder.recipe

    assert recipe.mirror
    assert recipe.models
    assert recipe.id.startswith(f"{recipe.preset}@")
