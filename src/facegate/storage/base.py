"""The declarative Base of every table, and column types that mean the same on SQLite and PostgreSQL."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from sqlalchemy import DateTime, Dialect, Double, LargeBinary, MetaData, String
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

Randomness = Callable[[int], bytes]
"""Answers that many unpredictable bytes; `secrets.token_bytes` outside tests."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC; SQLite stores no zone, so it is added again on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without zone; hand the driver UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without zone cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Say that what the driver read is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class LossyString(TypeDecorator[str]):
    """Text from outside: lone surrogates, which JSON and file names can carry and no database can store, become "?".

    As an id such a text then matches nothing, instead of failing.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Hand the driver what it can encode."""
        return None if value is None else value.encode("utf-8", "replace").decode()


class Base(DeclarativeBase):
    """Parent of all tables; constraint names are fixed so that migrations can address them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


Id = Annotated[str, mapped_column(LossyString(36))]
"""A uuid4 as text."""

PrimaryId = Annotated[str, mapped_column(LossyString(36), primary_key=True)]
"""A uuid4 as text, the row's key."""

Timestamp = Annotated[datetime, mapped_column(UtcDateTime)]
"""An aware UTC datetime."""

Blob = Annotated[bytes, mapped_column(LargeBinary)]
"""Bytes of any length."""

Real = Annotated[float, mapped_column(Double)]
"""A 64-bit float."""

Digest = Annotated[str, mapped_column(String(64))]
"""A SHA-256 digest in lower-case hex."""


def utc(seconds: float) -> datetime:
    """The aware UTC datetime of a clock reading in seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def new_id(randomness: Randomness) -> str:
    """A uuid4 as text."""
    return str(uuid.UUID(bytes=randomness(16), version=4))
