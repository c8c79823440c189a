"""What people install: a wheel made from this tree, and one made from its sdist on a machine without Node.js."""

import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from facegate.models.catalog import CATALOG

ROOT = Path(__file__).resolve().parents[3]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def build(target: str, source: Path, out: Path, **environ: str) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(out)]
    done = subprocess.run(
        command, cwd=source, env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


def test_the_wheel_has_the_models_the_catalogue_names(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        for spec in CATALOG:
            data = packed.read(f"facegate/models/weights/{spec.file}")
            assert hashlib.sha256(data).hexdigest() == spec.sha256


def test_the_wheel_has_page_fonts_migrations_table_and_licences(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        page = packed.read("facegate/http/page/index.html").decode()
    scripts = [name for name in names if name.startswith("facegate/http/page/assets/") and name.endswith(".js")]
    assert scripts
    assert any(name.rpartition("/")[2] in page for name in scripts), "the page loads a script that is there"
    assert "facegate/http/page/licenses.md" in names
    assert "facegate/imaging/fonts/fonts.zip" in names
    assert "facegate/imaging/fonts/LICENSES.txt" in names
    assert "facegate/matching/tables/default.json" in names
    assert any(name.startswith("facegate/storage/migrations/versions/") for name in names)
    assert {name.rpartition("/")[2] for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}
    assert "facegate/py.typed" in names


def test_the_wheel_has_nothing_that_is_not_ours(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"facegate"}
    for unwanted in ("node_modules", "__pycache__", ".dat", ".lz4", ".pkl", ".map", "tests/"):
        assert not [name for name in names if unwanted in name]


def test_the_wheel_needs_no_network_of_other_frameworks(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        (metadata,) = [name for name in packed.namelist() if name.endswith("/METADATA")]
        needed = packed.read(metadata).decode().lower()
    for framework in ("tensorflow", "torch", "dlib", "keras", "face_recognition_models", "mtcnn", "onnx>"):
        assert f"requires-dist: {framework}" not in needed


def test_the_sdist_carries_page_and_fonts_but_no_weights(sdist: Path) -> None:
    with tarfile.open(sdist) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    assert {"src/facegate/http/page/index.html", "src/facegate/imaging/fonts/fonts.zip", "PKG-INFO"} <= names
    assert {"build_hooks/hook.py", "frontend/package-lock.json", "requirements/build.txt", "NOTICE"} <= names
    assert not [name for name in names if name.endswith(".onnx") or "node_modules" in name]


def test_a_wheel_from_the_sdist_needs_no_node_and_has_the_same_files(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as packed:
        packed.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    without_node = tmp_path / "bin"
    without_node.mkdir()

    again = build("wheel", source, tmp_path / "out", PATH=str(without_node))

    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert sorted(first.namelist()) == sorted(second.namelist())
        for name in second.namelist():
            if name.endswith((".onnx", ".zip", ".html", ".js", ".css")):
                assert first.read(name) == second.read(name), name
