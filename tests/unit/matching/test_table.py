import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from facegate.errors import CalibrationMissing
from facegate.matching import table as tables
from facegate.matching.table import CalibrationTable, TableRow, load_table, scoring_id, supported


def make_table(**changes: object) -> CalibrationTable:
    """A made-up table: one decade of FMR per 0.02 of similarity, from 1 at 0.84 to 1e-5 at 0.94."""
    curve = tuple((round(0.84 + 0.01 * i, 4), 10 ** (-i / 2)) for i in range(11))
    rows = tuple(
        TableRow(
            fmr=10.0**-d,
            threshold=round(0.84 + 0.02 * d, 4),
            threshold_low=round(0.835 + 0.02 * d, 4),
            threshold_high=round(0.845 + 0.02 * d, 4),
            fmr_low=0.5 * 10.0**-d,
            fmr_high=2 * 10.0**-d,
            fnmr=0.01 * d,
            fnmr_low=0.005 * d,
            fnmr_high=0.02 * d,
        )
        for d in (2, 3, 4, 5)
    )
    values: dict[str, object] = {
        "scoring_id": scoring_id("default@0123", "1v1"),
        "recipe_id": "default@0123",
        "level": "1v1",
        "data_set": "made up",
        "date": "2026-01-31",
        "people": 100,
        "photos": 200,
        "failures_to_acquire": 1,
        "genuine_trials": 100,
        "impostor_trials": 300_000,
        "seed": 1,
        "replicates": 10,
        "margin": 0.005,
        "fusion_exponent": 0.5,
        "fusion_data_set": "made up",
        "rows": rows,
        "curve": curve,
    }
    return CalibrationTable.model_validate(values | changes)


TABLE = make_table()


def test_threshold_of_measured_rates() -> None:
    for row in TABLE.rows:
        assert TABLE.threshold_at(row.fmr) == pytest.approx(row.threshold, abs=1e-9)
        assert TABLE.row(row.fmr) is row
    with pytest.raises(CalibrationMissing, match="no row"):
        TABLE.row(2e-3)


def test_log_linear_between_points() -> None:
    assert TABLE.fmr_at(0.845) == pytest.approx(10**-0.25)
    assert TABLE.threshold_at(10**-0.25) == pytest.approx(0.845)


def test_nothing_is_said_beyond_the_table() -> None:
    assert TABLE.smallest_fmr == pytest.approx(1e-5)
    assert TABLE.fmr_at(1.0) == TABLE.smallest_fmr
    assert TABLE.fmr_at(-1.0) == 1.0
    with pytest.raises(CalibrationMissing, match="measured down to 1e-05") as caught:
        TABLE.threshold_at(9e-6)
    assert caught.value.code == "calibration_missing"
    assert TABLE.threshold_at(1e-5) == pytest.approx(0.94)
    for nonsense in (0.0, -1e-3, 1.5, math.nan):
        with pytest.raises(ValueError, match="rate"):
            TABLE.threshold_at(nonsense)
    with pytest.raises(ValueError, match="finite"):
        TABLE.fmr_at(math.nan)


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_fmr_never_rises_with_similarity(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert TABLE.fmr_at(low) >= TABLE.fmr_at(high)


@given(st.floats(1e-5, 1))
def test_threshold_and_rate_are_inverse(fmr: float) -> None:
    assert TABLE.fmr_at(TABLE.threshold_at(fmr)) == pytest.approx(fmr, rel=1e-6)


def test_fused_templates_are_brought_to_the_scale_of_the_table() -> None:
    assert TABLE.comparable(0.95, 1.0) == 0.95
    assert TABLE.comparable(0.95, 0.81) == pytest.approx(0.95 * 0.9)


def test_json_round_trip_is_exact() -> None:
    text = TABLE.to_json()
    assert CalibrationTable.from_json(text) == TABLE
    assert CalibrationTable.from_json(text).to_json() == text
    assert json.loads(text)["rows"][0]["fmr"] == 0.01


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"level": "1v1"}', "not json"])
def test_other_text_is_no_table(text: str) -> None:
    with pytest.raises(CalibrationMissing, match="not a usable calibration table"):
        CalibrationTable.from_json(text)


def test_impossible_tables_are_refused() -> None:
    curve = TABLE.curve
    with pytest.raises(ValidationError, match="cannot support"):
        make_table(impostor_trials=299_000)
    with pytest.raises(ValidationError, match="monotone"):
        make_table(curve=(curve[1], curve[0], *curve[2:]))
    with pytest.raises(ValidationError, match="monotone"):
        make_table(rows=TABLE.rows[::-1])
    with pytest.raises(ValidationError, match="Extra inputs"):
        make_table(surprise=1)


def test_rule_of_three() -> None:
    assert supported(1e-5, 300_000)
    assert not supported(1e-5, 299_000)


def test_a_table_of_another_recipe_is_refused() -> None:
    with pytest.raises(CalibrationMissing, match="no calibration table for nobody@12"):
        load_table("nobody@12")
    with pytest.raises(CalibrationMissing, match="no calibration table"):
        load_table("../tables/default@12")


def test_a_stale_table_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "default.json").write_text(TABLE.to_json(), "utf-8")
    monkeypatch.setattr(tables, "files", lambda _package: folder)
    assert load_table("default@0123") == TABLE
    with pytest.raises(CalibrationMissing, match=r"measured with default@0123, but the engine is default@4567"):
        load_table("default@4567")
