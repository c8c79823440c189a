"""The calibration table: what a similarity means, measured on a named data set and never extrapolated."""

import json
import math
from bisect import bisect_left
from importlib.resources import files
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from facegate.errors import CalibrationMissing

Rate = Annotated[float, Field(ge=0, le=1)]
Similarity = Annotated[float, Field(ge=-1, le=1)]

# Rule of three: with no error in n independent trials the 95 % upper bound of the rate is 3/n, so n trials say
# nothing about rates below 3/n (Hanley and Lippman-Hand, JAMA 1983; ISO/IEC 19795-1 uses it for biometrics).
RULE_OF_THREE = 3.0
_SLACK = 1e-9


def supported(rate: float, trials: int) -> bool:
    """Whether `trials` comparisons can say anything about a rate this small."""
    return rate * trials >= RULE_OF_THREE * (1 - _SLACK)


class TableRow(BaseModel):
    """One operating point with its 95 % bounds over people (bootstrap of subjects, not of pairs).

    Attributes:
        fmr: target false match rate per comparison; at `threshold` the measured rate is at most this.
        threshold: similarities at or above it match.
        threshold_low: lower bound of the threshold that gives `fmr`.
        threshold_high: upper bound of the threshold that gives `fmr`.
        fmr_low: lower bound of the false match rate at `threshold`.
        fmr_high: upper bound of the false match rate at `threshold`.
        fnmr: measured false non-match rate at `threshold`.
        fnmr_low: its lower bound.
        fnmr_high: its upper bound.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fmr: Annotated[float, Field(gt=0, lt=1)]
    threshold: Similarity
    threshold_low: Similarity
    threshold_high: Similarity
    fmr_low: Rate
    fmr_high: Rate
    fnmr: Rate
    fnmr_low: Rate
    fnmr_high: Rate

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        if not self.threshold_low <= self.threshold_high:
            raise ValueError("threshold_low is above threshold_high")
        if not (self.fmr_low <= self.fmr_high and self.fnmr_low <= self.fnmr_high):
            raise ValueError("a lower bound is above its upper bound")
        return self


class CalibrationTable(BaseModel):
    """What similarities of one scoring mean.

    Attributes:
        scoring_id: recipe and fusion level; decisions under another scoring need another table.
        recipe_id: the engine recipe whose embeddings were compared.
        level: "1v1", one photo against one photo.
        data_set: name of the photos it was measured on.
        date: ISO day of the measurement.
        people: identities in the data set.
        photos: photos that gave an embedding.
        failures_to_acquire: photos in which no face was found; they are in no comparison.
        genuine_trials: same-person comparisons.
        impostor_trials: different-person comparisons.
        seed: of the bootstrap.
        replicates: of the bootstrap.
        margin: how far the best candidate of a 1:N search must lead the second to be named.
        fusion_exponent: power of a template's agreement that makes its cosine comparable with photo against photo.
        fusion_data_set: name of the photos that margin and exponent were measured on.
        rows: operating points, rates falling.
        curve: (similarity, false match rate) pairs, similarity rising and rate falling strictly; log-linear between.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scoring_id: str
    recipe_id: str
    level: Literal["1v1"]
    data_set: str
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    people: Annotated[int, Field(ge=2)]
    photos: Annotated[int, Field(ge=2)]
    failures_to_acquire: Annotated[int, Field(ge=0)]
    genuine_trials: Annotated[int, Field(ge=1)]
    impostor_trials: Annotated[int, Field(ge=1)]
    seed: int
    replicates: Annotated[int, Field(ge=1)]
    margin: Annotated[float, Field(ge=0, lt=1)]
    fusion_exponent: Annotated[float, Field(ge=0, le=1)]
    fusion_data_set: str
    rows: Annotated[tuple[TableRow, ...], Field(min_length=1)]
    curve: Annotated[tuple[tuple[Similarity, Annotated[float, Field(gt=0, le=1)]], ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _monotone_and_supported(self) -> Self:
        for (low, more), (high, fewer) in pairwise(self.curve):
            if not (low < high and more > fewer):
                raise ValueError(f"curve: not strictly monotone between similarity {low} and {high}")
        for row, stricter in pairwise(self.rows):
            if not (row.fmr > stricter.fmr and row.threshold < stricter.threshold):
                raise ValueError(f"rows: not monotone after the rate {row.fmr}")
        if not supported(self.smallest_fmr, self.impostor_trials):
            raise ValueError(
                f"curve: {self.impostor_trials} impostor comparisons cannot support the rate {self.smallest_fmr}"
            )
        return self

    @property
    def smallest_fmr(self) -> float:
        """The smallest false match rate this table can speak of."""
        return self.curve[-1][1]

    def threshold_at(self, fmr: float) -> float:
        """The similarity from which on two faces match, for a target false match rate per comparison in (0, 1].

        Raises:
            CalibrationMissing: the rate is below what the table was measured for.
            ValueError: not a rate.
        """
        if not 0 < fmr <= 1:
            raise ValueError(f"threshold_at: expected a rate in (0, 1], got {fmr}")
        if fmr < self.smallest_fmr * (1 - _SLACK):
            raise CalibrationMissing(
                f"A false match rate of {fmr:g} was asked for, but the table of {self.recipe_id} was measured down to "
                f"{self.smallest_fmr:g}. Ask for {self.smallest_fmr:g} or more.",
                details={"asked_fmr": fmr, "smallest_fmr": self.smallest_fmr},
            )
        index = bisect_left(self.curve, -fmr, key=lambda point: -point[1])
        if index == 0:
            return self.curve[0][0]
        if index == len(self.curve):
            return self.curve[-1][0]
        (low, more), (high, fewer) = self.curve[index - 1], self.curve[index]
        return low + (high - low) * math.log(more / fmr) / math.log(more / fewer)

    def fmr_at(self, similarity: float) -> float:
        """Share of different-person pairs at least this similar, in [smallest_fmr, 1].

        Raises:
            ValueError: not a finite number.
        """
        if not math.isfinite(similarity):
            raise ValueError(f"fmr_at: expected a finite similarity, got {similarity}")
        index = bisect_left(self.curve, similarity, key=lambda point: point[0])
        if index == 0:
            return self.curve[0][1]
        if index == len(self.curve):
            return self.smallest_fmr
        (low, more), (high, fewer) = self.curve[index - 1], self.curve[index]
        return more * (fewer / more) ** ((similarity - low) / (high - low))

    def comparable(self, cosine: float, agreement: float) -> float:
        """The similarity of a probe to a fused template, on the scale of this table (photo against photo).

        Args:
            cosine: of probe and template.
            agreement: of the template, in (0, 1]; 1 leaves the cosine as it is.
        """
        return cosine * agreement**self.fusion_exponent

    def row(self, fmr: float) -> TableRow:
        """The measured operating point of a target rate.

        Raises:
            CalibrationMissing: there is no row for this rate.
        """
        for row in self.rows:
            if math.isclose(row.fmr, fmr):
                return row
        raise CalibrationMissing(
            f"The table of {self.recipe_id} has no row for a false match rate of {fmr:g}. "
            f"It has {', '.join(f'{row.fmr:g}' for row in self.rows)}.",
            details={"asked_fmr": fmr},
        )

    def to_json(self) -> str:
        """JSON text with one row and one curve point per line, so that two tables can be compared by eye."""
        plain = self.model_dump(exclude={"rows", "curve"})
        parts = [f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in plain.items()]
        parts.append(_json_lines("rows", [row.model_dump() for row in self.rows]))
        parts.append(_json_lines("curve", [list(point) for point in self.curve]))
        return "{\n" + ",\n".join(parts) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> "CalibrationTable":
        """Read what :meth:`to_json` wrote.

        Raises:
            CalibrationMissing: the text is not a calibration table.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the text"
            raise CalibrationMissing(
                f"This is not a usable calibration table: {where}: {first['msg']}. "
                "Make it again with `python -m facegate.evaluation.calibrate`."
            ) from None


def _json_lines(name: str, entries: list[dict[str, float]] | list[list[float]]) -> str:
    return f" {json.dumps(name)}: [\n" + ",\n".join(f"  {json.dumps(entry)}" for entry in entries) + "\n ]"


def scoring_id(recipe_id: str, level: str) -> str:
    """Identity of a scoring: two similarities mean the same only under one scoring id."""
    return f"{recipe_id}/{level}"


def load_table(recipe_id: str) -> CalibrationTable:
    """The shipped table of a recipe.

    Raises:
        CalibrationMissing: there is no table, or it was measured with another recipe.
    """
    preset = recipe_id.split("@", 1)[0]
    resource = files("facegate.matching.tables") / f"{preset}.json"
    if not preset.isidentifier() or not resource.is_file():
        raise CalibrationMissing(
            f"There is no calibration table for {recipe_id}, so its similarities cannot be judged. "
            "Make one with `python -m facegate.evaluation.calibrate`.",
            details={"recipe_id": recipe_id},
        )
    table = CalibrationTable.from_json(resource.read_text("utf-8"))
    if table.recipe_id != recipe_id:
        raise CalibrationMissing(
            f"The shipped table was measured with {table.recipe_id}, but the engine is {recipe_id}. "
            "Make it again with `python -m facegate.evaluation.calibrate`.",
            details={"recipe_id": recipe_id, "table_recipe_id": table.recipe_id},
        )
    return table
