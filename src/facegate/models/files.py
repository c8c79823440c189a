"""Where model files lie, and whether they are what the catalogue says."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from facegate.errors import ModelFileChanged
from facegate.models.catalog import ModelSpec

BUILT_IN = Path(__file__).parent / "weights"
"""The folder of the files that come with the wheel."""


def locate(spec: ModelSpec, *, model_dir: Path | None = None) -> Path:
    """The file of `spec`: the one that came with facegate, else the one in `model_dir`.

    Raises:
        ModelFileChanged: neither folder has it.
    """
    folders = list(_folders(model_dir))
    for folder in folders:
        path = folder / spec.file
        if path.is_file():
            return path
    raise ModelFileChanged(
        f"The model file {spec.file} is missing; it was looked for in {' and in '.join(map(str, folders))}. "
        "It is made when facegate is built: install facegate again.",
        details={"model": spec.name, "file": spec.file},
    )


def read_verified(spec: ModelSpec, *, model_dir: Path | None = None) -> bytes:
    """The bytes of the file of `spec`, exactly those whose digest was checked.

    Raises:
        ModelFileChanged: the file is missing, unreadable, or does not have the digest of the catalogue.
    """
    path = locate(spec, model_dir=model_dir)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelFileChanged(
            f"The model file {path} could not be read: {error.strerror}. Check its permissions.",
            details={"model": spec.name, "file": str(path)},
        ) from None
    found = hashlib.sha256(data).hexdigest()
    if found != spec.sha256:
        raise ModelFileChanged(
            f"The model file {path} is not the one facegate was built with: its SHA-256 starts with {found[:12]}, "
            f"expected {spec.sha256[:12]}. Remove it and install facegate again.",
            details={"model": spec.name, "file": str(path), "sha256": found, "expected_sha256": spec.sha256},
        )
    return data


def _folders(model_dir: Path | None) -> Iterator[Path]:
    yield BUILT_IN
    if model_dir is not None:
        yield model_dir
