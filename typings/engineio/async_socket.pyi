import asyncio

class AsyncSocket:
    sid: str
    queue: asyncio.Queue[object]
    async def close(self, wait: bool = ..., abort: bool = ..., reason: str | None = ...) -> None: ...
