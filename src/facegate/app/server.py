"""The server process: port, uvicorn, signals and an orderly end."""

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from socket import socket
from types import FrameType

import uvicorn

from facegate.app.asgi import Application, create_app
from facegate.app.ports import listen
from facegate.app.running import RunningServer, only_server
from facegate.app.services import Services
from facegate.app.websocket import AbortableWebSocket
from facegate.config import Settings

# Time for open requests to end once shutdown began, seconds.
GRACE_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Ready:
    """What `on_ready` is told, once, when the server answers.

    Attributes:
        url: what to open in a browser, without a final slash.
        port: the port it listens on.
        busy_port: the port tried first and found taken, else None.
        services: the open services, for the owner link.
    """

    url: str
    port: int
    busy_port: int | None
    services: Services


def serve(
    settings: Settings,
    *,
    on_ready: Callable[[Ready], None] | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Serve until SIGINT, SIGTERM or `stop`, then close sockets, drain the pool and close the database.

    Args:
        settings: where to listen and what to allow.
        on_ready: called when the port answers and the networks are loaded.
        stop: another way to end it, for callers that are not the main thread.

    Raises:
        PortInUse: the asked port is taken.
        InvalidSettings: the host cannot be bound.
        Conflict: another server runs on the data folder.
        FacegateError: database, keys, networks or table could not be opened.
    """
    listener = listen(settings.host, settings.port)
    try:
        with Services.open(settings) as services, only_server(settings.data):
            application = create_app(services, listener.port)
            ready = Ready(public_url(settings, listener.port), listener.port, listener.busy_port, services)

            def announce() -> None:
                RunningServer.announce(settings.data, ready.url, ready.port)
                if on_ready is not None:
                    on_ready(ready)

            server = _Server(_uvicorn_config(application, settings), application, announce, stop)
            try:
                server.run(sockets=[listener.socket])
            finally:
                RunningServer.withdraw(settings.data)
    finally:
        listener.socket.close()


def public_url(settings: Settings, port: int) -> str:
    """The address to print: 127.0.0.1 rather than `localhost`, which may resolve to ::1 and meet another program."""
    if settings.is_loopback or settings.host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        host = "[::1]" if settings.host == "::1" else "127.0.0.1"
    else:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{port}"


def _uvicorn_config(application: Application, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http="h11",
        ws=AbortableWebSocket,
        ws_max_size=settings.max_message_bytes,
        ws_per_message_deflate=False,  # JPEG does not shrink; the work and the memory would be for nothing
        lifespan="on",
        log_config=None,
        log_level="warning",  # at INFO it logs the connection ids of sockets, which open them
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=32 * 1024,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


class _Server(uvicorn.Server):
    """uvicorn with our signals: it ends with status 0, and sockets are closed before requests are waited for."""

    def __init__(
        self,
        config: uvicorn.Config,
        application: Application,
        announce: Callable[[], None],
        stop: threading.Event | None,
    ) -> None:
        super().__init__(config)
        self._application = application
        self._announce = announce
        self._stop = stop

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._announce()

    async def on_tick(self, counter: int) -> bool:
        if self._stop is not None and self._stop.is_set():
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self._application.close_sockets()
        await super().shutdown(sockets=sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # A second signal means: do not wait for anybody.
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # uvicorn's own version raises the signal again at the end, which would end an orderly stop with status -15.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        wanted = [signal.SIGINT, signal.SIGTERM]
        if sys.platform == "win32":
            wanted.append(signal.SIGBREAK)
        before = {number: signal.signal(number, self.handle_exit) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
