"""What a member may do, and for how long, without a network: the rules between a socket and its handlers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, cast

import pytest

from facegate.accounts.access import Access, LoginSession
from facegate.config import Settings
from facegate.errors import StorageError
from facegate.live import audience as audience_module
from facegate.live.audience import BLIND_LIMIT, Audience, Member
from facegate.live.guarded import GuardedNamespace
from facegate.live.socket_server import SocketServer

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


class StubAccess:
    """Sessions of which a test says what the database would."""

    def __init__(self) -> None:
        self.alive: set[str] = {"here"}
        self.failures: list[Exception] = []
        self.renewed: LoginSession | None = None

    def redeem_ticket(self, ticket: str) -> LoginSession:
        return LoginSession(ticket, "owner", NOON, NOON + timedelta(minutes=5))

    def still_valid(self, ids: frozenset[str]) -> frozenset[str]:
        if self.failures:
            raise self.failures.pop(0)
        return frozenset(ids & self.alive)

    def seen(self, session_id: str) -> LoginSession | None:
        return self.renewed


class StubSockets:
    def __init__(self) -> None:
        self.dismissed: list[str] = []

    async def dismiss(self, sid: str, namespace: str) -> None:
        self.dismissed.append(sid)


class Room(GuardedNamespace[object]):
    """Two events, each with the right it needs."""

    EVENTS: ClassVar[Mapping[str, tuple[str, bool]]] = {"look": ("recognize", True), "add": ("enroll", False)}

    def __init__(self, sockets: StubSockets, audience: Audience) -> None:
        super().__init__("/live", cast(SocketServer, sockets), audience)
        self.done: list[str] = []

    def open_state(self, member: Member) -> object:
        return object()

    async def close_state(self, state: object) -> None:
        pass

    def handlers(self) -> Mapping[str, Callable[..., Awaitable[object]]]:
        async def look(*_: object) -> str:
            self.done.append("look")
            return "seen"

        async def add(*_: object) -> str:
            self.done.append("add")
            return "added"

        return {"look": look, "add": add}


class Scene:
    def __init__(self, data: Path) -> None:
        self.now = NOON
        self.access = StubAccess()
        self.sockets = StubSockets()
        self.audience = Audience(
            Settings(data=data),
            cast(Access, self.access),
            clock=lambda: self.now.timestamp(),
            monotonic=lambda: 0.0,
        )
        self.room = Room(self.sockets, self.audience)

    async def join(self, sid: str, session: str = "here") -> Member:
        await self.room.trigger_event("connect", sid, {}, {"ticket": session})
        member = self.audience.find(sid)
        assert member is not None
        return member


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.fixture
def fast_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience_module, "WATCH_S", 0.001)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.001)


@pytest.mark.parametrize(("event", "missing", "other"), [("add", "enroll", "look"), ("look", "recognize", "add")])
async def test_an_event_needs_the_permission_it_names(scene: Scene, event: str, missing: str, other: str) -> None:
    member = await scene.join("a")
    member.permissions = member.permissions - {missing}
    answer = await scene.room.trigger_event(event, "a")
    assert answer["error"]["code"] == "forbidden"
    assert missing in answer["error"]["message"]
    assert scene.room.done == []
    assert await scene.room.trigger_event(other, "a") in {"seen", "added"}


@pytest.mark.parametrize("event", ["look", "add"])
async def test_an_expired_session_ends_before_anybody_watches(scene: Scene, event: str) -> None:
    await scene.join("a")
    assert "error" not in await scene.room.trigger_event(event, "a")
    scene.now += timedelta(minutes=5)
    answer = await scene.room.trigger_event(event, "a")
    assert answer["error"]["code"] == "unauthorized"
    assert len(scene.room.done) == 1
    assert scene.sockets.dismissed == ["a"]


async def test_a_session_that_was_used_elsewhere_goes_on(scene: Scene) -> None:
    await scene.join("a")
    scene.now += timedelta(minutes=5)
    scene.access.renewed = LoginSession("here", "owner", NOON, scene.now + timedelta(minutes=5))
    assert await scene.room.trigger_event("look", "a") == "seen"
    assert scene.sockets.dismissed == []


@pytest.mark.parametrize("failure", [RuntimeError("can't start new thread"), StorageError("locked")])
async def test_the_watch_outlives_a_look_up_that_failed(scene: Scene, fast_watch: None, failure: Exception) -> None:
    """Whatever failed: a watch that ended would leave revoked sessions connected for ever."""
    await scene.join("a")
    scene.access.failures = [failure]
    watch = asyncio.create_task(scene.audience.watch(lambda member: scene.sockets.dismiss(member.sid, "/live")))
    await until(lambda: not scene.access.failures)
    scene.access.alive.clear()
    await until(lambda: scene.sockets.dismissed == ["a"])
    watch.cancel()


async def test_a_watch_that_stays_blind_sends_everybody_away_and_not_sooner(scene: Scene, fast_watch: None) -> None:
    await scene.join("a")
    scene.access.failures = [RuntimeError("no")] * BLIND_LIMIT
    left: list[int] = []

    async def dismiss(member: Member) -> None:
        left.append(len(scene.access.failures))

    watch = asyncio.create_task(scene.audience.watch(dismiss))
    await until(lambda: bool(left))
    assert left == [0]
    watch.cancel()


async def test_a_dismissal_that_fails_harms_nobody_else_and_frees_the_place(
    scene: Scene, fast_watch: None, caplog: pytest.LogCaptureFixture
) -> None:
    for sid, session in (("a", "gone"), ("b", "gone"), ("c", "here")):
        await scene.join(sid, session)
    tried: list[str] = []

    async def dismiss(member: Member) -> None:
        tried.append(member.sid)
        raise KeyError(member.sid)

    with caplog.at_level(logging.ERROR):
        watch = asyncio.create_task(scene.audience.watch(dismiss))
        await until(lambda: len(scene.audience) == 1)
        assert not watch.done()
        watch.cancel()
    assert tried == ["a", "b"]
    assert await scene.room.trigger_event("look", "a") is None
    assert await scene.room.trigger_event("look", "c") == "seen"
    assert caplog.text.count("could not be told") == 2


async def test_a_dismissal_of_whoever_is_gone_already_frees_the_place(scene: Scene, fast_watch: None) -> None:
    """python-socketio knows nothing of that id any more, so no `disconnect` comes of it."""
    await scene.join("a", "gone")
    watch = asyncio.create_task(scene.audience.watch(lambda member: scene.sockets.dismiss("nobody", "/live")))
    await until(lambda: len(scene.audience) == 0)
    watch.cancel()
