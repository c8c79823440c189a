"""What both namespaces have in common: who joins, what each event may do, and errors as answers."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, Generic, TypeVar, cast

from socketio import AsyncNamespace
from socketio.exceptions import ConnectionRefusedError as Refused

from facegate.errors import AccessError, FacegateError, Forbidden, NotReady, StorageError, Unauthorized
from facegate.live.audience import Audience, Member
from facegate.live.protocol import ErrorAnswer, error_json
from facegate.live.socket_server import SocketServer

logger = logging.getLogger(__name__)

State = TypeVar("State")


class GuardedNamespace(AsyncNamespace, ABC, Generic[State]):
    """A namespace whose handlers see members with the right to call them.

    Subclasses name their events in `EVENTS`: the permission each needs, and whether it brings a frame.
    """

    EVENTS: ClassVar[Mapping[str, tuple[str, bool]]]

    def __init__(self, namespace: str, sockets: SocketServer, audience: Audience) -> None:
        super().__init__(namespace)
        self.sockets = sockets
        self.audience = audience
        self._states: dict[str, State] = {}

    @abstractmethod
    def open_state(self, member: Member) -> State:
        """What is kept for a member while it is connected."""

    @abstractmethod
    async def close_state(self, state: State) -> None:
        """Give it back."""

    @abstractmethod
    def handlers(self) -> Mapping[str, Callable[..., Awaitable[object]]]:
        """Event name to `handler(member, state, *arguments)`."""

    def mark(self, answer: ErrorAnswer, arguments: tuple[object, ...]) -> ErrorAnswer:
        """Add to an error answer what the client needs to match it with its event."""
        return answer

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Called by python-socketio for every event of this namespace."""
        sid = cast(str, args[0])
        if event == "connect":
            await self._join(sid, args[2] if len(args) > 2 else None)
            return None
        if event == "disconnect":
            await self._leave(sid)
            return None
        member, state = self.audience.find(sid), self._states.get(sid)
        if member is None or state is None:
            return None
        return await self._answer(member, state, event, args[1:])

    async def close(self) -> None:
        """Give back every member's state."""
        for sid in tuple(self._states):
            await self._leave(sid)

    async def _join(self, sid: str, auth: object) -> None:
        values = cast(dict[object, object], auth) if isinstance(auth, dict) else {}
        try:
            member = await self.audience.admit(sid, self.namespace, values.get("ticket"))
        except FacegateError as error:
            shown = _presentable(error)
            raise Refused(shown.message, error_json(shown)) from None
        self._states[sid] = self.open_state(member)

    async def _leave(self, sid: str) -> None:
        self.audience.release(sid)
        state = self._states.pop(sid, None)
        if state is not None:
            await self.close_state(state)

    async def _answer(self, member: Member, state: State, event: str, arguments: tuple[object, ...]) -> object:
        permission, is_frame = self.EVENTS[event]
        try:
            if not await self.audience.is_current(member):
                await self.sockets.dismiss(member.sid, self.namespace)
                raise Unauthorized("The session ended. Sign in again.")
            if not (member.frames if is_frame else member.controls).take():
                if not member.refusals.take():
                    await self.sockets.drop_client(member.sid, self.namespace)
                    return None
                raise AccessError(
                    f"{event} came more often than this server takes. Send less often.", code="rate_limited"
                )
            if permission not in member.permissions:
                raise Forbidden(f"Your role does not include the right to {permission}. Ask the owner of this server.")
            return await self.handlers()[event](member, state, *arguments[:2])
        except FacegateError as error:
            return self.mark({"error": error_json(_presentable(error))}, arguments)
        except Exception:
            logger.exception("the live event %s failed", event)
            failure = FacegateError("The server failed at this. Its log has the details.", code="internal")
            return self.mark({"error": error_json(failure)}, arguments)


def _presentable(error: FacegateError) -> FacegateError:
    if isinstance(error, StorageError):
        # Its message names files of this machine; clients need not know them.
        logger.error("%s", error.message)
        return NotReady("The server's storage did not answer. Try again; its log says what happened.")
    return error
