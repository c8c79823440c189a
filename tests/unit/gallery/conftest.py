from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from facegate.gallery.gallery import Gallery
from facegate.gallery.values import Sample
from facegate.storage.database import Database
from facegate.storage.keyring import Keyring
from facegate.types import Embedding, Float32, Quality

RECIPE = "test@1"
DIMENSION = 16


@dataclass
class Now:
    """A clock that moves only when told."""

    at: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Home:
    """A data folder, and galleries opened on it as separate processes would."""

    folder: Path
    clock: Now = field(default_factory=Now)
    monotonic: Now = field(default_factory=lambda: Now(0.0))
    opened: list[Database] = field(default_factory=list)

    def database(self) -> Database:
        database = Database.open(self.folder, busy_timeout_s=5)
        self.opened.append(database)
        return database

    def open(self, *, recipe_id: str = RECIPE, dimension: int = DIMENSION, collection: str = "default") -> Gallery:
        database = self.database()
        keyring = Keyring.open(self.folder, database_holds_data=database.holds_data)
        return Gallery.open(
            database,
            keyring,
            recipe_id=recipe_id,
            dimension=dimension,
            collection=collection,
            clock=self.clock,
            monotonic=self.monotonic,
        )


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "data")
    yield home
    for database in home.opened:
        database.close()


@pytest.fixture
def gallery(home: Home) -> Gallery:
    return home.open()


def unit(seed: int, dimension: int = DIMENSION) -> Float32:
    vector = np.random.default_rng(seed).normal(size=dimension)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


MakeSample = Callable[..., Sample]


@pytest.fixture
def sample() -> MakeSample:
    def make(seed: int = 0, *, recipe_id: str = RECIPE, vector: Float32 | None = None, source: str = "test") -> Sample:
        quality = Quality(60.5, 70.0, 50.0, 30.0, 0.125, -2.5)
        return Sample(Embedding(unit(seed) if vector is None else vector, recipe_id), quality, source)

    return make


@pytest.fixture
def vector() -> Callable[..., Float32]:
    return unit
