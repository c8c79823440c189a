"""Tables of the gallery. Whatever could rebuild a face is stored encrypted only."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from facegate.storage.base import Base, Blob, Digest, Id, LossyString, PrimaryId, Real, Timestamp


class CollectionRow(Base):
    """People who are searched together, all with one recipe.

    `revision` grows by one in the same transaction as every change to the collection's people: whoever caches them
    compares it.
    """

    __tablename__ = "collection"

    id: Mapped[PrimaryId]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    recipe_id: Mapped[str] = mapped_column(String(120))
    dimension: Mapped[int]
    revision: Mapped[int]
    created_at: Mapped[Timestamp]


class PersonRow(Base):
    """One person; `revision` is the collection's at the person's last change, `name_key` the name case-folded."""

    __tablename__ = "person"
    __table_args__ = (Index(None, "collection_id", "name_key"),)

    id: Mapped[PrimaryId]
    collection_id: Mapped[Id] = mapped_column(ForeignKey("collection.id", ondelete="CASCADE"))
    data_key_id: Mapped[Id] = mapped_column(ForeignKey("data_key.id"), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    # Case folding can triple the length.
    name_key: Mapped[str] = mapped_column(String(240))
    revision: Mapped[int]
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]


class FaceRow(Base):
    """One picture's embedding, with the quality that admitted it."""

    __tablename__ = "face"

    id: Mapped[PrimaryId]
    person_id: Mapped[Id] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    recipe_id: Mapped[str] = mapped_column(String(120))
    embedding: Mapped[Blob]
    eye_distance_px: Mapped[Real]
    sharpness: Mapped[Real]
    brightness: Mapped[Real]
    contrast: Mapped[Real]
    nose_offset: Mapped[Real]
    roll_degrees: Mapped[Real]
    source: Mapped[str] = mapped_column(LossyString(200))
    created_at: Mapped[Timestamp]


class TemplateRow(Base):
    """The fused template of a person under one recipe; `sealed` holds its vector and agreement."""

    __tablename__ = "template"

    person_id: Mapped[Id] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    recipe_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    sealed: Mapped[Blob]
    samples: Mapped[int]


class ConsentRow(Base):
    """That the person agreed, to which words, when and through what."""

    __tablename__ = "consent"

    id: Mapped[PrimaryId]
    person_id: Mapped[Id] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    text_version: Mapped[str] = mapped_column(String(40))
    text_sha256: Mapped[Digest]
    purpose: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(LossyString(200))
    given_at: Mapped[Timestamp]
