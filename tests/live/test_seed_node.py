"""The seed's page as a plain socket.io-client 4.x script in Node, against the real server in open mode."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import lacking
from tests.serving import Server

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = ROOT / "tests" / "e2e" / "seed_client.mjs"

pytestmark = pytest.mark.service


def greens(path: str) -> int:
    """How many pixels have the green of a matched face."""
    red, green, blue = np.moveaxis(np.array(Image.open(path)).astype(int), 2, 0)
    return int(((green > 180) & (red < 120) & (blue < 180)).sum())


def test_the_seeds_script_gets_annotated_pictures_back(
    nobody: Server, eileen: list[bytes], tmp_path: Path, node_program: Path
) -> None:
    if not (ROOT / "frontend" / "node_modules" / "socket.io-client").is_dir():
        lacking("needs the page's packages: npm --prefix frontend ci")
    files = []
    for n, frame in enumerate(eileen[:4]):
        path = tmp_path / f"frame-{n}.jpg"
        path.write_bytes(frame)
        files.append(str(path))
    run = subprocess.run(
        [str(node_program), str(SCRIPT), nobody.url, str(tmp_path), "Eileen Collins", *files],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert run.returncode == 0, run.stderr
    said = json.loads(run.stdout)
    assert said["transport"] == "websocket"
    for path in (*said["before"], *said["results"], *said["after"]):
        with Image.open(path) as picture:
            assert (picture.format, picture.size) == ("JPEG", (640, 480))
    assert greens(said["after"][-1]) > max(greens(path) for path in said["before"]) + 100
    (person,) = nobody.services.gallery.people()
    assert (person.name, person.samples) == ("Eileen Collins", 3)
