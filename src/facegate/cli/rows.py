"""Answers as CSV (`identify --csv`): one row per face of a picture, one per appearance in a video."""

import csv
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from facegate.cli.drawing import PICTURE_SUFFIXES, UNWRITTEN_SUFFIXES
from facegate.cli.sources import STDIN, Source, identity
from facegate.errors import InvalidRequest, StorageError
from facegate.imaging.video import VIDEO_SUFFIXES
from facegate.matching.table import CalibrationTable
from facegate.matching.words import share, strength
from facegate.types import Float32, Match

COLUMNS = (
    "file",
    "first_ms",
    "last_ms",
    "status",
    "person_id",
    "person",
    "strength",
    "odds",
    "similarity",
    "threshold",
    "fmr",
    "fpir",
    "margin",
    "reason",
    "x",
    "y",
    "width",
    "height",
)
# A spreadsheet runs a cell that begins like this as a formula; names and file names are written by strangers.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class RowWriter:
    """Writes one row per decision."""

    def __init__(self, path: Path, file: TextIO, table: CalibrationTable) -> None:
        self._path = path
        self._rows: csv.DictWriter[str] = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        self._rows.writeheader()
        self._table = table

    def add(
        self,
        file: str,
        match: Match,
        *,
        box: Float32 | None = None,
        first_ms: int | None = None,
        last_ms: int | None = None,
    ) -> None:
        """One face's row; the box is xyxy pixels, the times are those of an appearance in a video."""
        left, top, right, bottom = (None,) * 4 if box is None else (round(float(edge), 1) for edge in box)
        row = {
            "file": _text(file),
            "first_ms": first_ms,
            "last_ms": last_ms,
            "status": match.status,
            "person_id": match.person and _text(match.person.id),
            "person": match.person and _text(match.person.name),
            "strength": None if match.fmr is None else strength(match.fmr),
            "odds": None if match.fmr is None else share(match.fmr, self._table.smallest_fmr),
            "similarity": match.similarity,
            "threshold": match.threshold,
            "fmr": match.fmr,
            "fpir": match.fpir,
            "margin": match.margin,
            "reason": match.reason,
            "x": left,
            "y": top,
            "width": None if left is None or right is None else round(right - left, 1),
            "height": None if top is None or bottom is None else round(bottom - top, 1),
        }
        with _telling(self._path):
            self._rows.writerow(row)


def refuse_csv_over(sources: Sequence[Source], path: Path) -> None:
    """Refuse a CSV path that would destroy a picture or video.

    Raises:
        InvalidRequest: it is one of the sources, ends like a picture or video (as a shell's *.jpg makes it), or is no
            file.
    """
    originals = {identity(source.path): source for source in sources if source.path is not None}
    if identity(path) in originals:
        raise InvalidRequest(f"--csv {path} would overwrite {originals[identity(path)].shown}. Name another file.")
    if path.suffix.lower() in PICTURE_SUFFIXES | UNWRITTEN_SUFFIXES | VIDEO_SUFFIXES:
        raise InvalidRequest(f"--csv {path} ends like a picture or video. Name a .csv file.")
    if str(path) == STDIN or (path.exists() and not path.is_file()):
        raise InvalidRequest(f"--csv {path} is no file that CSV can be written to. Name a .csv file.")


@contextmanager
def csv_rows(path: Path, table: CalibrationTable) -> Generator[RowWriter]:
    """A CSV file in UTF-8, with a byte order mark because spreadsheets ask for one.

    It appears under its name when it is complete; an exception inside leaves what was there.

    Raises:
        StorageError: it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    with _telling(path):
        file = unfinished.open("w", encoding="utf-8-sig", newline="")
    try:
        with file:
            yield RowWriter(path, file, table)
            with _telling(path):
                file.flush()
        with _telling(path):
            unfinished.replace(path.resolve())
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _telling(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path} could not be written: {error.strerror}. Name another place.") from error


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
