import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from engineio.packet import Packet

class AsyncSocket:
    sid: str
    queue: asyncio.Queue[object]
    receive: Callable[[Packet], Awaitable[None]]
    handle_post_request: Callable[[dict[str, Any]], Awaitable[None]]
    async def close(self, wait: bool = ..., abort: bool = ..., reason: str | None = ...) -> None: ...
