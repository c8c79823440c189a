"""`facegate doctor`."""

import sys
from collections.abc import Mapping

import typer

from facegate.cli.checks import Finding, all_findings
from facegate.cli.options import Data, Json, Quiet, single
from facegate.cli.output import EXIT_FAILED, Colour, Output, columns, printable, reporting
from facegate.cli.unsafe import shown_value
from facegate.config import Settings, load_settings
from facegate.errors import InvalidSettings

app = single()

_COLOURS: Mapping[str, Colour] = {"ok": "green", "warn": "yellow", "FAIL": "red"}


@app.command("doctor", epilog="Example: facegate doctor --json")
def doctor(data: Data = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Check the installation and say how to mend what is wrong.

    Looks at the networks, the calibration, the settings, the data folder, its keys and the port. Nothing is changed.
    Exit 1 when something fails; warnings leave it 0.
    """
    with reporting(as_json=as_json, quiet=quiet) as out:
        settings: Settings | None = None
        refused: InvalidSettings | None = None
        try:
            settings = load_settings(data=data)
        except InvalidSettings as error:
            refused = error
        findings = all_findings(settings, refused)
        _tell(out, settings, findings)
        if any(finding.status == "FAIL" for finding in findings):
            raise typer.Exit(EXIT_FAILED)


def _tell(out: Output, settings: Settings | None, findings: list[Finding]) -> None:
    counts = {status: sum(finding.status == status for finding in findings) for status in ("ok", "warn", "FAIL")}
    out.json(
        {
            "checks": [
                {"status": finding.status.lower(), "code": finding.code, "message": finding.text, "fix": finding.fix}
                for finding in findings
            ],
            "warnings": counts["warn"],
            "failures": counts["FAIL"],
            "settings": {} if settings is None else settings.model_dump(mode="json"),
            "python": sys.version.split()[0],
        }
    )
    for finding in findings:
        out.line(f"{out.colour(f'{finding.status:<4}', _COLOURS[finding.status])}  {printable(finding.text)}")
        if finding.fix is not None:
            out.line(f"      fix: {printable(finding.fix)}")
    # Where they are refused, people need the names that there are.
    out.line("Settings:" if settings is not None else "Settings there are, with their defaults:")
    chosen = settings or Settings()
    for line in columns([[name, printable(shown_value(chosen, name))] for name in Settings.model_fields]):
        out.line(f"      {line}")
    out.line(f"{_count(counts['warn'], 'warning')}, {_count(counts['FAIL'], 'failure')}.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
