"""Rows of people: written and read inside the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from facegate.errors import NotFound
from facegate.gallery.consent import Consent, consent_text
from facegate.gallery.names import name_key
from facegate.gallery.scope import Scope
from facegate.gallery.tables import ConsentRow, FaceRow, PersonRow, TemplateRow
from facegate.gallery.values import Person, Sample
from facegate.gallery.vault import PersonVault
from facegate.storage.base import Randomness, new_id
from facegate.storage.tables import DataKeyRow
from facegate.types import Embedding, Template

_SOURCE_LENGTH = 200
# Cosine; two takes of one face, half a second apart, are further from each other.
_SAME_PICTURE = 0.99999


def read_people(session: Session, scope: Scope, *conditions: ColumnElement[bool]) -> list[Person]:
    """The people who meet the conditions, by name, those of equal name by age of the entry."""
    where = (PersonRow.collection_id == scope.collection_id, *conditions)
    consents = session.execute(
        select(
            ConsentRow.person_id, ConsentRow.text_version, ConsentRow.purpose, ConsentRow.given_at, ConsentRow.source
        )
        .join(PersonRow, PersonRow.id == ConsentRow.person_id)
        .where(*where)
        .order_by(ConsentRow.given_at)
    )
    newest = {person_id: Consent(version, purpose, at, source) for person_id, version, purpose, at, source in consents}
    rows = session.execute(
        select(PersonRow.id, PersonRow.name, TemplateRow.samples, PersonRow.created_at, PersonRow.updated_at)
        .join(TemplateRow, TemplateRow.person_id == PersonRow.id)
        .where(TemplateRow.recipe_id == scope.recipe_id, *where)
        .order_by(PersonRow.name_key, PersonRow.created_at, PersonRow.id)
    )
    return [
        Person(person_id, name, samples, created, updated, newest.get(person_id))
        for person_id, name, samples, created, updated in rows
    ]


def read_person(session: Session, scope: Scope, person_id: str) -> Person:
    """One person.

    Raises:
        NotFound: nobody in the collection has the id.
    """
    found = read_people(session, scope, PersonRow.id == person_id)
    if not found:
        raise no_such_person(person_id)
    return found[0]


def person_row(session: Session, scope: Scope, person_id: str) -> PersonRow:
    """One person's row, to be changed.

    Raises:
        NotFound: nobody in the collection has the id.
    """
    row = session.get(PersonRow, person_id)
    if row is None or row.collection_id != scope.collection_id:
        raise no_such_person(person_id)
    return row


def new_person(
    session: Session, scope: Scope, name: str, *, revision: int, now: datetime, randomness: Randomness
) -> tuple[PersonRow, PersonVault]:
    """A person without faces yet, with a key of their own."""
    person_id = new_id(randomness)
    vault, wrapped = PersonVault.create(scope, person_id)
    key = DataKeyRow(id=new_id(randomness), wrapped=wrapped, created_at=now)
    person = PersonRow(
        id=person_id,
        collection_id=scope.collection_id,
        data_key_id=key.id,
        name=name,
        name_key=name_key(name),
        revision=revision,
        created_at=now,
        updated_at=now,
    )
    # Flushed one by one: without ORM relationships the session does not know that the key must come first.
    session.add(key)
    session.flush()
    session.add(person)
    session.flush()
    return person, vault


def open_vault(session: Session, scope: Scope, person: PersonRow) -> PersonVault:
    """The vault of a person already there.

    Raises:
        StorageError: the key does not belong to the person or the key file.
    """
    wrapped = session.get_one(DataKeyRow, person.data_key_id).wrapped
    return PersonVault.open(scope, person.id, wrapped)


def add_faces(
    session: Session,
    person: PersonRow,
    vault: PersonVault,
    samples: Sequence[Sample],
    *,
    revision: int,
    now: datetime,
    randomness: Randomness,
) -> None:
    """Store the samples that are not stored yet, and fuse the person's template anew from all faces.

    A sample that is, number for number, an earlier one is the same picture again: it says nothing more.
    """
    recipe_id = vault.scope.recipe_id
    earlier = session.execute(
        select(FaceRow.id, FaceRow.embedding).where(FaceRow.person_id == person.id, FaceRow.recipe_id == recipe_id)
    )
    embeddings = [Embedding(vault.open_face(face_id, blob), recipe_id) for face_id, blob in earlier]
    fresh: list[Sample] = []
    for sample in samples:
        if all(sample.embedding.similarity(other) < _SAME_PICTURE for other in embeddings):
            embeddings.append(sample.embedding)
            fresh.append(sample)
    template = Template.fuse(embeddings)
    for sample in fresh:
        face_id = new_id(randomness)
        quality = sample.quality
        session.add(
            FaceRow(
                id=face_id,
                person_id=person.id,
                recipe_id=recipe_id,
                embedding=vault.seal_face(face_id, sample.embedding.vector),
                eye_distance_px=quality.eye_distance_px,
                sharpness=quality.sharpness,
                brightness=quality.brightness,
                contrast=quality.contrast,
                nose_offset=quality.nose_offset,
                roll_degrees=quality.roll_degrees,
                source=sample.source[-_SOURCE_LENGTH:],
                created_at=now,
            )
        )
    session.merge(
        TemplateRow(
            person_id=person.id,
            recipe_id=recipe_id,
            sealed=vault.seal_template(template),
            samples=template.samples,
        )
    )
    person.revision = revision
    person.updated_at = now


def add_consent(session: Session, person_id: str, consent: Consent, *, randomness: Randomness) -> None:
    """Record that the person agreed, with the digest of the words.

    Raises:
        ConsentRequired: an unknown version of the text.
    """
    session.add(
        ConsentRow(
            id=new_id(randomness),
            person_id=person_id,
            text_version=consent.text_version,
            text_sha256=consent_text(consent.text_version).sha256,
            purpose=consent.purpose,
            source=consent.source[-_SOURCE_LENGTH:],
            given_at=consent.given_at,
        )
    )


def erase(session: Session, person: PersonRow) -> None:
    """Remove a person's rows and key; faces, template and consent follow by foreign key."""
    data_key_id = person.data_key_id
    session.execute(delete(PersonRow).where(PersonRow.id == person.id))
    session.execute(delete(DataKeyRow).where(DataKeyRow.id == data_key_id))


def no_such_person(person_id: str) -> NotFound:
    """What to say about an id nobody has."""
    shown = person_id[:40]
    return NotFound(f"Nobody has the id {shown}. `facegate people list` shows the ids.", details={"person_id": shown})
