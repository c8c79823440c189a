"""Servers with the real engine, shared by the tests of a module; faces as JPEG frames."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.serving import Server, canvas, jpeg, serving


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Open mode."""
    with serving(tmp_path_factory.mktemp("open"), live_access="open") as server:
        yield server


@pytest.fixture(scope="module")
def closed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Session mode."""
    with serving(tmp_path_factory.mktemp("closed")) as server:
        yield server


@pytest.fixture
def nobody(open_server: Server) -> Server:
    """The open server with an empty gallery."""
    for person in open_server.services.gallery.people():
        open_server.services.gallery.delete(person.id)
    return open_server


@pytest.fixture(scope="session")
def eileen(astronaut: Any) -> list[bytes]:
    """Seven webcam frames of one person."""
    return [jpeg(canvas(astronaut, shift)) for shift in range(-30, 31, 10)]


@pytest.fixture(scope="session")
def grace(grace_hopper: Any) -> list[bytes]:
    """Seven of another."""
    return [jpeg(canvas(grace_hopper, shift)) for shift in range(-30, 31, 10)]


@pytest.fixture(scope="session")
def both(astronaut: Any, grace_hopper: Any) -> bytes:
    """Two people side by side."""
    return jpeg(np.hstack([canvas(astronaut), canvas(grace_hopper)]))


@pytest.fixture(scope="session")
def empty_room() -> bytes:
    """Nobody."""
    return jpeg(np.full((480, 640, 3), 120, np.uint8))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """For a server of the test's own."""
    return tmp_path / "data"
