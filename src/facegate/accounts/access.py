"""Owner links, login sessions and socket tickets: the only way to become somebody.

Every secret is 256 random bits and is stored as its SHA-256 digest. Every one-time use is one conditional UPDATE, so of
many who try at once exactly one succeeds, whichever process they are in.
"""

import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

from sqlalchemy import ColumnElement, CursorResult, Update, delete, select, update
from sqlalchemy.orm import Session

from facegate.accounts.tables import LoginSessionRow, SetupLinkRow, TicketRow
from facegate.config import Settings
from facegate.errors import Expired, StorageError, Unauthorized
from facegate.storage.base import Randomness, new_id, utc
from facegate.storage.database import Database

Role = Literal["owner", "operator"]
Permission = Literal["recognize", "enroll", "manage"]

_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    "owner": frozenset({"recognize", "enroll", "manage"}),
    "operator": frozenset({"recognize", "enroll"}),
}
_TOKEN_BYTES = 32
_TOUCH_EVERY = timedelta(minutes=1)
# Expired rows are kept a while: they tell "expired" from "never existed".
_KEEP_EXPIRED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A signed-in browser.

    Attributes:
        id: public name of the session; it opens nothing.
        role: what its holder is.
        created_at: aware UTC datetime.
        expires_at: when it ends if nothing more is heard, aware UTC datetime; use moves it up to the absolute limit.
    """

    id: str
    role: Role
    created_at: datetime
    expires_at: datetime

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the role may do."""
        return _PERMISSIONS[self.role]


