"""The real server, started by `serve` in a thread of the test's process."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import socketio
from numpy.typing import NDArray
from PIL import Image

from facegate.app.server import Ready, serve
from facegate.app.services import Services
from facegate.config import Settings


@dataclass
class Server:
    """A running server."""

    url: str
    port: int
    settings: Settings
    services: Services

    @contextmanager
    def owner(self) -> Iterator[httpx.Client]:
        """A signed-in owner's browser."""
        with httpx.Client(base_url=self.url, headers={"Origin": self.url, "X-Facegate": "1"}, timeout=30) as client:
            token = self.services.access.create_setup_link()
            assert client.post("/v1/setup", json={"token": token}).status_code == 201
            yield client


@contextmanager
def serving(data: Path, **settings: Any) -> Iterator[Server]:
    """Start on any free port; at the end the server must stop by itself and without an error."""
    chosen = Settings(data=data, port=0, **settings)
    ready: list[Ready] = []
    failure: list[BaseException] = []
    told, stop = threading.Event(), threading.Event()

    def on_ready(given: Ready) -> None:
        ready.append(given)
        told.set()

    def run() -> None:
        try:
            serve(chosen, on_ready=on_ready, stop=stop)
        except BaseException as error:
            failure.append(error)
        finally:
            told.set()

    thread = threading.Thread(target=run, name="server")
    thread.start()
    assert told.wait(60)
    try:
        if failure:
            raise failure[0]
        yield Server(ready[0].url, ready[0].port, chosen, ready[0].services)
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive(), "the server did not stop"
    assert not failure, failure


def jpeg(pixels: NDArray[np.uint8], quality: int = 90) -> bytes:
    """As a browser would send it."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return file.getvalue()


def canvas(face: NDArray[np.uint8], shift: int = 0, size: tuple[int, int] = (480, 640)) -> NDArray[np.uint8]:
    """A webcam-sized frame with a picture in it, moved a little to the right."""
    height, width = size
    scale = height / face.shape[0]
    small = np.array(Image.fromarray(face).resize((round(face.shape[1] * scale), height)))
    frame = np.full((height, width, 3), 96, np.uint8)
    left = (width - small.shape[1]) // 2 + shift
    frame[:, left : left + small.shape[1]] = small[:, : width - left]
    return frame


class Live:
    """A `/live` socket that keeps the server's events."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.sightings: list[Any] = []
        self.gone = False
        self.refused: Any = None
        self.client.on("sighting", self.sightings.append, namespace="/live")
        self.client.on("disconnect", self._leave, namespace="/live")
        self.client.on("connect_error", self._refuse, namespace="/live")

    def _leave(self, *_: Any) -> None:
        self.gone = True

    def _refuse(self, data: Any) -> None:
        self.refused = data

    async def connect(self, server: Server, ticket: str | None = None, transport: str = "websocket") -> "Live":
        await self.client.connect(
            server.url,
            namespaces=["/live"],
            transports=[transport],
            auth={"ticket": ticket} if ticket is not None else None,
            headers={"Origin": server.url},
            wait_timeout=10,
        )
        return self

    async def call(self, event: str, *values: Any, timeout: float = 30) -> Any:
        return await self.client.call(event, values, namespace="/live", timeout=timeout)

    async def frame(self, data: Any, seq: int = 0) -> Any:
        return await self.call("frame", data, {"seq": seq, "captured_ms": 0.0})

    async def __aenter__(self) -> "Live":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.disconnect()
