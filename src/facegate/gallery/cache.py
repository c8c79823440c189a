"""All templates of a collection in memory, as new as the database."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from facegate.errors import StorageError
from facegate.gallery.index import TemplateIndex
from facegate.gallery.scope import Scope
from facegate.gallery.tables import PersonRow, TemplateRow
from facegate.gallery.vault import PersonVault
from facegate.storage.database import Database
from facegate.storage.tables import DataKeyRow
from facegate.types import Float32, PersonRef

CHECK_INTERVAL_S = 0.25
_IDS_PER_QUERY = 500


@dataclass(frozen=True, eq=False, slots=True)
class _Snapshot:
    """The index as of a revision of the collection, and each person's revision in it."""

    revision: int
    index: TemplateIndex
    person_revisions: dict[str, int]


class TemplateCache:
    """Hands out the newest index known, and looks for changes of other processes at most every quarter of a second.

    A search never waits for another thread's look, except when it must see a change made through this cache.
    """

    def __init__(self, database: Database, scope: Scope, dimension: int, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._scope = scope
        self._dimension = dimension
        self._monotonic = monotonic
        self._loading = threading.Lock()
        self._expecting = threading.Lock()
        self._expected = 0
        self._checked_at = monotonic()
        self._snapshot = _Snapshot(-1, TemplateIndex.empty(dimension), {})
        self._load()

    def expect(self, revision: int) -> None:
        """Say that this revision was committed: every later :meth:`index` holds it."""
        with self._expecting:
            self._expected = max(self._expected, revision)

    def index(self) -> TemplateIndex:
        """The templates.

        Raises:
            ModelMismatch: the collection was pinned to another recipe meanwhile.
            StorageError: the database cannot be read, or was altered.
        """
        if self._snapshot.revision < self._expected:
            with self._loading:
                if self._snapshot.revision < self._expected:
                    self._load()
        elif self._monotonic() - self._checked_at >= CHECK_INTERVAL_S and self._loading.acquire(blocking=False):
            try:
                self._load()
            finally:
                self._loading.release()
        return self._snapshot.index

    def _load(self) -> None:
        self._checked_at = self._monotonic()
        old = self._snapshot
        with self._database.reading() as session:
            revision = self._scope.check(session)
            if revision == old.revision:
                return
            people = session.execute(
                select(PersonRow.id, PersonRow.name, PersonRow.revision)
                .where(PersonRow.collection_id == self._scope.collection_id)
                .order_by(PersonRow.created_at, PersonRow.id)
            ).all()
            changed = [person_id for person_id, _, at in people if old.person_revisions.get(person_id) != at]
            fresh = self._open_templates(session, changed)
        matrix = np.empty((len(people), self._dimension), np.float32)
        agreements = np.empty(len(people), np.float32)
        for row, (person_id, _, _) in enumerate(people):
            if person_id in fresh:
                matrix[row], agreements[row] = fresh[person_id]
            else:
                before = old.index.rows[person_id]
                matrix[row], agreements[row] = old.index.matrix[before], old.index.agreements[before]
        index = TemplateIndex(tuple(PersonRef(person_id, name) for person_id, name, _ in people), matrix, agreements)
        self._snapshot = _Snapshot(revision, index, {person_id: at for person_id, _, at in people})

    def _open_templates(self, session: Session, person_ids: Sequence[str]) -> dict[str, tuple[Float32, float]]:
        opened: dict[str, tuple[Float32, float]] = {}
        for start in range(0, len(person_ids), _IDS_PER_QUERY):
            rows = session.execute(
                select(PersonRow.id, DataKeyRow.wrapped, TemplateRow.sealed)
                .join(DataKeyRow, DataKeyRow.id == PersonRow.data_key_id)
                .join(TemplateRow, TemplateRow.person_id == PersonRow.id)
                .where(
                    TemplateRow.recipe_id == self._scope.recipe_id,
                    PersonRow.id.in_(person_ids[start : start + _IDS_PER_QUERY]),
                )
            )
            for person_id, wrapped, blob in rows:
                opened[person_id] = PersonVault.open(self._scope, person_id, wrapped).open_template(blob)
        missing = len(person_ids) - len(opened)
        if missing:
            raise StorageError(
                f"{missing} people in the database have no template or no key. "
                "The database was altered; put a backup in its place."
            )
        return opened
