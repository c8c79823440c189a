"""Parts of the command line that need no engine: wording, CSV, unsafe settings, ports, the running note."""

import csv
import http.server
import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from facegate.app.port_holder import holder_of
from facegate.app.running import RunningServer
from facegate.cli.naming import in_words
from facegate.cli.rows import csv_rows
from facegate.cli.running import running_server
from facegate.cli.unsafe import shown_value, weaknesses
from facegate.cli.verify import in_words as pair_in_words
from facegate.cli.words import rate
from facegate.config import Settings
from facegate.errors import StorageError
from facegate.matching.decide import Verification, identify
from facegate.matching.table import CalibrationTable
from facegate.types import Candidate, Match, PersonRef

SETTINGS = Settings()
ANA, BEN = PersonRef("1", "Ana Silva"), PersonRef("2", "Ben Ode")


@pytest.fixture(scope="module")
def table() -> CalibrationTable:
    row = {"threshold_low": 0.0, "threshold_high": 1.0, "fmr_low": 0.0, "fmr_high": 1.0}
    row |= {"fnmr": 0.1, "fnmr_low": 0.0, "fnmr_high": 1.0}
    return CalibrationTable.model_validate(
        {
            "scoring_id": "test@1/1v1",
            "recipe_id": "test@1",
            "level": "1v1",
            "data_set": "made up",
            "date": "2026-01-01",
            "people": 1000,
            "photos": 2000,
            "failures_to_acquire": 0,
            "genuine_trials": 1000,
            "impostor_trials": 1_000_000,
            "seed": 0,
            "replicates": 1,
            "margin": 0.02,
            "fusion_exponent": 0.0,
            "fusion_data_set": "made up",
            "rows": [{"fmr": 1e-2, "threshold": 0.7, **row}, {"fmr": 1e-3, "threshold": 0.8, **row}],
            "curve": [(0.6, 0.1), (0.7, 1e-2), (0.8, 1e-3), (0.9, 1e-4), (0.95, 1e-5)],
        }
    )


def decided(table: CalibrationTable, *pairs: tuple[PersonRef, float]) -> Match:
    return identify([Candidate(*pair) for pair in pairs], table, target_fpir=1e-2, gallery_size=max(len(pairs), 1))


def test_a_match_is_told_in_words_and_odds(table: CalibrationTable) -> None:
    who, how = in_words(decided(table, (ANA, 0.9), (BEN, 0.3)), table, SETTINGS)
    assert who == "Ana Silva"
    assert how == "very strong   1 in 10,000 strangers would match this well"


def test_a_match_beyond_the_table_claims_no_more_than_the_table(table: CalibrationTable) -> None:
    _, how = in_words(decided(table, (ANA, 0.999)), table, SETTINGS)
    assert how == "very strong   fewer than 1 in 100,000 strangers would match this well"


def test_unknown_names_the_nearest_with_odds(table: CalibrationTable) -> None:
    assert in_words(decided(table, (BEN, 0.7), (ANA, 0.1)), table, SETTINGS) == (
        "Unknown",
        "nearest Ben Ode, weak (1 in 100)",
    )


def test_unknown_for_other_reasons(table: CalibrationTable) -> None:
    assert in_words(decided(table), table, SETTINGS)[1] == "nobody is enrolled yet"
    ambiguous = in_words(decided(table, (ANA, 0.9), (BEN, 0.895)), table, SETTINGS)
    assert ambiguous == ("Unknown", "could be Ana Silva, very strong (1 in 10,000), or Ben Ode")
    small = in_words(Match("unknown", reason="face_too_small"), table, SETTINGS, eye_distance_px=14.2)
    assert small == ("too small", "14 px between the eyes, needs 20")
    many = identify([Candidate(ANA, 0.99)], table, target_fpir=1e-2, gallery_size=10**6)
    assert in_words(many, table, SETTINGS)[1].endswith("too many people are enrolled for a name at this --target-fpir")


def test_text_never_shows_a_similarity(table: CalibrationTable) -> None:
    for similarity in np.linspace(0.6, 0.99, 40):
        match = decided(table, (ANA, float(similarity)), (BEN, 0.1))
        assert "0." not in " ".join(in_words(match, table, SETTINGS))


