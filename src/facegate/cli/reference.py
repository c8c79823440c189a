"""The reference pages of the documentation, written from the code: `python -m facegate.cli.reference [--check]`."""

import inspect
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import NoneType
from typing import Annotated, Literal, get_args, get_origin

import annotated_types
import typer
from pydantic import BeforeValidator
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from facegate.cli.error_reference import CODES, REASONS
from facegate.cli.main import COMMANDS, load
from facegate.cli.output import EXIT_FAILED, EXIT_NO, EXIT_USAGE
from facegate.cli.unsafe import shown
from facegate.config import FILE_NAME, PREFIX, Settings
from facegate.http.envelope import STATUS_OF_CODE

FOLDER = Path("docs/reference")
_MADE = "<!-- Made by `python -m facegate.cli.reference`; change the code, not this page. -->"

_CLI_INTRODUCTION = f"""\
Answers go to stdout, progress, notes and errors to stderr. With `--json` every command answers in JSON, one object per
line; an error is `{{"error": {{"code", "message", "details"}}}}`. Text answers say how sure a match is in words and
odds; the numbers behind them are in the JSON. A command line that cannot be understood is answered in text, on stderr.

Settings come from options, then `FACEGATE_…` variables, then `{FILE_NAME}`: see [settings](settings.md).
`NO_COLOR` turns colours off; they and progress are shown on a terminal only.

| exit code | meaning |
| --- | --- |
| 0 | done |
| {EXIT_FAILED} | failed, or some files could not be used (`enroll`: none could); see [errors](errors.md) |
| {EXIT_USAGE} | wrong usage or settings, or a name that means several people |
| {EXIT_NO} | only with `--exit-code`: different people, or nobody was named |
"""

_JSON_SHAPES = """\
A box is `{"pixels": {"x", "y", "width", "height"}, "normalized": {"left", "top", "width", "height"}}`. `similarity` is
the number that was compared with `threshold`; `fmr` is the share of strangers at least that similar, `fpir` the rate
at which a stranger would be matched that well somewhere among the people searched.

| command | object |
| --- | --- |
| `detect` | per picture `{"image", "faces": [{"bbox", "landmarks", "detection_score", "quality"}]}` |
| `identify`, picture | `{"image", "faces": [{"bbox", "status", "person", "similarity", "threshold", "fmr", "fpir", \
"margin", "reason", "detection_score", "quality"}]}` |
| `identify`, video | `{"video", "width", "height", "duration_ms", "truncated", "people": [{"person", \
"first_ms", "last_ms", "ranges", …decision}], "tracks": [{"track_id", "first_ms", "last_ms", …decision}]}` |
| `verify` | `{"matched", "similarity", "threshold", "target_fmr", "fmr"}` |
| `enroll` | `{"person", "created", "added", "pictures": [{"image", "accepted", "reason", "message"}]}`; of a video \
`"video"` in the place of `"image"`, with `"frames"` and `"frames_used"` |
| `people list` | `{"people": [person], "total"}`; a person is `{"id", "name", "samples", "created_at", "updated_at", \
"consent"}` and what `show` and `rename` answer; `delete` answers `{"deleted": person}` |
| `models list` | `{"models": [{"name", "task", "title", "licence", "commercial_use", "dimension", "file", \
"size_bytes", "sha256", "source", "source_sha256", "ok"}]}` |
| `users setup-link` | `{"url", "role", "valid_minutes", "running"}` |
| `open` | `{"url", "opened"}` |
| `serve` | `{"version", "url", "port", "people", "data", "owner_link_file", "ready_ms"}`, once, when it is ready |
| `doctor` | `{"checks": [{"status": "ok" or "warn" or "fail", "code", "message", "fix"}], "warnings", "failures", \
"settings", "python"}` |
| a file that could not be used | `{"image", "error": {"code", "message", "details"}}`, in the file's place |
"""


def cli_page() -> str:
    """Every command with its arguments, options and example."""
    parts = ["# Command line", _MADE, _CLI_INTRODUCTION, "## JSON", _JSON_SHAPES]
    parts.append("## Commands")
    parts.append("\n".join(f"- [`facegate {path}`](#facegate-{path.replace(' ', '-')})" for path, _ in commands()))
    for path, command in commands():
        context = typer.Context(command, info_name=f"facegate {path}", terminal_width=200)
        usage = command.get_usage(context).removeprefix("Usage: ")
        records = [parameter.get_help_record(context) for parameter in command.params]
        rows = [(f"`{record[0].split(' <')[0]}`", _cell(record[1])) for record in records if record is not None]
        parts += [
            f"### facegate {path}",
            f"```console\n$ {' '.join(usage.split())}\n```",
            inspect.cleandoc(command.help or ""),
            _table(("argument, option", "meaning"), rows),
            f"{(command.epilog or '').replace('Example: ', 'Example: `')}`",
        ]
    return _page(parts)


