"""The `facegate` command: which commands there are, and running one.

A command's module is imported only when that command runs, so that `facegate --help` answers at once: it needs neither
NumPy nor OpenCV, nor the database.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from typer.main import get_command

from facegate.cli.options import CONTEXT


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """One row of `facegate --help`.

    Attributes:
        module: holds `app`, the command or group of commands as a `typer.Typer`.
        summary: the row's text; equal to the first line of the command's own help.
    """

    module: str
    summary: str


COMMANDS = {
    "serve": CommandEntry("facegate.cli.serve", "Start the server: the page, the live sockets and the API."),
    "open": CommandEntry("facegate.cli.open_page", "Open the running server's page in the browser."),
    "detect": CommandEntry("facegate.cli.detect", "Find the faces in pictures."),
    "identify": CommandEntry("facegate.cli.identify", "Say who is in pictures, folders of pictures and videos."),
    "verify": CommandEntry("facegate.cli.verify", "Say whether two pictures show the same person."),
    "enroll": CommandEntry("facegate.cli.enroll", "Add a person, or more pictures of one, from pictures or a video."),
    "people": CommandEntry("facegate.cli.people", "List, show, rename and delete people."),
    "models": CommandEntry("facegate.cli.models", "List the networks, their licences and digests."),
    "users": CommandEntry("facegate.cli.users", "Make a link that signs the owner in."),
    "doctor": CommandEntry("facegate.cli.doctor", "Check the installation and say how to mend what is wrong."),
}

app = typer.Typer(
    name="facegate",
    help="Face recognition for your own server, in your pictures and on your webcam.",
    epilog="Example: facegate enroll 'Ana Silva' ana/*.jpg",
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    context_settings=CONTEXT,
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"facegate {version('facegate')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


def _listed_only() -> None:
    """Stands for a command in the root's help and suggestions; :func:`run` goes to the real one."""


for _name, _entry in COMMANDS.items():
    app.command(_name, help=_entry.summary)(_listed_only)


def load(name: str) -> typer.Typer:
    """The `typer.Typer` of one command; imports its module."""
    loaded = import_module(COMMANDS[name].module).app
    if not isinstance(loaded, typer.Typer):
        raise TypeError(f"{COMMANDS[name].module}.app is not a typer.Typer")
    return loaded


def run(arguments: Sequence[str]) -> None:
    """Run one command line (without the program's name) and exit by SystemExit."""
    if arguments and arguments[0] in COMMANDS:
        name = arguments[0]
        get_command(load(name)).main(args=list(arguments[1:]), prog_name=f"facegate {name}")
    else:
        get_command(app).main(args=list(arguments), prog_name="facegate")


def main() -> None:
    """The console script."""
    # Started with a closed stdout or stderr: nobody listens, and no other file may take their numbers.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - open to the end
    run(sys.argv[1:])
