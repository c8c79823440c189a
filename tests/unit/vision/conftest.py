"""One engine for all tests of this room."""

from collections.abc import Iterator

import pytest

from facegate.config import Settings
from facegate.vision.engine import FaceEngine


@pytest.fixture(scope="session")
def engine() -> Iterator[FaceEngine]:
    with FaceEngine.open(settings=Settings()) as opened:
        yield opened
