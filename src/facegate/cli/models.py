"""`facegate models`."""

from pathlib import Path

import typer

from facegate.cli.options import Json, Quiet, group
from facegate.cli.output import EXIT_FAILED, JsonObject, columns, error_json, reporting
from facegate.config import load_settings
from facegate.errors import ModelFileChanged
from facegate.models.catalog import CATALOG, ModelSpec
from facegate.models.files import read_verified

app = group()


@app.callback()
def models() -> None:
    """List the networks, their licences and digests."""


@app.command("list", epilog="Example: facegate models list --json")
def list_models(as_json: Json = False, quiet: Quiet = False) -> None:
    """List the networks, their licences, and whether each file is the one that was built.

    Every file is read and its SHA-256 compared with the catalogue; exit 1 when one is missing or changed.
    """
    with reporting(as_json=as_json, quiet=quiet) as out:
        settings = load_settings()
        problems = {spec.name: _problem(spec, settings.model_dir) for spec in CATALOG}
        rows: list[JsonObject] = [_row_json(spec, problems[spec.name]) for spec in CATALOG]
        out.json({"models": rows})
        table = [["NAME", "TASK", "LICENCE", "COMMERCIAL USE", "SIZE", "SHA-256", "FILE"]]
        table += [
            [
                spec.name,
                spec.task,
                spec.licence,
                "yes" if spec.commercial_use else "no",
                _size(spec.size_bytes),
                spec.sha256[:12],
                "ok" if problems[spec.name] is None else "FAIL",
            ]
            for spec in CATALOG
        ]
        for line in columns(table):
            out.line(line)
        failed = [problem for problem in problems.values() if problem is not None]
        for problem in failed:
            out.line(f"{out.colour('FAIL', 'red')}  {problem.message}")
        if failed:
            raise typer.Exit(EXIT_FAILED)


def _problem(spec: ModelSpec, model_dir: Path | None) -> ModelFileChanged | None:
    try:
        read_verified(spec, model_dir=model_dir)
    except ModelFileChanged as error:
        return error
    return None


def _row_json(spec: ModelSpec, problem: ModelFileChanged | None) -> JsonObject:
    row: JsonObject = {
        "name": spec.name,
        "task": spec.task,
        "title": spec.title,
        "licence": spec.licence,
        "commercial_use": spec.commercial_use,
        "dimension": spec.dimension,
        "file": spec.file,
        "size_bytes": spec.size_bytes,
        "sha256": spec.sha256,
        "source": spec.source,
        "source_sha256": spec.source_sha256,
        "ok": problem is None,
    }
    if problem is not None:
        row["error"] = error_json(problem)
    return row


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 100_000 else f"{size_bytes / 1e3:.0f} kB"
