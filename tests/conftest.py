"""Fixtures every test may use: real faces that are always there, and the shared data when it is."""

import os
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared real data; skips where it is absent."""
    folder = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the shared test data is not here; set SHARED_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def node_program() -> Path:
    """Node.js: the machine's own or the one of the environment that `make` builds."""
    from build_hooks import node

    try:
        return node.find().program
    except node.NodeMissing as missing:
        lacking(str(missing))


def lacking(reason: str) -> NoReturn:
    """Skip for want of a tool; in CI, where all tools must be, fail."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """Eileen Collins, one frontal face: uint8 (512, 512, 3) RGB."""
    from skimage import data

    return np.ascontiguousarray(data.astronaut())


@pytest.fixture(scope="session")
def grace_hopper_path() -> Path:
    """A JPEG file with one frontal face."""
    from matplotlib import cbook

    return Path(str(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)))


@pytest.fixture(scope="session")
def grace_hopper(grace_hopper_path: Path) -> NDArray[np.uint8]:
    """Grace Hopper, one frontal face: uint8 (606, 512, 3) RGB."""
    from PIL import Image

    with Image.open(grace_hopper_path) as image:
        return np.array(image.convert("RGB"))


@pytest.fixture(autouse=True)
def _no_outside_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No FACEGATE_* of the developer's shell reaches a test, and nothing is written to the real data folder."""
    for name in list(os.environ):
        if name.startswith("FACEGATE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("FACEGATE_DATA", str(tmp_path_factory.getbasetemp() / "facegate-data"))
