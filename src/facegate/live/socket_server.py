"""python-socketio's server with the doors it leaves open closed. The only file that knows its inside.

python-socketio and engine.io keep, without limit, what a client does not read, what a client announces and does not
send, and clients that never say who they are. Here each of these has an end, and whatever is malformed ends the
connection instead of filling the log.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

import engineio
import socketio
from engineio.async_drivers.asgi import WebSocket
from socketio.packet import CONNECT, DISCONNECT

from facegate.live.limits import Monotonic, TokenBucket

# The ASGI extension by which the server offers to cut a connection at once (app/server.py provides it).
ABORT_EXTENSION = "facegate.abort"

# One text packet: type, number of attachments, namespace, acknowledgement id, JSON. Clients of ours send CONNECT (0),
# DISCONNECT (1), EVENT (2) and BINARY_EVENT (5); we never ask for acknowledgements, so ACK (3, 6) has no meaning.
_PACKET = re.compile(r"(?:[012](?!\d+-)|51-)")


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one connection may do.

    Attributes:
        message_bytes: largest message.
        text_chars: longest JSON part of a message.
        waiting_packets: packets a client may leave unread.
        attachment_s: time in which an announced attachment must follow.
        hello_s: time in which a connection must join a namespace.
        connections: connections in all.
        strangers_per_address: connections of one address that have not joined a namespace.
        joins: CONNECT packets one connection may send.
        noise_per_s: unknown events one connection may send.
        ping_s: interval of the server's pings; a client that misses one for as long again is gone.
        goodbye_s: time a client has to close after it was told to go.
    """

    message_bytes: int = 1024 * 1024
    text_chars: int = 64 * 1024
    waiting_packets: int = 64
    attachment_s: float = 5.0
    hello_s: float = 5.0
    connections: int = 300
    strangers_per_address: int = 32
    joins: int = 8
    noise_per_s: float = 5.0
    ping_s: float = 10.0
    goodbye_s: float = 1.0


class Malformed(ValueError):
    """A client sent what the protocol does not know."""


@dataclass(slots=True)
class _Peer:
    """One engine.io connection."""

    address: str
    noise: TokenBucket
    joins: int = 0
    abort: Callable[[], None] | None = None


class _Engine(engineio.AsyncServer):
    """engine.io with a bounded queue towards each client."""

    waiting_packets: int
    cut: Callable[[str], Awaitable[None]]

    def use_websocket(self, make: Callable[[Any, object], WebSocket]) -> None:
        """Have `make` wrap each accepted websocket."""
        self._async = {**self._async, "websocket": make}

    async def send_packet(self, sid: str, pkt: object) -> None:
        """Queue a packet for a client, or cut off one that leaves too many unread."""
        waiting = self.sockets.get(sid)
        if waiting is not None and waiting.queue.qsize() >= self.waiting_packets:
            await self.cut(sid)
            return
        await super().send_packet(sid, pkt)

    async def disconnect(self, sid: str | None = None) -> None:
        """End one connection, or all, without waiting for what its client has not read, which may be for ever."""
        for each in tuple(self.sockets) if sid is None else (sid,):
            await self.cut(each)


