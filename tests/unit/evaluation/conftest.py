from collections.abc import Callable

import numpy as np
import pytest

from facegate.evaluation.dataset import PhotoKey
from facegate.evaluation.embeddings import PhotoEmbeddings


def synthetic(people: int, photos: int, seed: int = 0, spread: float = 0.25, prefix: str = "P") -> PhotoEmbeddings:
    """Unit vectors around a common direction, then around a person: close to how face embeddings lie."""
    random = np.random.default_rng(seed)
    common = np.ones(32) * 2.0 / np.sqrt(32)
    persons = common + random.normal(size=(people, 32)) / np.sqrt(32)
    each = np.repeat(persons, photos, axis=0) + spread * random.normal(size=(people * photos, 32)) / np.sqrt(8)
    unit = each / np.linalg.norm(each, axis=1, keepdims=True)
    keys = tuple(PhotoKey(f"{prefix}{person:04d}", number + 1) for person in range(people) for number in range(photos))
    return PhotoEmbeddings("default@0123", keys, unit.astype(np.float32), ())


@pytest.fixture(scope="session")
def make_population() -> Callable[..., PhotoEmbeddings]:
    return synthetic


@pytest.fixture(scope="session")
def population() -> PhotoEmbeddings:
    """300 people with 4 photos each."""
    return synthetic(300, 4)
