"""Options that mean the same on every command that has them."""

from pathlib import Path
from typing import Annotated

import typer

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
"""Context settings of every command."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout instead of text.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes on stderr.")]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Folder of the database and keys, instead of FACEGATE_DATA."),
]
MinFace = Annotated[
    int | None,
    typer.Option("--min-face", min=12, metavar="PX", help="Smallest face that is looked for; 40 unless set."),
]
MaxFaces = Annotated[
    int | None, typer.Option("--max-faces", min=1, metavar="N", help="Keep the N largest faces; 100 unless set.")
]
TargetFmr = Annotated[
    float | None,
    typer.Option(
        "--target-fmr",
        metavar="RATE",
        help="How often two strangers may be called the same person; 1e-3 unless set.",
    ),
]
TargetFpir = Annotated[
    float | None,
    typer.Option(
        "--target-fpir",
        metavar="RATE",
        help="How often a stranger may be given some name; 1e-2 unless set.",
    ),
]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="Exit 3 when the answer is no (different, unknown).")]


def single() -> typer.Typer:
    """A `typer.Typer` that is to hold one command."""
    return typer.Typer(rich_markup_mode=None, add_completion=False, context_settings=CONTEXT)


def group() -> typer.Typer:
    """A `typer.Typer` that is to hold a group of commands."""
    return typer.Typer(rich_markup_mode=None, add_completion=False, context_settings=CONTEXT, no_args_is_help=True)