class SocketServer(socketio.AsyncServer):
    """A Socket.IO server for ASGI with limits.

    Args:
        events: the event names of each namespace; anything else is ignored.
        origins: exact Origin values; must not be empty, since python-socketio takes an empty list for *all*.
        limits: of each connection.
        monotonic: clock in seconds.
    """

    def __init__(
        self,
        *,
        events: Mapping[str, Collection[str]],
        origins: Collection[str],
        limits: SocketLimits,
        monotonic: Monotonic,
    ) -> None:
        if not origins or "*" in origins:
            raise ValueError("SocketServer: an exact, non-empty list of origins is needed")
        log = logging.getLogger("facegate.live.socketio")
        log.setLevel(
            logging.ERROR
        )  # below, strangers fill the log, and at INFO every packet is in it, tickets included
        super().__init__(
            async_mode="asgi",
            namespaces=sorted(events),  # without it `/` takes anybody, handlers or not
            cors_allowed_origins=sorted(origins),
            cors_credentials=False,
            max_http_buffer_size=limits.message_bytes,
            ping_interval=limits.ping_s,
            ping_timeout=limits.ping_s,
            http_compression=False,
            logger=log,
            engineio_logger=log,
        )
        self._events = {namespace: frozenset(names) for namespace, names in events.items()}
        self._limits = limits
        self._monotonic = monotonic
        self._peers: dict[str, _Peer] = {}
        engine = cast(_Engine, self.eio)
        engine.waiting_packets = limits.waiting_packets
        engine.cut = self.drop
        engine.use_websocket(self._websocket)

    def _engineio_server_class(self) -> type[_Engine]:
        return _Engine

    def _websocket(self, handler: Any, server: object) -> WebSocket:
        """Engine.io's websocket, after noting how its connection can be cut."""
        sid: str = handler.__self__.sid
        peers = self._peers

        class Connection(WebSocket):
            async def __call__(self, environ: dict[str, Any]) -> object:
                peer = peers.get(sid)
                if peer is not None:
                    peer.abort = environ["asgi.scope"].get("extensions", {}).get(ABORT_EXTENSION)
                return await super().__call__(environ)

        return Connection(handler, server)

    # Connections

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> bool | None:
        client = environ["asgi.scope"].get("client")
        address = str(client[0]) if client else ""
        strangers = sum(1 for sid, peer in self._peers.items() if peer.address == address and not self._has_joined(sid))
        if len(self._peers) >= self._limits.connections or strangers >= self._limits.strangers_per_address:
            return False
        noise = TokenBucket(self._limits.noise_per_s, 4 * self._limits.noise_per_s, self._monotonic)
        self._peers[eio_sid] = _Peer(address, noise)
        self._drop_later(self._limits.hello_s, eio_sid, self._has_not_joined)
        await super()._handle_eio_connect(eio_sid, environ)
        return None

    async def _handle_eio_disconnect(self, eio_sid: str, reason: object) -> None:
        self._peers.pop(eio_sid, None)
        self._binary_packet.pop(eio_sid, None)
        socket = self.eio.sockets.get(eio_sid)
        if socket is not None:
            socket.queue.put_nowait(None)  # ends a long poll that is waiting
        await super()._handle_eio_disconnect(eio_sid, reason)

    async def _handle_disconnect(self, eio_sid: str, namespace: str | None, reason: object = None) -> None:
        await super()._handle_disconnect(eio_sid, namespace, reason)
        if eio_sid in self._peers:
            self._drop_later(self._limits.hello_s, eio_sid, self._has_not_joined)

    def _has_joined(self, eio_sid: str) -> bool:
        for namespace in self._events:
            sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
            if sid is not None and self.manager.is_connected(sid, namespace):
                return True
        return False

    def _has_not_joined(self, eio_sid: str) -> bool:
        return not self._has_joined(eio_sid)

    def _drop_later(self, seconds: float, eio_sid: str, still: Callable[[str], bool]) -> None:
        async def check() -> None:
            await asyncio.sleep(seconds)
            if eio_sid in self._peers and still(eio_sid):
                await self.drop(eio_sid)

        self.start_background_task(check)

    async def drop(self, eio_sid: str) -> None:
        """End a connection at once, whether or not its client reads."""
        socket = self.eio.sockets.get(eio_sid)
        peer = self._peers.get(eio_sid)
        if socket is None:
            return
        await socket.close(wait=False, abort=True, reason=self.reason.SERVER_DISCONNECT)
        if peer is not None and peer.abort is not None:
            peer.abort()
        else:
            self.eio.sockets.pop(eio_sid, None)

    async def dismiss(self, sid: str, namespace: str) -> None:
        """Tell a client of a namespace that it is disconnected, then end the connection if it stays."""
        eio_sid = self.manager.eio_sid_from_sid(sid, namespace)
        if eio_sid is None:
            return
        await self._send_packet(eio_sid, self.packet_class(DISCONNECT, namespace=namespace))
        await super()._handle_disconnect(eio_sid, namespace, self.reason.SERVER_DISCONNECT)
        self._drop_later(self._limits.goodbye_s, eio_sid, self._has_not_joined)

    async def drop_client(self, sid: str, namespace: str) -> None:
        """End the connection of a client of a namespace at once."""
        eio_sid = self.manager.eio_sid_from_sid(sid, namespace)
        if eio_sid is not None:
            await self.drop(eio_sid)

    async def close(self) -> None:
        """End every connection and the background work; safe to call twice."""
        for eio_sid in tuple(self.eio.sockets):
            await self.drop(eio_sid)
        if self.eio.service_task_handle is not None:
            await self.shutdown()

    # Messages

    async def _handle_eio_message(self, eio_sid: str, data: object) -> None:
        peer = self._peers.get(eio_sid)
        if peer is None:
            return
        try:
            self._inspect(eio_sid, peer, data)
            await super()._handle_eio_message(eio_sid, data)
        except Exception:
            # Malformed by our check or by the parser; there is nothing to answer, and no traceback worth a log line.
            logging.getLogger(__name__).info("a socket sent a malformed message and was closed", exc_info=True)
            await self.drop(eio_sid)
            return
        announced = self._binary_packet.get(eio_sid)
        if announced is not None:
            self._drop_later(self._limits.attachment_s, eio_sid, lambda sid: self._binary_packet.get(sid) is announced)

    def _inspect(self, eio_sid: str, peer: _Peer, data: object) -> None:
        expects_attachment = eio_sid in self._binary_packet
        if isinstance(data, str):
            if expects_attachment or len(data) > self._limits.text_chars or not _PACKET.match(data):
                raise Malformed("not a packet this server takes")
            if data[0] == str(CONNECT):
                peer.joins += 1
                if peer.joins > self._limits.joins:
                    raise Malformed("too many attempts to join")
        elif not expects_attachment:
            raise Malformed("binary data without its event")

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: object) -> None:  # noqa: A002
        values = cast(list[object], data) if isinstance(data, list) else []
        name = values[0] if values else None
        if not isinstance(name, str) or name not in self._events.get(namespace or "/", ()):
            # Ignored, as the protocol says; this also keeps clients from calling `connect` and `disconnect`.
            peer = self._peers.get(eio_sid)
            if peer is not None and not peer.noise.take():
                await self.drop(eio_sid)
            return
        await super()._handle_event(eio_sid, namespace, id, values)
