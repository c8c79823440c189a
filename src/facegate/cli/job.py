"""What one run of `identify` works with."""

from dataclasses import dataclass

from facegate.cli.drawing import DrawTarget
from facegate.cli.failures import Failures
from facegate.cli.output import Output
from facegate.cli.rows import RowWriter
from facegate.config import Settings
from facegate.gallery.index import Searchable
from facegate.matching.table import CalibrationTable
from facegate.vision.engine import FaceEngine


@dataclass(frozen=True, slots=True)
class Job:
    """One run.

    Attributes:
        settings: targets and limits.
        engine: sees and embeds.
        people: who may be named.
        table: what similarities mean.
        target: where annotated copies go, None without --draw.
        rows: where CSV rows go, None without --csv.
        out: where answers go.
        failures: files that could not be used.
    """

    settings: Settings
    engine: FaceEngine
    people: Searchable
    table: CalibrationTable
    target: DrawTarget | None
    rows: RowWriter | None
    out: Output
    failures: Failures
