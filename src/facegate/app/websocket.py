"""uvicorn's websocket protocol with an end that does not wait for the client."""

from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from facegate.live.socket_server import ABORT_EXTENSION

# How long a closed socket may take to flush what its client does not read, seconds.
FLUSH_SECONDS = 5.0


class AbortableWebSocket(WebSocketsSansIOProtocol):
    """Offers the application to cut the connection, and cuts it itself when a client does not read to the end."""

    async def run_asgi(self) -> None:
        """Run the application for this connection."""
        scope = cast("dict[str, Any]", self.scope)
        scope["extensions"][ABORT_EXTENSION] = self.transport.abort
        await super().run_asgi()
        self.loop.call_later(FLUSH_SECONDS, self.transport.abort)
