"""Answers as CSV (`identify --csv`): one row per face of a picture, one per appearance in a video."""

import csv
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from facegate.errors import StorageError
from facegate.matching.table import CalibrationTable
from facegate.matching.words import odds, strength
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

    def __init__(self, file: TextIO, table: CalibrationTable) -> None:
        self._rows = csv.DictWriter(file, COLUMNS, lineterminator="\n")
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
        self._rows.writerow(
            {
                "file": _text(file),
                "first_ms": first_ms,
                "last_ms": last_ms,
                "status": match.status,
                "person_id": match.person and _text(match.person.id),
                "person": match.person and _text(match.person.name),
                "strength": None if match.fmr is None else strength(match.fmr),
                "odds": None if match.fmr is None else odds(match.fmr, self._table.smallest_fmr),
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
        )


@contextmanager
def csv_rows(path: Path, table: CalibrationTable) -> Generator[RowWriter]:
    """A CSV file in UTF-8, with a byte order mark because spreadsheets ask for one.

    Raises:
        StorageError: it cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            yield RowWriter(file, table)
    except OSError as error:
        raise StorageError(f"{path} could not be written: {error.strerror}. Name another place.") from error


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
