import hashlib
import json
from pathlib import Path

import pytest

from build_hooks import dlib_landmarks, dlib_resnet, sources
from build_hooks.sources import SourceChanged, read_source
from build_hooks.weights import ResultDiffers, build_weights
from facegate.models.catalog import CATALOG, ModelSpec, spec_of

ROOT = Path(__file__).resolve().parents[3]


def row(name: str, data: bytes) -> ModelSpec:
    digest = hashlib.sha256(data).hexdigest()
    return ModelSpec(name, f"{name}.onnx", digest, len(data), "detect", name, "MIT", True, "here", digest)


def writer(**contents: bytes):
    calls = []

    def convert(folder: Path) -> list[Path]:
        calls.append(folder)
        for name, data in contents.items():
            (folder / f"{name}.onnx").write_bytes(data)
        return []

    convert.calls = calls
    return convert


def package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package that fails when it is imported."""
    home = folder / "weights_of_others"
    home.mkdir()
    (home / "__init__.py").write_text("raise RuntimeError('imported')")
    (home / "net.dat").write_bytes(b"as published")
    monkeypatch.syspath_prepend(str(folder))
    return home


def test_a_source_is_read_without_importing_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch)
    digest = hashlib.sha256(b"as published").hexdigest()

    assert read_source("weights_of_others", "net.dat", digest) == b"as published"


def test_a_tampered_source_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = package(tmp_path, monkeypatch)
    digest = hashlib.sha256(b"as published").hexdigest()
    (home / "net.dat").write_bytes(b"as tampered!")

    with pytest.raises(SourceChanged, match=rf"net\.dat is not the file.*expected {digest}"):
        read_source("weights_of_others", "net.dat", digest)


def test_a_missing_source_or_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch)

    with pytest.raises(SourceChanged, match=r"gone\.dat could not be read"):
        read_source("weights_of_others", "gone.dat", "0" * 64)
    with pytest.raises(SourceChanged, match=r"no_such_package is not installed.*requirements/build\.txt"):
        read_source("no_such_package", "net.dat", "0" * 64)


def test_files_are_made_once_and_checked(tmp_path: Path) -> None:
    catalog = [row("a", b"first"), row("b", b"second")]
    convert = writer(a=b"first", b=b"second")

    assert build_weights(tmp_path / "new", converters=[convert], catalog=catalog) == ["a.onnx", "b.onnx"]
    assert build_weights(tmp_path / "new", converters=[convert], catalog=catalog) == []

    assert len(convert.calls) == 1
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a.onnx", "b.onnx"]


def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    catalog = [row("a", b"first"), row("b", b"second")]
    build_weights(tmp_path, converters=[writer(a=b"first", b=b"second")], catalog=catalog)
    (tmp_path / "a.onnx").write_bytes(b"damaged")

    assert build_weights(tmp_path, converters=[writer(a=b"first", b=b"second")], catalog=catalog) == ["a.onnx"]
    assert (tmp_path / "a.onnx").read_bytes() == b"first"


def test_a_result_with_another_digest_stops_the_build_and_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ResultDiffers, match=r"a\.onnx came out with SHA-256 .* but the catalogue says"):
        build_weights(tmp_path, converters=[writer(a=b"other")], catalog=[row("a", b"first")])
    assert list(tmp_path.iterdir()) == []

    with pytest.raises(ResultDiffers, match=r"No converter wrote a\.onnx"):
        build_weights(tmp_path, converters=[writer()], catalog=[row("a", b"first")])


def test_dlib_conversion_gives_the_same_bytes_every_time() -> None:
    """The digests in the catalogue hold only if the conversion is deterministic."""
    path = "models/dlib_face_recognition_resnet_model_v1.dat"
    spec = spec_of("dlib-resnet29")
    source = read_source("face_recognition_models", path, spec.source_sha256)

    made = dlib_resnet.build(dlib_resnet.read(source))

    assert hashlib.sha256(made).hexdigest() == spec.sha256


@pytest.mark.slow
def test_predictor_conversion_gives_the_same_bytes_every_time() -> None:
    spec = spec_of("dlib-landmarks5")
    source = read_source("face_recognition_models", "models/shape_predictor_5_face_landmarks.dat", spec.source_sha256)

    made = dlib_landmarks.build(dlib_landmarks.read(source))

    assert hashlib.sha256(made).hexdigest() == spec.sha256


def test_another_dlib_file_is_refused_as_the_wrong_network() -> None:
    spec = spec_of("dlib-landmarks5")
    predictor = read_source(
        "face_recognition_models", "models/shape_predictor_5_face_landmarks.dat", spec.source_sha256
    )

    with pytest.raises(ValueError, match="dlib stream"):
        dlib_resnet.read(predictor)


def test_notice_names_every_weight_and_every_font() -> None:
    notice = (ROOT / "NOTICE").read_text("utf-8")
    for spec in CATALOG:
        assert spec.file in notice
        assert spec.source_sha256 in notice, spec.name
    locked = json.loads((ROOT / "frontend/package-lock.json").read_text("utf-8"))["packages"]
    fonts = {name: entry for name, entry in locked.items() if "@fontsource" in name}
    assert fonts
    for name, entry in fonts.items():
        package_name = name.removeprefix("node_modules/")
        assert f"{package_name} {entry['version']}\n    {entry['integrity']}\n" in notice


def test_verify_answers_the_bytes_it_checked(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    assert sources.verify(tmp_path / "x", hashlib.sha256(b"x").hexdigest()) == b"x"