def test_pairs_in_words(table: CalibrationTable) -> None:
    same = Verification(True, 0.85, 0.8, 1e-3, 2.6e-4)
    assert pair_in_words(same, table) == (
        "Same person, likely. 1 in 3,000 strangers look this alike; you asked for 1 in 1,000 (--target-fmr 1e-3)."
    )
    different = Verification(False, 0.1, 0.8, 1e-3, 0.9)
    assert pair_in_words(different, table).startswith("Not taken for the same person. More than 1 in 2 strangers")


@pytest.mark.parametrize(
    ("value", "text"), [(1e-3, "1e-3"), (1e-4, "1e-4"), (2.5e-4, "2.5e-4"), (0.05, "5e-2"), (0.1, "0.1"), (0.5, "0.5")]
)
def test_rates_are_written_as_they_are_typed(value: float, text: str) -> None:
    assert rate(value) == text
    assert float(text) == pytest.approx(value)


def test_csv_has_a_row_per_face_and_no_formulas(table: CalibrationTable, tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    evil = PersonRef("3", "=cmd|'/C calc'!A0")
    with csv_rows(path, table) as rows:
        rows.add("a.jpg", decided(table, (evil, 0.9)), box=np.array([1, 2, 11, 22.25], np.float32))
        rows.add("b.mp4", decided(table), first_ms=100, last_ms=900)
        rows.add("c.jpg", decided(table, (ANA, 0.999)))
    with path.open(encoding="utf-8-sig", newline="") as file:
        first, second, sure = csv.DictReader(file)
    assert first["person"] == "'=cmd|'/C calc'!A0"
    assert (first["x"], first["y"], first["width"], first["height"]) == ("1.0", "2.0", "10.0", "20.2")
    assert float(first["fmr"]) == pytest.approx(1e-4)
    assert sure["odds"] == "fewer than 1 in 100,000"
    assert (second["status"], second["reason"], second["first_ms"], second["x"]) == (
        "unknown",
        "empty_gallery",
        "100",
        "",
    )


def test_csv_that_cannot_be_written_is_told(table: CalibrationTable, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="could not be written"), csv_rows(tmp_path / "no" / "a.csv", table):
        pass


def test_csv_keeps_what_was_there_until_it_is_complete(table: CalibrationTable, tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    path.write_text("before")

    def interrupted() -> None:
        with csv_rows(path, table) as rows:
            rows.add("a.jpg", decided(table))
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        interrupted()
    assert [file.name for file in tmp_path.iterdir()] == ["faces.csv"]
    assert path.read_text() == "before"


def test_default_settings_weaken_nothing() -> None:
    assert weaknesses(SETTINGS) == []


@pytest.mark.parametrize(
    ("values", "setting"),
    [
        ({"target_fmr": 1e-2}, "target_fmr"),
        ({"target_fpir": 0.2}, "target_fpir"),
        ({"name_eye_distance_px": 10}, "name_eye_distance_px"),
        ({"enroll_eye_distance_px": 20}, "enroll_eye_distance_px"),
        ({"session_hours": 240}, "session_hours"),
        ({"live_access": "open"}, "live_access"),
        ({"host": "0.0.0.0"}, "public_scheme"),
    ],
)
def test_each_weak_value_is_told_with_its_cure(values: dict[str, object], setting: str) -> None:
    (found,) = weaknesses(Settings.model_validate(values))
    assert found.setting == setting
    assert found.fix
    assert f"FACEGATE_{setting.upper()}" in found.text + found.fix


def test_a_setting_that_was_set_is_marked() -> None:
    assert shown_value(SETTINGS, "target_fmr") == "0.001"
    assert shown_value(Settings(target_fmr=1e-4), "target_fmr") == "0.0001 (set)"
    assert shown_value(SETTINGS, "allowed_hosts") == "unset"
    assert shown_value(Settings(detection_thresholds=(0.5, 0.6, 0.7)), "detection_thresholds") == "0.5,0.6,0.7 (set)"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells who holds a port")
def test_the_holder_of_a_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        assert holder_of(port) == Path("/proc/self/comm").read_text().strip()
    assert holder_of(port) is None


@pytest.fixture
def answering() -> Iterator[int]:
    """The port of a small server that answers every GET with 404."""

    class Quiet(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_running_server_is_found_and_a_dead_one_is_not(tmp_path: Path, answering: int) -> None:
    assert running_server(tmp_path) is None
    note = RunningServer.announce(tmp_path, f"http://127.0.0.1:{answering}", answering)
    assert running_server(tmp_path) == note
    assert note.pid == os.getpid()
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    RunningServer.announce(tmp_path, f"http://127.0.0.1:{port}", port)
    assert running_server(tmp_path) is None
