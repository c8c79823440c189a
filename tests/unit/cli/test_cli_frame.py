"""The frame of the command line: help without weight, suggestions, output, times, sources."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.main import get_command

from facegate.cli.main import COMMANDS, load
from facegate.cli.output import Output, columns, printable, reporting
from facegate.cli.times import format_time, parse_time_ms
from facegate.errors import (
    Conflict,
    FacegateError,
    InvalidImage,
    InvalidRequest,
    InvalidSettings,
    NotFound,
    StorageError,
)

HEAVY = {"numpy", "cv2", "onnxruntime", "sqlalchemy", "flask", "pydantic", "socketio", "rich", "PIL", "uvicorn"}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def facegate(*arguments: str, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from facegate.cli.main import main; main()", *arguments],
        input=stdin,
        capture_output=True,
        env={**os.environ, **env},
        check=False,
    )


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\n"
        "from facegate.cli.main import run\n"
        "try: run(['--help'])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print(sorted(m for m in sys.modules if '.' not in m), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stderr.strip().splitlines()[-1].replace("'", '"')))
    assert "typer" in loaded
    assert not loaded & HEAVY
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout


def test_root_help_says_what_each_command_says_of_itself() -> None:
    for name, entry in COMMANDS.items():
        help_text = get_command(load(name)).help or ""
        assert help_text.splitlines()[0] == entry.summary, name


def test_mistyped_command_is_usage_and_gets_a_suggestion() -> None:
    done = facegate("identfy", "x.jpg")
    assert done.returncode == 2
    assert b"Did you mean 'identify'?" in done.stderr
    assert done.stdout == b""


def test_unknown_option_is_usage() -> None:
    done = facegate("detect", "--colour", "x.jpg")
    assert done.returncode == 2
    assert b"--colour" in done.stderr


def test_json_and_text_exclude_each_other() -> None:
    text_out, json_out = io.StringIO(), io.StringIO()
    for stream, as_json in ((text_out, False), (json_out, True)):
        out = Output(as_json=as_json, quiet=False, stdout=stream, stderr=io.StringIO())
        out.line("Ana Silva")
        out.json({"name": "王小明"})
    assert text_out.getvalue() == "Ana Silva\n"
    assert json.loads(json_out.getvalue()) == {"name": "王小明"}


def test_json_is_plain_ascii_where_stdout_is_not_unicode() -> None:
    raw = io.BytesIO()
    out = Output(as_json=True, quiet=False, stdout=io.TextIOWrapper(raw, "latin-1"), stderr=io.StringIO())
    out.json({"name": "王小明"})
    assert json.loads(raw.getvalue().decode("ascii")) == {"name": "王小明"}


def test_quiet_keeps_errors_and_drops_notes() -> None:
    err = io.StringIO()
    out = Output(as_json=False, quiet=True, stdout=io.StringIO(), stderr=err)
    out.note("Starting …")
    out.complain(NotFound("There is no file a.jpg. Check the name."))
    assert err.getvalue() == "error: There is no file a.jpg. Check the name. [not_found]\n"


@pytest.mark.parametrize(
    ("terminal", "no_colour", "coloured"), [(True, None, True), (True, "1", False), (False, None, False)]
)
def test_colours_only_on_a_terminal_that_wants_them(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, no_colour: str | None, coloured: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    if no_colour is not None:
        monkeypatch.setenv("NO_COLOR", no_colour)
    stream = Terminal() if terminal else io.StringIO()
    out = Output(as_json=False, quiet=False, stdout=stream, stderr=io.StringIO())
    out.line(out.colour("Ana", "green"))
    assert ("\x1b[" in stream.getvalue()) is coloured


def test_progress_is_drawn_on_a_terminal_and_wiped_before_the_next_line() -> None:
    err = Terminal()
    out = Output(as_json=False, quiet=False, stdout=io.StringIO(), stderr=err)
    with out.progress("Looking", 3) as step:
        step(1, "a.jpg")
        out.line("a.jpg · 1 face")
    assert "Looking 1 of 3  a.jpg" in err.getvalue()
    assert err.getvalue().endswith("\r\x1b[2K")


@pytest.mark.parametrize("stream", [io.StringIO(), None])
def test_no_progress_in_a_pipe_or_when_quiet(stream: io.StringIO | None) -> None:
    err = stream or Terminal()
    out = Output(as_json=False, quiet=stream is None, stdout=io.StringIO(), stderr=err)
    with out.progress("Looking", 3) as step:
        step(1, "a.jpg")
    assert err.getvalue() == ""


def test_failure_is_a_sentence_on_stderr_and_an_envelope_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, reporting(as_json=True, quiet=False):
        raise InvalidImage("a.jpg is empty. Save it again.", details={"image": "a.jpg"})
    said = capsys.readouterr()
    assert ended.value.exit_code == 1
    assert json.loads(said.out) == {
        "error": {"code": "invalid_image", "message": "a.jpg is empty. Save it again.", "details": {"image": "a.jpg"}}
    }
    assert said.err == "error: a.jpg is empty. Save it again. [invalid_image]\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidSettings("x"), 2),
        (InvalidRequest("x"), 2),
        (Conflict("x"), 2),
        (NotFound("x"), 1),
        (StorageError("x"), 1),
        (InvalidImage("x"), 1),
    ],
)
def test_exit_codes(error: FacegateError, code: int) -> None:
    with pytest.raises(typer.Exit) as ended, reporting(as_json=False, quiet=True):
        raise error
    assert ended.value.exit_code == code


def test_mistyped_setting_is_usage_with_a_suggestion() -> None:
    done = facegate("models", "list", FACEGATE_TARGET_FMRR="1")
    assert done.returncode == 2
    assert b"FACEGATE_TARGET_FMRR" in done.stderr
    assert b"FACEGATE_TARGET_FMR?" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
@pytest.mark.parametrize("where", [">/dev/full", ">&-", "--json >/dev/full"])
def test_an_answer_that_cannot_be_written_is_no_traceback(where: str) -> None:
    command = f'"{sys.executable}" -c "from facegate.cli.main import main; main()" models list {where}'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == (1 if "full" in where else 0)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert ("could not be written" in done.stderr) == ("full" in where)


def test_file_names_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\u202ec\r.jpg") == "a�[2Jb�c�.jpg"
    assert printable("Ünal 王小明 हिन्दी عربى\u200d") == "Ünal 王小明 हिन्दी عربى\u200d"


def test_file_names_cannot_begin_a_line() -> None:
    assert printable("a.jpg\n1  Ana\u2028Ben\u2029") == "a.jpg�1  Ana�Ben�"


def test_columns_align_wide_characters() -> None:
    assert columns([["NAME", "N"], ["王小明", "1"], ["Ana Silva", "6"]]) == [
        "NAME       N",
        "王小明     1",
        "Ana Silva  6",
    ]
    assert columns([]) == []


@pytest.mark.parametrize(
    ("text", "time_ms"), [("0", 0), ("12", 12_000), ("12.5", 12_500), ("1:02.5", 62_500), ("1:00:02", 3_602_000)]
)
def test_times_are_read(text: str, time_ms: int) -> None:
    assert parse_time_ms(text) == time_ms


@pytest.mark.parametrize("text", ["", "-1", "1:2:3:4", "noon", "1:", ":30", "1e3", "12,5"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="not a time"):
        parse_time_ms(text)


@given(st.integers(0, 10**8).map(lambda tenths: tenths * 100))
def test_written_times_read_back(time_ms: int) -> None:
    assert parse_time_ms(format_time(time_ms)) == time_ms


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    from facegate.cli.main import run

    with pytest.raises(SystemExit) as ended:
        run(["--version"])
    assert not ended.value.code
    assert capsys.readouterr().out.startswith("facegate 0.")


def test_every_command_shows_an_example_and_the_common_options() -> None:
    for path, command in leaves():
        assert (command.epilog or "").startswith(f"Example: facegate {path}"), path
        options = {name for parameter in command.params for name in parameter.opts}
        assert {"--json", "--quiet"} <= options, path


def leaves():
    for name in COMMANDS:
        command = get_command(load(name))
        children = getattr(command, "commands", None)
        if children is None:
            yield name, command
        else:
            yield from ((f"{name} {child}", each) for child, each in children.items())


def test_quiet_files_are_passed_over_in_folders(tmp_path: Path) -> None:
    from facegate.cli.sources import expand

    for name in ("b.jpg", "a.png", ".hidden.jpg", "Thumbs.db", "sub/c.jpg", ".git/d.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    sources = expand([str(tmp_path)])
    assert [str(source.place) for source in sources] == ["a.png", "b.jpg", "sub/c.jpg"]
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(NotFound, match="holds no files"):
        expand([str(empty)])
