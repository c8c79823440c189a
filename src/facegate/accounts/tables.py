"""Tables of accounts. Secrets are stored as SHA-256 digests: a copy of the database opens nothing."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from facegate.storage.base import Base, Digest, Id, PrimaryId, Timestamp, UtcDateTime


class SetupLinkRow(Base):
    """A link that makes a session of `role` once, unless it expired or a newer link replaced it first.

    Used rows stay: they say that the server has been claimed.
    """

    __tablename__ = "setup_link"

    id: Mapped[PrimaryId]
    token_sha256: Mapped[Digest] = mapped_column(unique=True)
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginSessionRow(Base):
    """A signed-in browser. `expires_at` is the absolute limit; the idle limit follows from `last_seen_at`."""

    __tablename__ = "login_session"

    id: Mapped[PrimaryId]
    sid_sha256: Mapped[Digest] = mapped_column(unique=True)
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[Timestamp]
    last_seen_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TicketRow(Base):
    """A single-use pass from a session to one socket."""

    __tablename__ = "ticket"

    id: Mapped[PrimaryId]
    ticket_sha256: Mapped[Digest] = mapped_column(unique=True)
    session_id: Mapped[Id] = mapped_column(ForeignKey("login_session.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp] = mapped_column(index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
