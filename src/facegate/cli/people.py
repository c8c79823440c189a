"""`facegate people`."""

import sys
import unicodedata
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Literal

import typer

from facegate.app.services import Services
from facegate.cli.options import Data, Json, Quiet, group
from facegate.cli.output import JsonObject, Output, columns, reporting
from facegate.cli.persons import person_called, person_json
from facegate.config import load_settings
from facegate.errors import InvalidRequest
from facegate.gallery.gallery import Gallery
from facegate.gallery.values import Person

app = group()

Who = Annotated[str, typer.Argument(metavar="PERSON", help="A name, or an id where a name means several people.")]


@app.callback()
def people() -> None:
    """List, show, rename and delete people."""


@app.command("list", epilog="Example: facegate people list --sort added")
def list_people(
    sort: Annotated[
        Literal["name", "added", "pictures"],
        typer.Option("--sort", help="`name`, `added` (newest first) or `pictures` (most first)."),
    ] = "name",
    data: Data = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List everybody."""
    with reporting(as_json=as_json, quiet=quiet) as out, _gallery(data) as gallery:
        everybody = gallery.people()
        if sort == "added":
            everybody.sort(key=lambda person: person.created_at, reverse=True)
        elif sort == "pictures":
            everybody.sort(key=lambda person: person.samples, reverse=True)
        rows: list[JsonObject] = [person_json(person) for person in everybody]
        out.json({"people": rows, "total": len(rows)})
        if not everybody:
            out.line("Nobody is enrolled yet. Add the first person: facegate enroll NAME PICTURE…")
            return
        table = [["NAME", "PICTURES", "ADDED", "ID"]]
        table += [[p.name, str(p.samples), _day(p), p.id] for p in everybody]
        for line in columns(table):
            out.line(line)
        out.line(f"{len(everybody):,} {'person' if len(everybody) == 1 else 'people'}.")


@app.command("show", epilog="Example: facegate people show 'Ana Silva'")
def show(person: Who, data: Data = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Show what is stored about one person."""
    with reporting(as_json=as_json, quiet=quiet) as out, _gallery(data) as gallery:
        found = person_called(gallery, person)
        out.json(person_json(found))
        rows = [
            ["Name", found.name],
            ["Id", found.id],
            ["Pictures", f"{found.samples} (their measurements; pictures are not kept)"],
            ["Added", f"{found.created_at.astimezone():%Y-%m-%d %H:%M}"],
            ["Changed", f"{found.updated_at.astimezone():%Y-%m-%d %H:%M}"],
            ["Consent", _consent(found)],
        ]
        for line in columns(rows):
            out.line(line)


@app.command("rename", epilog="Example: facegate people rename 'Ana Silva' 'Ana Silva Costa'")
def rename(
    person: Who,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")],
    data: Data = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Give a person another name."""
    with reporting(as_json=as_json, quiet=quiet) as out, _gallery(data) as gallery:
        before = person_called(gallery, person)
        after = gallery.rename(before.id, name)
        out.json(person_json(after))
        out.line(f"{before.name} is now {after.name}.")


@app.command("delete", epilog="Example: facegate people delete 'Ana Silva' --yes")
def delete(
    person: Who,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data: Data = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Delete a person for good, with the key that opens what backups still hold."""
    with reporting(as_json=as_json, quiet=quiet) as out, _gallery(data) as gallery:
        found = person_called(gallery, person)
        if not yes:
            _ask(out, found)
        gallery.delete(found.id)
        out.json({"deleted": person_json(found)})
        out.line(f"Deleted {found.name}.")


def _ask(out: Output, person: Person) -> None:
    if not sys.stdin.isatty():
        raise InvalidRequest(f"Deleting {person.name} needs a yes, and there is no terminal to ask on. Add --yes.")
    pictures = f"{person.samples} {'picture' if person.samples == 1 else 'pictures'}"
    out.note(f"This deletes {person.name} ({person.id}) for good: the data of {pictures}.")
    typed: str = typer.prompt("Type the name to go on", err=True)
    if unicodedata.normalize("NFC", typed).strip() != person.name:
        out.warn("That is not the name. Nothing was deleted.")
        raise typer.Exit(1)


@contextmanager
def _gallery(data: Data) -> Generator[Gallery]:
    with Services.open(load_settings(data=data)) as services:
        yield services.gallery


def _consent(person: Person) -> str:
    consent = person.consent
    if consent is None:
        return "not on record"
    return f"text {consent.text_version}, {consent.given_at.astimezone():%Y-%m-%d %H:%M}, by {consent.source}"


def _day(person: Person) -> str:
    return f"{person.created_at.astimezone():%Y-%m-%d}"