def commands() -> Iterator[tuple[str, TyperCommand]]:
    """Every command that does something, by the words that call it."""
    for name in COMMANDS:
        command = get_command(load(name))
        if isinstance(command, TyperGroup):
            yield from ((f"{name} {word}", _leaf(child)) for word, child in command.commands.items())
        else:
            yield name, _leaf(command)


def settings_page() -> str:
    """Every setting with its variable, form, default and meaning."""
    rows: list[tuple[str, ...]] = []
    for name, field in Settings.model_fields.items():
        form = ", ".join([_form(field.annotation), *filter(None, map(_limit, field.metadata))])
        default = "the user's data folder" if name == "data" else _default(field.get_default())
        rows.append((f"`{PREFIX}{name.upper()}`", f"`{name}`", form, default, _cell(field.description or "")))
    introduction = (
        f"Each setting is an environment variable, or a line of `{FILE_NAME}` in the working directory; the variable "
        "wins, and a command's option wins over both. A name that is not in this table is refused with the nearest "
        "one. `facegate doctor` shows the values in use and says which of them weaken a protection."
    )
    head = ("variable", "in the file", "form", "default", "meaning")
    return _page(["# Settings", _MADE, introduction, _table(head, rows)])


def errors_page() -> str:
    """Every error code with its HTTP status, meaning and cure."""
    rows = [
        (f"`{code}`", str(STATUS_OF_CODE.get(code, "–")), _cell(entry.meaning), _cell(entry.cure))
        for code, entry in CODES.items()
    ]
    introduction = (
        "A failure has a stable code and one to three sentences that say what happened, why, and what to do. The API "
        'answers `{"error": {"code", "message", "details"}, "request_id"}` with the status below; the command line '
        "prints sentence and code on stderr, and the same object on stdout with `--json`."
    )
    reasons = [(f"`{reason}`", _cell(meaning)) for reason, meaning in REASONS.items()]
    return _page(
        [
            "# Error codes",
            _MADE,
            introduction,
            _table(("code", "HTTP", "what happened", "what to do"), rows),
            "## Why a face has no name",
            "`unknown` and `pending` are answers, not errors; their `reason` is one of these.",
            _table(("reason", "meaning"), reasons),
        ]
    )


PAGES = {"cli.md": cli_page, "settings.md": settings_page, "errors.md": errors_page}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with --check only say which are not true; the exit code."""
    stale = 0
    for name, page in PAGES.items():
        path, text = FOLDER / name, page()
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        if "--check" in arguments:
            sys.stderr.write(f"{path} is not what the code says. Run: python -m facegate.cli.reference\n")
            stale += 1
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return EXIT_FAILED if stale else 0


def _leaf(command: object) -> TyperCommand:
    if not isinstance(command, TyperCommand):
        raise TypeError(f"{command!r} is neither a command nor a group of commands")
    return command


def _page(parts: Sequence[str]) -> str:
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _form(annotation: object) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotation))
    if origin is Annotated:
        return _form(get_args(annotation)[0])
    if origin is tuple:
        many = "names" if str in get_args(annotation) else "three numbers between 0 and 1"
        return f"{many}, comma-separated (a list in the file)"
    if origin is not None:  # X | None
        return _form(next(part for part in get_args(annotation) if part is not NoneType))
    words = {bool: "`true` or `false`", int: "integer", float: "number", str: "text", Path: "path"}
    return next(word for kind, word in words.items() if annotation is kind)


def _limit(mark: object) -> str:
    match mark:
        case annotated_types.Ge(ge=least):
            return f"at least {least}"
        case annotated_types.Gt(gt=below):
            return f"more than {below}"
        case annotated_types.Le(le=most):
            return f"at most {most}"
        case annotated_types.Lt(lt=above):
            return f"less than {above}"
        case annotated_types.MinLen():
            return "not empty"
        case BeforeValidator():
            return ""
        case _:
            raise TypeError(f"{mark!r} is a limit this page has no words for")


def _default(value: object) -> str:
    if value is None or value == ():
        return "unset"
    return f"`{shown(value)}`"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
