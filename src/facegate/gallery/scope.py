"""Which collection and recipe one gallery works on, and that the database still agrees."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from facegate.errors import ModelMismatch
from facegate.gallery.tables import CollectionRow, PersonRow
from facegate.storage.base import Randomness, new_id, utc
from facegate.storage.database import Database
from facegate.storage.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Scope:
    """A collection pinned to a recipe, and what opens its keys."""

    keyring: Keyring = field(repr=False)
    collection_id: str
    recipe_id: str

    def check(self, session: Session) -> int:
        """The collection's revision.

        Raises:
            ModelMismatch: it was pinned to another recipe meanwhile.
        """
        name, recipe_id, revision = session.execute(
            select(CollectionRow.name, CollectionRow.recipe_id, CollectionRow.revision).where(
                CollectionRow.id == self.collection_id
            )
        ).one()
        if recipe_id != self.recipe_id:
            raise _other_recipe(name, recipe_id, self.recipe_id)
        return revision

    def advance(self, session: Session) -> int:
        """Raise the collection's revision by one and answer it: every change of its people starts here.

        Raises:
            ModelMismatch: it was pinned to another recipe meanwhile.
        """
        collection = session.get_one(CollectionRow, self.collection_id, with_for_update=True)
        if collection.recipe_id != self.recipe_id:
            raise _other_recipe(collection.name, collection.recipe_id, self.recipe_id)
        collection.revision += 1
        return collection.revision


def pin(
    database: Database,
    collection: str,
    recipe_id: str,
    dimension: int,
    *,
    clock: Callable[[], float],
    randomness: Randomness,
) -> str:
    """The id of the named collection, made when it is not there; an empty one is pinned to the recipe given.

    Raises:
        ModelMismatch: it holds people enrolled with another recipe.
    """
    by_name = select(CollectionRow).where(CollectionRow.name == collection)
    with database.reading() as session:
        row = session.scalar(by_name)
        if row is not None and (row.recipe_id, row.dimension) == (recipe_id, dimension):
            return row.id
    with database.session() as session:
        row = session.scalar(by_name)
        if row is None:
            row = CollectionRow(
                id=new_id(randomness),
                name=collection,
                recipe_id=recipe_id,
                dimension=dimension,
                revision=0,
                created_at=utc(clock()),
            )
            session.add(row)
            return row.id
        if (row.recipe_id, row.dimension) != (recipe_id, dimension):
            if session.scalar(select(PersonRow.id).where(PersonRow.collection_id == row.id).limit(1)) is not None:
                raise _other_recipe(collection, row.recipe_id, recipe_id)
            row.recipe_id, row.dimension = recipe_id, dimension
            row.revision += 1
        return row.id


def _other_recipe(collection: str, stored: str, ours: str) -> ModelMismatch:
    return ModelMismatch(
        f'Collection "{collection}" was made with recipe {stored}, this engine is {ours}; their numbers cannot be '
        "compared. Start with the engine it was made with, or delete its people and enrol them again.",
        details={"collection": collection, "recipe_id": stored},
    )
