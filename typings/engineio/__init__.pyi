"""The part of python-engineio that facegate.live uses; the package itself has no types."""

import asyncio
from typing import Any

from engineio.async_socket import AsyncSocket

class Reason:
    SERVER_DISCONNECT: str
    TRANSPORT_CLOSE: str

class AsyncServer:
    sockets: dict[str, AsyncSocket]
    service_task_handle: asyncio.Task[None] | None
    _async: dict[str, Any]
    async def send_packet(self, sid: str, pkt: object) -> None: ...
    async def disconnect(self, sid: str | None = ...) -> None: ...
