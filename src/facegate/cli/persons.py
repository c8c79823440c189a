"""Finding the person a command line means."""

import difflib

from facegate.cli.output import JsonObject
from facegate.errors import NotFound
from facegate.gallery.gallery import Gallery
from facegate.gallery.values import Person


def person_called(gallery: Gallery, text: str) -> Person:
    """The person with this id, or the one person of this name.

    Raises:
        NotFound: nobody; the sentence names the nearest name there is.
        Conflict: several people have the name; their ids are listed.
        InvalidRequest: it can be neither.
    """
    by_id = person_with_id(gallery, text)
    found = by_id if by_id is not None else gallery.resolve_name(text)
    if found is None:
        names = [person.name for person in gallery.people()]
        near = difflib.get_close_matches(text, names, n=1) or _same_start(text, names)
        cure = f"Did you mean {near[0]}?" if near else "`facegate people list` lists everybody."
        raise NotFound(f"Nobody is called {text}. {cure}", details={"name": text})
    return found


def person_with_id(gallery: Gallery, text: str) -> Person | None:
    """The person with this id, None when nobody has it."""
    try:
        return gallery.get(text)
    except NotFound:
        return None


def person_json(person: Person) -> JsonObject:
    """A person as `people` and `enroll` answer; times in UTC, ISO 8601."""
    consent = person.consent
    return {
        "id": person.id,
        "name": person.name,
        "samples": person.samples,
        "created_at": person.created_at.isoformat(),
        "updated_at": person.updated_at.isoformat(),
        "consent": None
        if consent is None
        else {
            "text_version": consent.text_version,
            "purpose": consent.purpose,
            "given_at": consent.given_at.isoformat(),
            "source": consent.source,
        },
    }


def _same_start(text: str, names: list[str]) -> list[str]:
    folded = text.casefold()
    return [name for name in names if name.casefold().startswith(folded)][:1]