class Access:
    """Makes and checks secrets. Safe to use from many threads and several processes on one database.

    Args of the constructor:
        database: shared by all of them.
        settings: lifetimes.
        clock: seconds since the epoch.
        randomness: source of secrets and ids.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        randomness: Randomness = secrets.token_bytes,
    ) -> None:
        self._database = database
        self._clock = clock
        self._randomness = randomness
        self._link_life = timedelta(minutes=settings.setup_link_minutes)
        self._ticket_life = timedelta(seconds=settings.ticket_seconds)
        self._idle_limit = timedelta(minutes=settings.session_idle_minutes)
        self._absolute_limit = timedelta(hours=settings.session_hours)

    @property
    def claimed(self) -> bool:
        """Whether an owner link has ever been used."""
        with self._database.reading() as session:
            return (
                session.scalar(
                    select(SetupLinkRow.id)
                    .where(SetupLinkRow.role == "owner", SetupLinkRow.used_at.is_not(None))
                    .limit(1)
                )
                is not None
            )

    def create_setup_link(self, role: Role = "owner") -> str:
        """A token that makes one session of that role; earlier unused links of the role stop working.

        One link at a time, so that a link left in a terminal's scroll-back is dead once another was asked for. It works
        on a claimed server too: it is how an owner whose session ended comes back.
        """
        now = self._now()
        token = self._secret()
        with self._database.session() as session:
            session.execute(
                update(SetupLinkRow)
                .where(SetupLinkRow.role == role, SetupLinkRow.used_at.is_(None), SetupLinkRow.replaced_at.is_(None))
                .values(replaced_at=now)
            )
            session.execute(
                delete(SetupLinkRow).where(
                    SetupLinkRow.used_at.is_(None), SetupLinkRow.expires_at < now - _KEEP_EXPIRED
                )
            )
            session.add(
                SetupLinkRow(
                    id=new_id(self._randomness),
                    token_sha256=_digest(token),
                    role=role,
                    created_at=now,
                    expires_at=now + self._link_life,
                )
            )
        return token

    def claim(self, token: str) -> tuple[str, LoginSession]:
        """Trade a setup link's token for a session: its secret sid, for the cookie, and what it is.

        Raises:
            Unauthorized: no link has this token.
            Expired: the link was used, replaced by a newer one, or is past its time.
        """
        now = self._now()
        digest = _digest(token)
        with self._database.session() as session:
            won = _changed(
                session,
                update(SetupLinkRow)
                .where(
                    SetupLinkRow.token_sha256 == digest,
                    SetupLinkRow.used_at.is_(None),
                    SetupLinkRow.replaced_at.is_(None),
                    SetupLinkRow.expires_at > now,
                )
                .values(used_at=now),
            )
            link = session.scalar(select(SetupLinkRow).where(SetupLinkRow.token_sha256 == digest))
            if link is None:
                raise Unauthorized(
                    "This set-up link is not one of this server's. Copy it whole, or make another with "
                    "`facegate users setup-link`."
                )
            if not won:
                raise Expired(f"{_why_closed(link)} Make another with `facegate users setup-link`.")
            return self._new_session(session, _role(link.role), now)

    def resolve(self, sid: str) -> LoginSession | None:
        """The session of a cookie, which counts as use of it; None when it is unknown, ended or revoked.

        Idle and absolute limits hold whatever the cookie's own age says. Use is written at most once a minute, so a
        session may end up to a minute before its idle limit.
        """
        return self._look(LoginSessionRow.sid_sha256 == _digest(sid))

    def seen(self, session_id: str) -> LoginSession | None:
        """Like :meth:`resolve`, for a socket that stays open and remembers the session's id instead of its secret."""
        return self._look(LoginSessionRow.id == session_id)

    def still_valid(self, session_ids: Collection[str]) -> frozenset[str]:
        """Those of the sessions that have neither ended nor been revoked; one query, and no use of them."""
        now = self._now()
        with self._database.reading() as session:
            rows = session.scalars(select(LoginSessionRow).where(LoginSessionRow.id.in_(session_ids)))
            return frozenset(row.id for row in rows if self._is_valid(row, now))

    def revoke(self, session_id: str) -> None:
        """End a session now; one that has ended or never was stays so."""
        with self._database.session() as session:
            session.execute(
                update(LoginSessionRow)
                .where(LoginSessionRow.id == session_id, LoginSessionRow.revoked_at.is_(None))
                .values(revoked_at=self._now())
            )

    def issue_ticket(self, session_id: str) -> str:
        """A single-use pass for one socket.

        Raises:
            Unauthorized: the session is unknown, ended or revoked.
        """
        now = self._now()
        ticket = self._secret()
        with self._database.session() as session:
            self._require_valid(session.get(LoginSessionRow, session_id), now)
            session.execute(delete(TicketRow).where(TicketRow.expires_at < now - _KEEP_EXPIRED))
            session.add(
                TicketRow(
                    id=new_id(self._randomness),
                    ticket_sha256=_digest(ticket),
                    session_id=session_id,
                    created_at=now,
                    expires_at=now + self._ticket_life,
                )
            )
        return ticket

    def redeem_ticket(self, ticket: str) -> LoginSession:
        """Use a ticket up.

        Raises:
            Unauthorized: no such ticket, or its session has ended or was revoked meanwhile.
            Expired: the ticket was used before or is past its time.
        """
        now = self._now()
        digest = _digest(ticket)
        with self._database.session() as session:
            won = _changed(
                session,
                update(TicketRow)
                .where(TicketRow.ticket_sha256 == digest, TicketRow.used_at.is_(None), TicketRow.expires_at > now)
                .values(used_at=now),
            )
            row = session.scalar(select(TicketRow).where(TicketRow.ticket_sha256 == digest))
            if row is None:
                raise Unauthorized("This ticket is not one of this server's. Ask for a new one and connect again.")
            if not won:
                why = "was used already" if row.used_at is not None else "is past its time"
                raise Expired(f"The ticket {why}. Ask for a new one and connect again.")
            return self._require_valid(session.get(LoginSessionRow, row.session_id), now)

    def _now(self) -> datetime:
        return utc(self._clock())

    def _secret(self) -> str:
        return urlsafe_b64encode(self._randomness(_TOKEN_BYTES)).rstrip(b"=").decode()

    def _new_session(self, session: Session, role: Role, now: datetime) -> tuple[str, LoginSession]:
        session.execute(delete(LoginSessionRow).where(LoginSessionRow.expires_at < now - _KEEP_EXPIRED))
        sid = self._secret()
        row = LoginSessionRow(
            id=new_id(self._randomness),
            sid_sha256=_digest(sid),
            role=role,
            created_at=now,
            last_seen_at=now,
            expires_at=now + self._absolute_limit,
        )
        session.add(row)
        return sid, self._value(row)

    def _look(self, condition: ColumnElement[bool]) -> LoginSession | None:
        now = self._now()
        with self._database.reading() as session:
            row = session.scalar(select(LoginSessionRow).where(condition))
        if row is None or not self._is_valid(row, now):
            return None
        if now - row.last_seen_at < _TOUCH_EVERY:
            return self._value(row)
        try:
            return self._touch(row.id, now)
        except StorageError:
            # A full disk or a busy writer signs nobody out; the use goes unrecorded and the idle limit stays put.
            return self._value(row)

    def _touch(self, session_id: str, now: datetime) -> LoginSession | None:
        with self._database.session() as session:
            row = session.get(LoginSessionRow, session_id)
            # It may have been revoked since it was read.
            if row is None or not self._is_valid(row, now):
                return None
            row.last_seen_at = max(row.last_seen_at, now)
            return self._value(row)

    def _ends_at(self, row: LoginSessionRow) -> datetime:
        return min(row.last_seen_at + self._idle_limit, row.expires_at)

    def _is_valid(self, row: LoginSessionRow, now: datetime) -> bool:
        return row.revoked_at is None and now < self._ends_at(row)

    def _require_valid(self, row: LoginSessionRow | None, now: datetime) -> LoginSession:
        if row is None or not self._is_valid(row, now):
            raise Unauthorized("The session has ended. Open a new set-up link (`facegate users setup-link`).")
        return self._value(row)

    def _value(self, row: LoginSessionRow) -> LoginSession:
        return LoginSession(row.id, _role(row.role), row.created_at, self._ends_at(row))


def _digest(secret: str) -> str:
    # Clients can send lone surrogates in JSON; they match nothing and must not raise.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _changed(session: Session, statement: Update) -> bool:
    """Whether the UPDATE changed exactly one row."""
    return cast("CursorResult[tuple[()]]", session.execute(statement)).rowcount == 1


def _role(stored: str) -> Role:
    for role in _PERMISSIONS:
        if stored == role:
            return role
    raise StorageError(f"A session has the role {stored[:20]!r}, which this version does not know. Update facegate.")


def _why_closed(link: SetupLinkRow) -> str:
    if link.used_at is not None:
        return "This set-up link was used already; each works once."
    if link.replaced_at is not None:
        return "A newer set-up link was made, which closed this one."
    return "This set-up link is past its time."
