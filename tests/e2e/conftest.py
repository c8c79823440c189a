"""A real server, real Chromium and a camera made from a file; each scenario is a Node script that Chromium obeys."""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import lacking
from tests.e2e import y4m
from tests.e2e.stage import ServerProcess, Stage

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    """Skip with a reason where Chromium, Node or the page's tools are absent."""
    if not Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")).is_file():
        lacking("the browser tests need Chromium: apt-get install chromium, or set CHROMIUM to its program")
    if not (ROOT / "frontend" / "node_modules" / "playwright-core").is_dir():
        lacking("the browser tests need the page's packages: npm --prefix frontend ci")
    if not (ROOT / "src" / "facegate" / "http" / "page" / "index.html").is_file():
        lacking("the page is not built: npm --prefix frontend run build")


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots go; git ignores it."""
    folder = ROOT / "e2e-output"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with an empty database."""
    environment = {"FACEGATE_DATA": str(tmp_path / "data"), "PYTHONPATH": str(ROOT / "src")}
    process = ServerProcess(environment, log=tmp_path / "server.log")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def stage(server: ServerProcess, pictures: Path, node_program: Path) -> Stage:
    return Stage(server, pictures, node_program)


def _drifting(path: Path, photo: NDArray[np.uint8], *, top: int, left: int) -> Path:
    """A photo, RGB, doubled in size, of which a 640x480 window that drifts by 40 px is the camera's picture."""
    large = cv2.resize(cv2.cvtColor(photo, cv2.COLOR_RGB2BGR), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    part = np.asarray(large[top : top + 520, left : left + 680], np.uint8)
    return y4m.write_y4m(path, y4m.pan(part, size=(640, 480)), 20)


@pytest.fixture(scope="session")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cameras")


@pytest.fixture(scope="session")
def astronaut_camera(cameras: Path, astronaut: NDArray[np.uint8]) -> Path:
    """Eileen Collins, drifting a little in a 640x480 picture."""
    return _drifting(cameras / "astronaut.y4m", astronaut, top=0, left=120)


@pytest.fixture(scope="session")
def stranger_camera(cameras: Path, grace_hopper: NDArray[np.uint8]) -> Path:
    """Grace Hopper in the same way."""
    return _drifting(cameras / "hopper.y4m", grace_hopper, top=60, left=180)


@pytest.fixture(scope="session")
def black_camera(cameras: Path) -> Path:
    """A covered lens."""
    return y4m.write_y4m(cameras / "black.y4m", [np.zeros((480, 640, 3), np.uint8)] * 20, 20)


@pytest.fixture(scope="session")
def coarse_camera(cameras: Path) -> Path:
    """A camera of 160x120 pixels."""
    return y4m.write_y4m(cameras / "coarse.y4m", [np.full((120, 160, 3), 128, np.uint8)] * 20, 20)


@pytest.fixture(scope="session")
def distant_camera(cameras: Path, astronaut: NDArray[np.uint8]) -> Path:
    """A 1280x720 picture in which the astronaut stands far away: the eyes are about 30 px apart."""
    room = np.full((760, 1320, 3), 96, np.uint8)
    small = cv2.resize(cv2.cvtColor(astronaut, cv2.COLOR_RGB2BGR), (400, 400), interpolation=cv2.INTER_AREA)
    room[180:580, 460:860] = small
    return y4m.write_y4m(cameras / "distant.y4m", y4m.pan(room, size=(1280, 720)), 20)


@pytest.fixture(scope="session")
def webcam_camera(cameras: Path, shared_data: Path) -> Path:
    """A person at a webcam who turns the head: the first five seconds, forwards and backwards."""
    pictures, rate = y4m.square_pixels(shared_data / "video" / "webcam-head-turns.mp4", seconds=5)
    return y4m.write_y4m(cameras / "webcam.y4m", y4m.there_and_back(pictures), rate)
