"""Finding the published weight files, and refusing any that is not the one the converters were written for."""

import hashlib
import importlib.util
from pathlib import Path


class SourceChanged(RuntimeError):
    """A file to build from is missing, or is not the one whose digest is known."""


def read_source(package: str, path: str, sha256: str) -> bytes:
    """The bytes of a file inside an installed package, which is looked up but never imported.

    Args:
        package: name it is imported by.
        path: inside the package, with forward slashes.
        sha256: what the file must have, hexadecimal.

    Raises:
        SourceChanged: the package or the file is absent, or the digest is another.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SourceChanged(
            f"The package {package} is not installed, and {path} in it is needed to build facegate. "
            "Install the build requirements: pip install --require-hashes --no-deps -r requirements/build.txt"
        )
    return verify(Path(next(iter(spec.submodule_search_locations))) / path, sha256)


def verify(file: Path, sha256: str) -> bytes:
    """The bytes of `file`, exactly those whose digest was checked.

    Raises:
        SourceChanged: it cannot be read or has another digest.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SourceChanged(f"{file} could not be read: {error.strerror}. Install its package again.") from None
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise SourceChanged(
            f"{file} is not the file facegate is built from: its SHA-256 is {found}, expected {sha256}. "
            "Install the package in the version that requirements/build.txt names."
        )
    return data
