"""The reference pages say what the code does: all commands, options, settings and error codes."""

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from facegate.cli import reference
from facegate.cli.error_reference import CODES, REASONS
from facegate.cli.main import COMMANDS
from facegate.config import PREFIX, Settings
from facegate.errors import FacegateError, FaceRejection

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src" / "facegate").rglob("*.py"))


@pytest.mark.parametrize("name", list(reference.PAGES))
def test_committed_pages_are_what_the_code_says(name: str) -> None:
    committed = (ROOT / reference.FOLDER / name).read_text("utf-8")
    assert committed == reference.PAGES[name](), "run: python -m facegate.cli.reference"


def test_check_names_a_stale_page(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "facegate.cli.reference"]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0
    page = tmp_path / reference.FOLDER / "errors.md"
    page.write_text("stale", "utf-8")
    checked = subprocess.run([*command, "--check"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 1
    assert "errors.md" in checked.stderr
    assert "cli.md" not in checked.stderr
    assert page.read_text("utf-8") == "stale"


def test_every_command_and_option_is_on_the_page() -> None:
    page = reference.cli_page()
    assert {path.split()[0] for path, _ in reference.commands()} == set(COMMANDS)
    for path, command in reference.commands():
        section = page.split(f"### facegate {path}\n")[1].split("\n### ")[0]
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert all(option in section for option in parameter.opts), (path, parameter.opts)


def test_every_setting_has_a_sentence() -> None:
    page = reference.settings_page()
    for name, field in Settings.model_fields.items():
        assert f"`{PREFIX}{name.upper()}`" in page
        assert field.description, name
        assert field.description.endswith("."), name


def test_every_error_code_has_a_row_and_no_row_is_left_over() -> None:
    in_code = set(get_args(FaceRejection)) | {FacegateError.default_code}
    pending = [FacegateError]
    while pending:
        error = pending.pop()
        in_code.add(error.default_code)
        pending += error.__subclasses__()
    for source in SOURCES:
        in_code |= set(re.findall(r'\bcode="([a-z_]+)"', source.read_text("utf-8")))
    # Asked for by the protocol, made from the reason of an enrolment.
    in_code.add("identity_inconsistent")
    assert set(CODES) == in_code


def test_every_reason_of_a_match_has_a_row() -> None:
    in_code: set[str] = set()
    for source in SOURCES:
        in_code |= set(re.findall(r'\breason="([a-z_]+)"', source.read_text("utf-8")))
    decide = (ROOT / "src/facegate/matching/decide.py").read_text("utf-8")
    in_code |= set(re.findall(r'^ +reason = "([a-z_]+)"', decide, re.MULTILINE))
    assert set(REASONS) >= in_code - set(CODES)


def test_sentences_end_as_sentences() -> None:
    for code, entry in CODES.items():
        assert entry.meaning.endswith("."), code
        assert entry.cure.endswith("."), code
