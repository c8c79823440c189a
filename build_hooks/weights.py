"""Making the model files of the catalogue, each checked against its digest."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from facegate.models.catalog import CATALOG, ModelSpec

Converter = Callable[[Path], list[Path]]


class ResultDiffers(RuntimeError):
    """A converted file is not the one the catalogue names."""


def build_weights(
    target: Path, *, converters: Iterable[Converter] | None = None, catalog: Iterable[ModelSpec] = CATALOG
) -> list[str]:
    """Make the catalogue's files that are not there yet, or not as they must be.

    Args:
        target: folder of the files; made when absent.
        converters: what writes the files into a folder; default: those of dlib and MTCNN.
        catalog: rows to make.

    Returns:
        Names of the files that were made; empty when all were there.

    Raises:
        SourceChanged: a published weight file is missing or not the one expected.
        ResultDiffers: a converted file is missing or not the one expected.
    """
    due = [spec for spec in catalog if not _is_as_it_must_be(target / spec.file, spec)]
    if not due:
        return []
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".making-") as folder:
        for convert in _default_converters() if converters is None else converters:
            convert(Path(folder))
        for spec in due:
            made = Path(folder) / spec.file
            if not _is_as_it_must_be(made, spec):
                raise ResultDiffers(_difference(made, spec))
            os.replace(made, target / spec.file)  # noqa: PTH105 - atomic, and says so
    return [spec.file for spec in due]


def _default_converters() -> list[Converter]:
    # Imported late: they need onnx and lz4, and nothing is converted when all files are there.
    from build_hooks import dlib_weights, mtcnn_weights

    return [dlib_weights.convert, mtcnn_weights.convert]


def _is_as_it_must_be(file: Path, spec: ModelSpec) -> bool:
    return file.is_file() and _sha256(file) == spec.sha256


def _difference(made: Path, spec: ModelSpec) -> str:
    if not made.is_file():
        return f"No converter wrote {spec.file}, which the catalogue names."
    return (
        f"{spec.file} came out with SHA-256 {_sha256(made)} ({made.stat().st_size} bytes), but the catalogue says "
        f"{spec.sha256} ({spec.size_bytes} bytes). Build with the versions of requirements/build.txt; after a "
        "deliberate change of the conversion, write the new digest into src/facegate/models/catalog.py."
    )


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
