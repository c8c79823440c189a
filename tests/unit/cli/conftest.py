"""The command line called in this process, and pictures to give it."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from facegate.cli.main import run
from facegate.imaging.encode import write_image
from facegate.types import Frame


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def object(self) -> dict:
        (only,) = self.objects
        return only


Cli = Callable[..., Done]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Runs one command line in this process, on a data folder of its own."""
    monkeypatch.setenv("FACEGATE_DATA", str(tmp_path / "data"))

    def call(*arguments: object, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return call


@dataclass(frozen=True)
class Pictures:
    folder: Path
    eileen: Path
    eileen_again: Path
    grace: Path
    nobody: Path
    both: Path


@pytest.fixture(scope="module")
def pictures(
    astronaut: NDArray[np.uint8], grace_hopper: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory
) -> Pictures:
    folder = tmp_path_factory.mktemp("pictures")
    again = np.clip(astronaut[:400, 60:460].astype(np.float32) * 0.8, 0, 255).astype(np.uint8)
    beside = np.zeros((512, 256, 3), np.uint8)
    beside[:300] = grace_hopper[::2, ::2][:300]
    both = np.hstack([astronaut, beside])
    made = {
        "eileen.png": astronaut,
        "eileen-again.jpg": again,
        "grace.jpg": grace_hopper,
        "nobody.jpg": np.full((120, 160, 3), 200, np.uint8),
        "both.jpg": both,
    }
    for name, pixels in made.items():
        write_image(folder / name, Frame(np.ascontiguousarray(pixels)))
    return Pictures(folder, *(folder / name for name in made))
