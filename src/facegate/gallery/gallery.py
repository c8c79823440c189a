"""People of one collection: enrol, list, rename, delete, search."""

import secrets
import time
from collections.abc import Callable, Sequence

import numpy as np

from facegate.errors import Conflict, InvalidRequest, ModelMismatch
from facegate.gallery import records
from facegate.gallery.cache import TemplateCache
from facegate.gallery.consent import Consent
from facegate.gallery.index import TemplateIndex
from facegate.gallery.names import clean_name, name_key
from facegate.gallery.scope import Scope, pin
from facegate.gallery.tables import PersonRow
from facegate.gallery.values import Person, Sample
from facegate.storage.base import Randomness, utc
from facegate.storage.database import Database
from facegate.storage.keyring import Keyring
from facegate.types import Candidate, Embedding, Float32, Template

_UNIT_TOLERANCE = 1e-3


class Gallery:
    """One collection of people, pinned to one recipe. Safe to use from many threads.

    Searching works on a copy of all templates in memory. Own changes are seen by the next search at once, those of
    other processes within a second.

    Attributes:
        recipe_id: of the embeddings it stores and searches.
        dimension: their length.
    """

    def __init__(
        self,
        database: Database,
        scope: Scope,
        *,
        dimension: int,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
        randomness: Randomness,
    ) -> None:
        self.recipe_id = scope.recipe_id
        self.dimension = dimension
        self._database = database
        self._scope = scope
        self._clock = clock
        self._randomness = randomness
        self._cache = TemplateCache(database, scope, dimension, monotonic)

    @classmethod
    def open(
        cls,
        database: Database,
        keyring: Keyring,
        *,
        recipe_id: str,
        dimension: int,
        collection: str = "default",
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        randomness: Randomness = secrets.token_bytes,
    ) -> "Gallery":
        """Open a collection, making it when it is not there; an empty one is pinned to the recipe given.

        Args:
            database: where it is.
            keyring: opens its people's keys.
            recipe_id: of the engine whose embeddings are stored and searched.
            dimension: length of its embeddings.
            collection: name of the collection.
            clock: seconds since the epoch.
            monotonic: seconds, never going back; paces the look for other processes' changes.
            randomness: source of ids.

        Raises:
            ModelMismatch: people were enrolled in it with another recipe.
            StorageError: the database cannot be used, or does not belong to this key file.
        """
        collection_id = pin(database, collection, recipe_id, dimension, clock=clock, randomness=randomness)
        return cls(
            database,
            Scope(keyring, collection_id, recipe_id),
            dimension=dimension,
            clock=clock,
            monotonic=monotonic,
            randomness=randomness,
        )

    # Reading

    @property
    def size(self) -> int:
        """People in the collection."""
        return len(self._cache.index())

    def index(self) -> TemplateIndex:
        """The templates as they are now: one consistent set to search, and another object exactly when they changed.

        Raises:
            ModelMismatch: the collection was pinned to another recipe meanwhile.
            StorageError: the database cannot be read, or was altered.
        """
        return self._cache.index()

    def people(self) -> list[Person]:
        """Everybody, by name, those of equal name by age of the entry."""
        with self._database.reading() as session:
            return records.read_people(session, self._scope)

    def get(self, person_id: str) -> Person:
        """The person with that id.

        Raises:
            NotFound: nobody has it.
        """
        with self._database.reading() as session:
            return records.read_person(session, self._scope, person_id)

    def find(self, name: str) -> list[Person]:
        """The people of exactly this name; when there are none, those whose name differs in case only.

        Raises:
            InvalidRequest: it cannot be a name.
        """
        name = clean_name(name)
        with self._database.reading() as session:
            alike = records.read_people(session, self._scope, PersonRow.name_key == name_key(name))
        return [person for person in alike if person.name == name] or alike

    def resolve_name(self, name: str) -> Person | None:
        """The one person a name means; None when nobody has it.

        Raises:
            InvalidRequest: it cannot be a name.
            Conflict: several people have it; `details["person_ids"]` lists their ids, comma-separated.
        """
        found = self.find(name)
        if len(found) > 1:
            ids = ", ".join(person.id for person in found)
            raise Conflict(
                f"{len(found)} people are called {found[0].name}: {ids}. Say which one by its id.",
                details={"name": found[0].name, "person_ids": ids},
            )
        return found[0] if found else None

    def template(self, person_id: str) -> Template:
        """A person's fused template.

        Raises:
            NotFound: nobody has the id.
        """
        index = self._cache.index()
        row = index.rows.get(person_id)
        if row is None:
            raise records.no_such_person(person_id)
        samples = self.get(person_id).samples
        return Template(index.matrix[row], self.recipe_id, samples, float(index.agreements[row]))

    def search(self, vectors: Float32, *, k: int = 5, fusion_exponent: float = 0.0) -> list[list[Candidate]]:
        """The `k` most similar people for each probe, best first; at most one query, whatever the number of probes.

        Args:
            vectors: float32 (n, d), unit rows, made with :attr:`recipe_id`.
            k: how many, at least 1.
            fusion_exponent: as in :meth:`facegate.gallery.index.TemplateIndex.search`.

        Returns:
            n lists, shorter than k when there are fewer people.

        Raises:
            ModelMismatch: another dimension, or the collection was pinned to another recipe meanwhile.
            ValueError: not a matrix of finite numbers, or k below 1.
            StorageError: the database cannot be read.
        """
        return self._cache.index().search(vectors, k, fusion_exponent=fusion_exponent)

    # Changing

    def enroll(
        self,
        samples: Sequence[Sample],
        *,
        name: str | None = None,
        person_id: str | None = None,
        consent: Consent | None,
    ) -> Person:
        """Add pictures to a new person (`name`) or to one already there (`person_id`), all or none.

        A picture the person has already is not stored again. The template becomes the normalised mean of all of them.

        Raises:
            InvalidRequest: no samples, not exactly one of name and id, or a name that cannot be.
            ModelMismatch: a sample of another recipe or dimension.
            ConsentRequired: an unknown version of the consent text.
            NotFound: nobody has the id.
            StorageError: nothing was stored.
        """
        self._check_samples(samples)
        if (name is None) == (person_id is None):
            raise InvalidRequest("Give either a name, for a new person, or the id of a person already there.")
        name = clean_name(name) if name is not None else None
        now = utc(self._clock())
        with self._database.session() as session:
            revision = self._scope.advance(session)
            if person_id is not None:
                person = records.person_row(session, self._scope, person_id)
                vault = records.open_vault(session, self._scope, person)
            else:
                assert name is not None
                person, vault = records.new_person(
                    session, self._scope, name, revision=revision, now=now, randomness=self._randomness
                )
            records.add_faces(session, person, vault, samples, revision=revision, now=now, randomness=self._randomness)
            if consent is not None:
                records.add_consent(session, person.id, consent, randomness=self._randomness)
            session.flush()
            enrolled = records.read_person(session, self._scope, person.id)
        self._cache.expect(revision)
        return enrolled

    def rename(self, person_id: str, name: str) -> Person:
        """Give a person another name.

        Raises:
            InvalidRequest: it cannot be a name.
            NotFound: nobody has the id.
        """
        name = clean_name(name)
        with self._database.session() as session:
            revision = self._scope.advance(session)
            person = records.person_row(session, self._scope, person_id)
            person.name, person.name_key = name, name_key(name)
            person.revision, person.updated_at = revision, utc(self._clock())
            session.flush()
            renamed = records.read_person(session, self._scope, person_id)
        self._cache.expect(revision)
        return renamed

    def delete(self, person_id: str) -> None:
        """Erase a person: faces, template, consent and the key, without which no copy of them can be read.

        Raises:
            NotFound: nobody has the id.
        """
        with self._database.session() as session:
            revision = self._scope.advance(session)
            records.erase(session, records.person_row(session, self._scope, person_id))
        self._cache.expect(revision)
        self._database.forget_deleted()

    def require_comparable(self, embedding: Embedding) -> None:
        """Refuse an embedding whose numbers mean something else than those stored here.

        Raises:
            ModelMismatch: another recipe or dimension.
        """
        if embedding.recipe_id != self.recipe_id or len(embedding.vector) != self.dimension:
            raise ModelMismatch(
                f"The collection was made with recipe {self.recipe_id} ({self.dimension} numbers), this face with "
                f"{embedding.recipe_id} ({len(embedding.vector)}); their numbers cannot be compared. "
                "Use the engine the collection was made with.",
            )

    def _check_samples(self, samples: Sequence[Sample]) -> None:
        if not samples:
            raise InvalidRequest("No pictures were given. Enrolling needs at least one with a usable face.")
        for sample in samples:
            self.require_comparable(sample.embedding)
            length = float(np.linalg.norm(sample.embedding.vector))
            if abs(length - 1) > _UNIT_TOLERANCE:
                raise ValueError(f"Sample.embedding: expected unit length, got {length:.4f}")
