"""`facegate enroll`."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from facegate.app.services import Services
from facegate.cli.options import Data, Json, MinFace, Quiet, single
from facegate.cli.output import EXIT_FAILED, Output, columns, printable, reporting
from facegate.cli.persons import person_json, person_with_id
from facegate.cli.refusals import refuse_conflicts, refuse_strangers
from facegate.cli.shots import Shot, Window, samples, take_shots
from facegate.cli.sources import expand
from facegate.cli.times import parse_time_ms
from facegate.cli.verdicts import SourceVerdict, verdicts
from facegate.config import load_settings
from facegate.errors import InvalidRequest, NotFound
from facegate.gallery.consent import CURRENT_CONSENT, Consent
from facegate.gallery.gallery import Gallery
from facegate.gallery.names import clean_name
from facegate.gallery.values import Person

app = single()

# Also with a digit too many or too few: a mistyped id is nobody's name.
_ID = re.compile(r"[0-9a-f]+(-[0-9a-f]+){4}")


@app.command("enroll", epilog="Example: facegate enroll 'Ana Silva' ana/*.jpg --consent")
def enroll(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person's name, or the id of one who is enrolled.")],
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE", help="Pictures or videos of the person, folders, or - for stdin."),
    ],
    new: Annotated[
        bool, typer.Option("--new", help="Make a new person, even if the name or the face is known already.")
    ] = False,
    largest: Annotated[bool, typer.Option("--largest", help="Of several faces take the largest.")] = False,
    consent: Annotated[
        bool, typer.Option("--consent", help="The person has read and agrees to the consent text; that is recorded.")
    ] = False,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Of a video, begin here, e.g. 12.5.")
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="TIME", help="Of a video, end here, e.g. 1:02.5."),
    ] = None,
    min_face: MinFace = None,
    data: Data = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add a person, or more pictures of one, from pictures or a video.

    A name that is known gets the pictures; several people of one name are told apart by their id. Every picture is
    judged by itself, and one that does not show the same person as the others is left out. Of a video up to ten frames
    are used. Only measurements are stored, encrypted; no picture is. Exit 1 when no picture could be used.
    """
    with reporting(as_json=as_json, quiet=quiet) as out:
        settings = load_settings(data=data, min_face_px=min_face)
        window = _window(start, end)
        given = expand(sources)
        with Services.open(settings) as services:
            gallery, table = services.gallery, services.table
            before = None if new else _known(gallery, name)
            shots = take_shots(given, services.engine, settings, out, largest=largest, window=window)
            if not new:
                shots = refuse_conflicts(shots, gallery, table, before)
            if before is None:
                shots = refuse_strangers(shots, table)
            after = _store(shots, gallery, before, name, consent=consent)
        added = (0 if after is None else after.samples) - (0 if before is None or after is None else before.samples)
        judged = verdicts(shots)
        out.json(
            {
                "person": None if after is None else person_json(after),
                "created": before is None and after is not None,
                "added": added,
                "pictures": [verdict.as_json() for verdict in judged],
            }
        )
        _tell(out, name if after is None else after.name, after, judged, added)
        if after is None:
            raise typer.Exit(EXIT_FAILED)
        if after.consent is None:
            out.note(
                f"No consent is on record for {after.name}. Enrol with --consent if they agree to this: "
                f"“{CURRENT_CONSENT.text}”"
            )


def _window(start: str | None, end: str | None) -> Window | None:
    if start is None and end is None:
        return None
    window = Window(0 if start is None else parse_time_ms(start), None if end is None else parse_time_ms(end))
    if window.end_ms is not None and window.end_ms <= window.start_ms:
        raise InvalidRequest(f"--to {end} is not after --from {start or 0}. Give a later one.")
    return window


def _known(gallery: Gallery, name: str) -> Person | None:
    by_id = person_with_id(gallery, name)
    if by_id is None and _ID.fullmatch(name.strip().lower()):
        raise NotFound(f"Nobody has the id {name}. `facegate people list` lists everybody.", details={"id": name})
    return by_id if by_id is not None else gallery.resolve_name(name)


def _store(
    shots: Sequence[Shot], gallery: Gallery, before: Person | None, name: str, *, consent: bool
) -> Person | None:
    # A name that cannot be is told even when no picture could be used.
    new_name = clean_name(name) if before is None else None
    taken = samples(shots)
    if not taken:
        return None
    given = Consent(CURRENT_CONSENT.version, CURRENT_CONSENT.purpose, datetime.now(UTC), "cli") if consent else None
    return gallery.enroll(taken, name=new_name, person_id=None if before is None else before.id, consent=given)


def _tell(out: Output, name: str, person: Person | None, judged: Sequence[SourceVerdict], added: int) -> None:
    used, seen = sum(verdict.used for verdict in judged), sum(verdict.seen for verdict in judged)
    total = f" · {_pictures(person.samples)} in all" if person is not None else ""
    headline = f"{printable(name)} · {added} of {_pictures(seen)} added{total}"
    out.line(out.colour(headline, "green" if person is not None else "yellow"))
    if used > added:
        out.line(f"  {_pictures(used - added)} stored already")
    for verdict in judged:
        if verdict.frames is not None and verdict.used:
            out.line(f"  {printable(verdict.source.name)}  {verdict.used} of {verdict.frames} frames used")
    refused = [
        ["not used", printable(verdict.source.name), f"{printable(verdict.error.message)} [{verdict.error.code}]"]
        for verdict in judged
        if verdict.error is not None and not verdict.used
    ]
    for line in columns(refused):
        out.line(f"  {line}")


def _pictures(number: int) -> str:
    return f"{number} picture{'' if number == 1 else 's'}"
