"""Putting the rooms together: guard, sockets and Flask as one ASGI application."""

import asyncio
import time
from collections.abc import Callable
from typing import cast

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi_typing import WSGIApp
from socketio import ASGIApp

from facegate.app.guard import AsgiApp, Guard, GuardRules, Message, Receive, Scope, Send
from facegate.app.services import Services
from facegate.errors import NotReady
from facegate.http.factory import create_flask_app
from facegate.http.services import HttpServices, distribution_version
from facegate.imaging.draw import Painter
from facegate.live.audience import Audience, Member
from facegate.live.namespace import LiveNamespace
from facegate.live.pool import InferencePool
from facegate.live.seed import SeedNamespace
from facegate.live.services import LiveServices
from facegate.live.socket_server import SocketLimits, SocketServer

# Flask's threads. Nothing it answers takes long: no pictures, no streams.
WSGI_THREADS = 8
# Connections beyond the viewers: long polls that are being upgraded, and those that have not joined yet.
SPARE_CONNECTIONS = 64


class Application:
    """The ASGI application, and what has to be ended in order."""

    def __init__(self, app: AsgiApp, sockets: SocketServer, live: "LiveRooms") -> None:
        self._app = app
        self._sockets = sockets
        self._live = live
        self._watching: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self._app(scope, receive, send)

    async def close_sockets(self) -> None:
        """Refuse new work, then end every socket."""
        self._live.stopping = True
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
            self._watching = None
        await self._sockets.close()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message: Message = await receive()
            if message["type"] == "lifespan.startup":
                self._watching = asyncio.create_task(self._live.watch(), name="sessions")
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.close_sockets()
                await self._live.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


class LiveRooms:
    """The two namespaces, their members and their pool."""

    def __init__(self, services: LiveServices, sockets: SocketServer) -> None:
        self.services = services
        self.stopping = False
        self._sockets = sockets
        self._audience = Audience(
            services.settings, services.access, clock=services.clock, monotonic=services.monotonic
        )
        live = LiveNamespace(services, sockets, self._audience)
        self._namespaces: list[LiveNamespace | SeedNamespace] = [live]
        if services.settings.live_access == "open":
            self._namespaces.append(SeedNamespace(services, sockets, self._audience))
        for namespace in self._namespaces:
            sockets.register_namespace(namespace)

    async def watch(self) -> None:
        """Dismiss members whose session ended, for ever."""

        async def dismiss(member: Member) -> None:
            await self._sockets.dismiss(member.sid, member.namespace)

        await self._audience.watch(dismiss)

    async def close(self) -> None:
        """Wait for frames in work and end the pool."""
        for namespace in self._namespaces:
            await namespace.close()
        await asyncio.to_thread(self.services.pool.close)


def create_app(
    services: Services,
    port: int,
    *,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
    limits: SocketLimits | None = None,
) -> Application:
    """The server as one ASGI application; loads the networks.

    Args:
        services: open.
        port: it listens on, for the Host list.
        clock: seconds since the epoch.
        monotonic: seconds that never go back.
        limits: of each socket; default from the settings.

    Raises:
        FacegateError: networks, gallery or table could not be opened.
    """
    settings = services.settings
    rules = GuardRules.for_address(settings, port)
    live = LiveServices(
        settings=settings,
        access=services.access,
        engine=services.engine,
        gallery=services.gallery,
        table=services.table,
        painter=Painter(),
        pool=InferencePool(settings.inference_threads, settings.max_waiting_frames),
        clock=clock,
        monotonic=monotonic,
    )
    events = {LiveNamespace.NAME: LiveNamespace.EVENTS}
    if settings.live_access == "open":
        events[SeedNamespace.NAME] = SeedNamespace.EVENTS
    sockets = SocketServer(
        events=events,
        origins=rules.origins,
        limits=limits
        or SocketLimits(message_bytes=settings.max_message_bytes, connections=settings.max_viewers + SPARE_CONNECTIONS),
        monotonic=monotonic,
    )
    rooms = LiveRooms(live, sockets)

    def check_ready() -> None:
        if rooms.stopping:
            raise NotReady("The server is stopping.")
        services.gallery.people()

    flask = create_flask_app(
        HttpServices(
            settings=settings,
            access=services.access,
            version=distribution_version(),
            people=services.gallery.people,
            recipe_id=lambda: services.engine.recipe_id,
            check_ready=check_ready,
        )
    )
    # The two packages spell the types of WSGI differently.
    wsgi = WSGIMiddleware(cast(WSGIApp, flask), workers=WSGI_THREADS)
    return Application(Guard(ASGIApp(sockets, wsgi), rules), sockets, rooms)
