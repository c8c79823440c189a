import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from facegate.errors import ModelFileChanged, NotFound
from facegate.models import files
from facegate.models.catalog import CATALOG, ModelSpec, spec_of


@pytest.fixture
def empty_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """facegate as installed without any model file."""
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setattr(files, "BUILT_IN", folder)
    return folder


@pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)
def test_every_row_has_a_file_with_its_digest_and_size(spec: ModelSpec) -> None:
    data = files.locate(spec).read_bytes()

    assert hashlib.sha256(data).hexdigest() == spec.sha256
    assert len(data) == spec.size_bytes


def test_names_and_files_are_unique() -> None:
    assert len({spec.name for spec in CATALOG}) == len({spec.file for spec in CATALOG}) == len(CATALOG)
    assert {spec.name for spec in CATALOG} == {
        "mtcnn-pnet",
        "mtcnn-rnet",
        "mtcnn-onet",
        "dlib-resnet29",
        "dlib-landmarks5",
    }


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match=r"'dlib-resnet30'.*dlib-resnet29"):
        spec_of("dlib-resnet30")


def test_a_row_with_a_malformed_digest_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        replace(CATALOG[0], sha256="ABC")


def test_only_embedding_rows_have_a_dimension() -> None:
    with pytest.raises(ValueError, match="dimension"):
        replace(spec_of("dlib-resnet29"), dimension=None)
    with pytest.raises(ValueError, match="dimension"):
        replace(spec_of("mtcnn-pnet"), dimension=128)


def test_a_missing_file_is_named_with_the_folders_and_the_cure(empty_wheel: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFileChanged) as caught:
        files.locate(spec_of("mtcnn-pnet"), model_dir=tmp_path / "mine")

    message = caught.value.message
    assert "mtcnn-pnet.onnx is missing" in message
    assert str(empty_wheel) in message
    assert str(tmp_path / "mine") in message
    assert "install facegate again" in message
    assert caught.value.code == "model_file_changed"


def test_the_model_folder_is_searched_after_the_built_in_one(empty_wheel: Path, tmp_path: Path) -> None:
    spec = spec_of("mtcnn-pnet")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / spec.file).write_bytes(b"mine")
    assert files.locate(spec, model_dir=mine) == mine / spec.file

    (empty_wheel / spec.file).write_bytes(b"built in")
    assert files.locate(spec, model_dir=mine) == empty_wheel / spec.file


@pytest.mark.parametrize("position", [0, 14_000, -1])
def test_a_flipped_bit_is_refused(empty_wheel: Path, position: int) -> None:
    spec = spec_of("mtcnn-pnet")
    data = bytearray((Path(files.__file__).parent / "weights" / spec.file).read_bytes())
    data[position] ^= 1
    (empty_wheel / spec.file).write_bytes(data)

    with pytest.raises(ModelFileChanged, match=rf"{spec.file} is not the one.*expected {spec.sha256[:12]}") as caught:
        files.read_verified(spec)
    assert caught.value.details["expected_sha256"] == spec.sha256
    assert caught.value.details["sha256"] == hashlib.sha256(data).hexdigest()


def test_a_truncated_file_is_refused(empty_wheel: Path) -> None:
    spec = spec_of("mtcnn-pnet")
    shutil.copy(Path(files.__file__).parent / "weights" / spec.file, empty_wheel)
    with (empty_wheel / spec.file).open("r+b") as file:
        file.truncate(spec.size_bytes - 1)

    with pytest.raises(ModelFileChanged):
        files.read_verified(spec)
