"""Environments the bench makes: the peer's, and a clean one with our wheel."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.protocol import ROOT

PEER_VENV = ROOT / ".bench-venv"
PEER_REQUIREMENTS = ROOT / "benchmarks" / "peer-requirements.txt"


def python_of(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def peer_python() -> Path:
    """Python of the peer's environment, which is made when it is missing or its requirements changed."""
    stamp = PEER_VENV / ".requirements"
    wanted = PEER_REQUIREMENTS.read_text("utf-8")
    if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
        _make(PEER_VENV)
        _pip(PEER_VENV, "--no-deps", "-r", str(PEER_REQUIREMENTS))
        stamp.write_text(wanted, "utf-8")
    return python_of(PEER_VENV)


def installed_size_mb() -> dict[str, float]:
    """Megabytes of a new environment with our wheel and all it depends on, without pip; largest packages too."""
    with tempfile.TemporaryDirectory() as folder:
        wheels, venv = Path(folder, "wheels"), Path(folder, "venv")
        subprocess.run(
            [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps",
             "--no-build-isolation", "--wheel-dir", str(wheels), str(ROOT)],
            check=True,
        )  # fmt: skip
        [wheel] = wheels.glob("*.whl")
        _make(venv)
        _pip(venv, str(wheel), "-c", str(_constraints(Path(folder))))
        site = next(venv.glob("**/site-packages"))
        sizes = {entry.name: _size_mb(entry) for entry in site.iterdir()}
        wheel_mb = wheel.stat().st_size / 1e6
    skipped = ("pip", "pip-", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence")
    own = {name: size for name, size in sizes.items() if not name.startswith(skipped)}
    largest = dict(sorted(own.items(), key=lambda item: -item[1])[:6])
    return {"total": sum(own.values()), "wheel": wheel_mb, **largest}


def _constraints(folder: Path) -> Path:
    """Our pinned versions, without the hashes, which the wheel just built could not have."""
    lines = (ROOT / "requirements" / "runtime.txt").read_text("utf-8").splitlines()
    pins = [line.rstrip(" \\") for line in lines if line and not line.startswith((" ", "#"))]
    path = folder / "constraints.txt"
    path.write_text("\n".join(pins), "utf-8")
    return path


def _size_mb(path: Path) -> float:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if file.is_file()) / 1e6


def _make(venv: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)


def _pip(venv: Path, *arguments: str) -> None:
    subprocess.run(
        [str(python_of(venv)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments],
        check=True,
    )
