"""What a command prints: answers on stdout, everything else on stderr, and failures with their exit code."""

import json
import os
import sys
import time
import unicodedata
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, Protocol, TextIO

import typer

from facegate.errors import Conflict, FacegateError, InvalidRequest, InvalidSettings, StorageError

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NO = 3

USAGE_ERRORS: tuple[type[FacegateError], ...] = (InvalidSettings, InvalidRequest, Conflict)
"""What the command line, the settings or an ambiguous name is at fault for."""

JsonObject = dict[str, object]
"""One JSON object; its values are what `json.dumps` takes."""
Colour = Literal["green", "yellow", "red", "bold", "dim"]
_SGR: Mapping[Colour, str] = {"green": "32", "yellow": "33", "red": "31", "bold": "1", "dim": "2"}
_CLEAR_LINE = "\r\x1b[2K"
_PROGRESS_INTERVAL_S = 0.1


class Step(Protocol):
    """Says how far long work has come."""

    def __call__(self, done: int, what: str = "") -> None:
        """`done` of the total are done; `what` is being looked at now."""
        ...


class Output:
    """Where one command's words go.

    Text and JSON exclude each other on stdout: :meth:`line` is silent with `--json`, :meth:`json` without it.
    """

    def __init__(self, *, as_json: bool, quiet: bool, stdout: TextIO | None = None, stderr: TextIO | None = None):
        self.as_json = as_json
        self.quiet = quiet
        self._stdout = stdout or sys.stdout
        self._stderr = stderr or sys.stderr
        self._progress_shown = False
        self._colour = _wants_colour(self._stdout)
        self._colour_notes = _wants_colour(self._stderr)

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads stdout as it comes."""
        return self._stdout.isatty()

    def line(self, text: str = "") -> None:
        """One line of the answer, unless JSON was asked for."""
        if not self.as_json:
            self._write(self._stdout, text)

    def json(self, value: Mapping[str, object]) -> None:
        """One JSON object on a line of its own, if JSON was asked for."""
        if self.as_json:
            encoding = (self._stdout.encoding or "ascii").lower()
            readable = encoding.startswith("utf")
            self._write(self._stdout, json.dumps(value, ensure_ascii=not readable, allow_nan=False))

    def note(self, text: str) -> None:
        """A remark beside the answer, on stderr; silent with `--quiet`."""
        if not self.quiet:
            self._write(self._stderr, text)

    def warn(self, text: str) -> None:
        """A line on stderr that `--quiet` does not silence."""
        self._write(self._stderr, text)

    def complain(self, error: FacegateError) -> None:
        """An error's sentence and code, on stderr."""
        self.warn(f"{paint('error:', 'red', on=self._colour_notes)} {printable(error.message)} [{error.code}]")

    def failure(self, error: FacegateError) -> None:
        """What ended the command: its sentence on stderr and, with `--json`, its envelope on stdout."""
        self.json({"error": error_json(error)})
        self.complain(error)

    def colour(self, text: str, colour: Colour) -> str:
        """`text` in a colour, when stdout shows colours."""
        return paint(text, colour, on=self._colour)

    @contextmanager
    def progress(self, label: str, total: int | None) -> Generator[Step]:
        """A line on a terminal's stderr that says how far long work is; nothing elsewhere and with `--quiet`."""
        shown = not self.quiet and self._stderr.isatty()
        last_s = 0.0

        def step(done: int, what: str = "") -> None:
            nonlocal last_s
            now_s = time.monotonic()
            if shown and now_s - last_s >= _PROGRESS_INTERVAL_S:
                last_s = now_s
                of = f" of {total}" if total else ""
                self._stderr.write(f"{_CLEAR_LINE}{label} {done}{of}  {printable(what)[:50]}")
                self._stderr.flush()
                self._progress_shown = True

        try:
            yield step
        finally:
            self._clear_progress()

    def _write(self, stream: TextIO, text: str) -> None:
        self._clear_progress()
        try:
            stream.write(f"{text}\n")
            stream.flush()
        except BrokenPipeError:
            raise  # whoever read has seen enough
        except OSError as error:
            _silence(stream)
            raise StorageError(f"The answer could not be written: {error.strerror}. Send it elsewhere.") from error

    def _clear_progress(self) -> None:
        if self._progress_shown:
            self._stderr.write(_CLEAR_LINE)
            self._stderr.flush()
            self._progress_shown = False


@contextmanager
def reporting(
    *, as_json: bool, quiet: bool, usage: tuple[type[FacegateError], ...] = USAGE_ERRORS
) -> Generator[Output]:
    """The output of one command; a FacegateError inside is told and becomes the exit code: 2 for `usage`, else 1."""
    for stream in (sys.stdout, sys.stderr):
        # A file name no encoding holds, or a terminal without "·", is no reason to fail.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    output = Output(as_json=as_json, quiet=quiet)
    try:
        yield output
    except FacegateError as error:
        output.failure(error)
        raise typer.Exit(EXIT_USAGE if isinstance(error, usage) else EXIT_FAILED) from None


def _silence(stream: TextIO) -> None:
    """Let go of what a stream still holds, which the interpreter would try to write again at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def error_json(error: FacegateError) -> JsonObject:
    """The `error` object of the envelope that the API uses too."""
    return {"code": error.code, "message": error.message, "details": error.details}


def paint(text: str, colour: Colour, *, on: bool) -> str:
    """`text` with a terminal colour around it if `on`."""
    return f"\x1b[{_SGR[colour]}m{text}\x1b[0m" if on else text


def printable(text: str) -> str:
    """`text` without characters that would steer a terminal or begin a line: file names are written by strangers."""
    return "".join("�" if _steers(character) else character for character in text)


def columns(rows: Sequence[Sequence[str]], *, gap: int = 2) -> list[str]:
    """Rows as lines with aligned columns; East Asian characters count as two cells."""
    if not rows:
        return []
    widths = [max(_cells(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [(" " * gap).join(map(_padded, row, widths)).rstrip() for row in rows]


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _cells(text))


def _wants_colour(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _steers(character: str) -> bool:
    # Control characters, ends of lines, lone surrogates, and the marks that turn the direction of what follows.
    bidi = "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
    return bidi or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
