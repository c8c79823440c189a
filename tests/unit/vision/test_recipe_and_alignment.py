"""What makes embeddings comparable: the recipe, and the chip a face is brought into."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facegate.models.catalog import spec_of
from facegate.types import Frame
from facegate.vision.align import CHIP_PX, FivePointAligner
from facegate.vision.engine import FaceEngine
from facegate.vision.recipe import Recipe

Pixels = NDArray[np.uint8]


@pytest.fixture
def recipe() -> Recipe:
    return Recipe.of("default", spec_of("dlib-resnet29"), alignment="a", preprocessing="p")


def test_a_recipe_is_its_preset_and_a_digest(recipe: Recipe) -> None:
    preset, _, digest = recipe.id.partition("@")

    assert preset == "default"
    assert len(digest) == 12
    assert set(digest) <= set("0123456789abcdef")
    assert recipe.dimension == 128
    assert recipe.id == Recipe.of("default", spec_of("dlib-resnet29"), alignment="a", preprocessing="p").id


@pytest.mark.parametrize(
    "change",
    [
        {"models": (("dlib-resnet29", "0" * 64),)},
        {"models": ()},
        {"dimension": 64},
        {"alignment": "b"},
        {"preprocessing": "q"},
        {"mirror": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_changes_the_digest(recipe: Recipe, change: dict[str, object]) -> None:
    assert replace(recipe, **change).id != recipe.id  # type: ignore[arg-type]


def test_a_network_that_does_not_embed_makes_no_recipe() -> None:
    with pytest.raises(ValueError, match="mtcnn-onet does not embed"):
        Recipe.of("default", spec_of("mtcnn-onet"), alignment="a", preprocessing="p")


def test_the_engine_goes_by_the_recipe_of_its_embedder(engine: FaceEngine) -> None:
    assert engine.recipe == engine.embedder.recipe
    assert engine.recipe_id == engine.recipe.id
    assert dict(engine.recipe.models) == {"dlib-resnet29": spec_of("dlib-resnet29").sha256}
    assert engine.recipe.alignment == engine.aligner.name


def test_landmarks_land_on_the_template(engine: FaceEngine, astronaut: Pixels) -> None:
    """The face found again in its own chip has its eyes and mouth where the template wants them."""
    chip = engine.aligner.align(Frame(astronaut), engine.detector.detect(Frame(astronaut)).landmarks)[0]
    around = cv2.copyMakeBorder(chip, 100, 100, 100, 100, cv2.BORDER_REPLICATE)

    again = engine.detector.detect(Frame(np.asarray(around, np.uint8)), max_faces=1).landmarks[0] - 100

    assert chip.shape == (CHIP_PX, CHIP_PX, 3)
    assert (
        np.abs(again - np.array(FivePointAligner.TEMPLATE)).max() < 8
    )  # of 150; nobody's face has the mean proportions


def test_a_turned_and_resized_face_gives_the_same_chip(engine: FaceEngine, grace_hopper: Pixels) -> None:
    aligner = FivePointAligner()
    landmarks = engine.detector.detect(Frame(grace_hopper)).landmarks
    matrix = cv2.getRotationMatrix2D((250, 220), 25, 0.8)
    turned = np.asarray(cv2.warpAffine(grace_hopper, matrix, (512, 600)), np.uint8)
    moved = (landmarks @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)

    upright, again = aligner.align(Frame(grace_hopper), landmarks)[0], aligner.align(Frame(turned), moved)[0]

    face = (slice(25, 125), slice(25, 125))
    assert np.abs(upright[face].astype(int) - again[face]).mean() < 4


def test_no_faces_give_no_chips(astronaut: Pixels) -> None:
    chips = FivePointAligner().align(Frame(astronaut), np.zeros((0, 5, 2), np.float32))

    assert chips.shape == (0, CHIP_PX, CHIP_PX, 3)
