"""Who is connected: how many, with which rights, and for how long."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from facegate.accounts.access import Access, LoginSession
from facegate.config import Settings
from facegate.errors import FacegateError, Overloaded, Unauthorized
from facegate.live.limits import Monotonic, TokenBucket

logger = logging.getLogger(__name__)

SOCKETS_PER_SESSION = 8
CONTROLS_PER_S = 5.0
# Events refused by a bucket before the socket is taken for a flood.
REFUSED_BURST = 100
REFUSED_PER_S = 10.0
# How often sessions behind open sockets are looked up; a revoked one closes within two of these.
WATCH_S = 1.0
# Look-ups that may fail one after the other before sockets are closed for want of an answer.
BLIND_LIMIT = 10
# Look-ups between two notes that a session is in use.
RENEW_TICKS = 30
OPEN_MODE_PERMISSIONS = frozenset({"recognize", "enroll"})


@dataclass(eq=False, slots=True)
class Member:
    """One socket in one namespace.

    Attributes:
        sid: Socket.IO's id of it.
        namespace: it joined.
        login: behind its ticket; None in open mode.
        permissions: what it may do.
        frames: bucket of pictures.
        controls: bucket of everything else.
        refusals: bucket of what the other two refused.
        active: whether it sent anything since its session was last noted as in use.
    """

    sid: str
    namespace: str
    login: LoginSession | None
    permissions: frozenset[str]
    frames: TokenBucket
    controls: TokenBucket
    refusals: TokenBucket
    active: bool = False


class Audience:
    """All members of all namespaces."""

    def __init__(self, settings: Settings, access: Access, *, clock: Callable[[], float], monotonic: Monotonic) -> None:
        self._settings = settings
        self._access = access
        self._clock = clock
        self._monotonic = monotonic
        self._members: dict[str, Member] = {}
        self._joining = 0

    def __len__(self) -> int:
        return len(self._members)

    async def admit(self, sid: str, namespace: str, ticket: object) -> Member:
        """Take a socket in, by its ticket or because live access is open.

        Raises:
            Overloaded: no place, or too many sockets of one session.
            Unauthorized: no ticket, or one that is not good.
            Expired: the ticket is used or too old.
        """
        with self._place():
            login = None if self._settings.live_access == "open" else await self._login(ticket)
            if login is not None and self._sockets_of(login.id) >= SOCKETS_PER_SESSION:
                raise Overloaded(
                    f"This sign-in has {SOCKETS_PER_SESSION} live connections already. Close another tab first."
                )
            member = Member(
                sid,
                namespace,
                login,
                OPEN_MODE_PERMISSIONS if login is None else frozenset(login.permissions),
                self._bucket(self._settings.max_frames_per_second),
                self._bucket(CONTROLS_PER_S),
                TokenBucket(REFUSED_PER_S, REFUSED_BURST, self._monotonic),
            )
            self._members[sid] = member
            return member

    def find(self, sid: str) -> Member | None:
        """The member with that id."""
        return self._members.get(sid)

    def release(self, sid: str) -> None:
        """Forget a member."""
        self._members.pop(sid, None)

    async def is_current(self, member: Member) -> bool:
        """Whether the member's session goes on; asks the database when it should have ended by what is known.

        A revoked session is noticed by :meth:`watch`.
        """
        member.active = True
        if member.login is None or member.login.expires_at > self._now():
            return True
        return await self._renew(member)

    async def watch(self, dismiss: Callable[[Member], Awaitable[None]]) -> None:
        """For ever: dismiss members whose session ended, was revoked, or cannot be looked up any more.

        Members who send something count as use of their session.
        """
        failures = tick = 0
        while True:
            await asyncio.sleep(WATCH_S)
            tick += 1
            members = [member for member in self._members.values() if member.login is not None]
            ids = frozenset(member.login.id for member in members if member.login is not None)
            alive = ids
            try:
                if ids:
                    alive = await asyncio.to_thread(self._access.still_valid, ids)
                if tick % RENEW_TICKS == 0:
                    for member in members:
                        if member.active:
                            await self._renew(member)
                failures = 0
            except Exception as error:  # whatever it was, a watch that ended would leave revoked sessions connected
                failures += 1
                is_a_bug = not isinstance(error, FacegateError)
                logger.warning("sessions could not be looked up: %s", error, exc_info=is_a_bug)
                if failures >= BLIND_LIMIT:
                    alive = frozenset[str]()
            for member in members:
                if member.login is not None and member.login.id not in alive:
                    await self._send_away(member, dismiss)

    async def _send_away(self, member: Member, dismiss: Callable[[Member], Awaitable[None]]) -> None:
        """Dismiss a member; it can do nothing from here on, and its place is free, even if that fails."""
        try:
            await dismiss(member)
        except Exception:
            logger.exception("a viewer whose session ended could not be told")
        finally:
            self.release(member.sid)

    async def _renew(self, member: Member) -> bool:
        if member.login is None:
            return True
        member.active = False
        login = await asyncio.to_thread(self._access.seen, member.login.id)
        if login is None:
            return False
        member.login = login
        return True

    async def _login(self, ticket: object) -> LoginSession:
        if not isinstance(ticket, str) or not ticket:
            raise Unauthorized(
                "Connecting to live needs a ticket. Get one from POST /v1/tickets and send it as auth.ticket."
            )
        return await asyncio.to_thread(self._access.redeem_ticket, ticket)

    @contextmanager
    def _place(self) -> Generator[None]:
        if len(self._members) + self._joining >= self._settings.max_viewers:
            raise Overloaded(
                f"All {self._settings.max_viewers} places for live viewers are taken. Try again in a moment."
            )
        self._joining += 1
        try:
            yield
        finally:
            self._joining -= 1

    def _sockets_of(self, session_id: str) -> int:
        return sum(1 for member in self._members.values() if member.login and member.login.id == session_id)

    def _bucket(self, rate_per_s: float) -> TokenBucket:
        return TokenBucket(rate_per_s, rate_per_s, self._monotonic)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
