"""python-socketio's server with the doors it leaves open closed. The only file that knows its inside.

python-socketio and engine.io keep, without limit, what a client does not read, what a client announces and does not
send, clients that never say who they are, and clients that left while they were let in. Here each of these has an end,
and whatever is malformed ends the connection instead of filling the log.
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
from engineio.exceptions import EngineIOError
from engineio.packet import CLOSE, MESSAGE, PONG, UPGRADE, Packet
from socketio.packet import BINARY_EVENT, CONNECT, DISCONNECT

from facegate.live.limits import Monotonic, TokenBucket

# The ASGI extension by which the server offers to cut a connection at once (app/server.py provides it).
ABORT_EXTENSION = "facegate.abort"

# One text packet: type, number of attachments, namespace, acknowledgement id, JSON. Clients of ours send CONNECT (0),
# DISCONNECT (1), EVENT (2) and BINARY_EVENT (5); we never ask for acknowledgements, so ACK (3, 6) has no meaning.
_PACKET = re.compile(r"(?:[012](?!\d+-)|51-)")
# What clients send below that, besides messages.
_ENGINE_PACKETS = frozenset({CLOSE, PONG, UPGRADE})


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
        noise_per_s: packets one connection may send that are not a known event of a namespace it is in.
        ping_s: interval of the server's pings; a client that misses one for as long again is gone.
        goodbye_s: time a client has to close after it was told to go or engine.io gave it up.
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
    """One engine.io connection; it counts until its websocket has ended too.

    Attributes:
        address: of the client.
        noise: bucket of packets that are no known event.
        joins: CONNECT packets so far.
        announced: events so far whose attachment follows.
        is_over: engine.io is done with it.
        abort: cuts its websocket; None while it has none.
    """

    address: str
    noise: TokenBucket
    joins: int = 0
    announced: int = 0
    is_over: bool = False
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
        """Engine.io's websocket: one for each connection, and one that can be cut."""
        sid: str = handler.__self__.sid
        peers, drop = self._peers, self.drop

        class Connection(WebSocket):
            async def __call__(self, environ: dict[str, Any]) -> object:
                peer = peers.get(sid)
                if peer is None or peer.abort is not None:
                    await environ["asgi.send"]({"type": "websocket.close"})
                    return ""
                peer.abort = environ["asgi.scope"]["extensions"][ABORT_EXTENSION]
                try:
                    return await super().__call__(environ)
                except Exception:
                    _note_malformed()
                    await drop(sid)
                    return ""
                finally:
                    peer.abort = None
                    if peer.is_over:
                        peers.pop(sid, None)

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
        self._watch_packets(eio_sid)
        self._drop_later(self._limits.hello_s, eio_sid, self._has_not_joined)
        await super()._handle_eio_connect(eio_sid, environ)
        return None

    async def _handle_eio_disconnect(self, eio_sid: str, reason: object) -> None:
        peer = self._peers.get(eio_sid)
        if peer is not None:
            peer.is_over = True
            if peer.abort is None:
                self._peers.pop(eio_sid)
            else:  # a client that does not read keeps its websocket, and what waits in it, for as long as it likes
                self._drop_later(self._limits.goodbye_s, eio_sid, lambda _: True)
        self._binary_packet.pop(eio_sid, None)
        socket = self.eio.sockets.get(eio_sid)
        if socket is not None:
            socket.queue.put_nowait(None)  # ends a long poll that is waiting
        await super()._handle_eio_disconnect(eio_sid, reason)

    def _watch_packets(self, eio_sid: str) -> None:
        """Have engine.io end a connection that sends what is no packet, or too many that carry no message."""
        socket, peer = self.eio.sockets[eio_sid], self._peers[eio_sid]
        receive, handle_post_request = socket.receive, socket.handle_post_request

        async def receive_known(packet: Packet) -> None:
            is_noise = packet.packet_type != MESSAGE
            if is_noise and (packet.packet_type not in _ENGINE_PACKETS or not peer.noise.take()):
                await self.drop(eio_sid)
            else:
                await receive(packet)

        async def handle_readable(environ: dict[str, Any]) -> None:
            try:
                await handle_post_request(environ)
            except EngineIOError:
                raise
            except Exception:
                _note_malformed()
                await self.drop(eio_sid)

        socket.receive, socket.handle_post_request = receive_known, handle_readable

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: object) -> None:
        namespace = namespace or "/"
        is_first = self.manager.sid_from_eio_sid(eio_sid, namespace) is None
        try:
            await super()._handle_connect(eio_sid, namespace, data)
        except Exception:
            await self.drop(eio_sid)
            raise
        finally:
            sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
            if is_first and sid is not None and not self._is_open(eio_sid):
                # It ended while it was let in, which python-socketio does not notice.
                if not self.manager.is_connected(sid, namespace):
                    await self.manager.connect(sid, namespace)
                await super()._handle_disconnect(eio_sid, namespace, self.reason.TRANSPORT_CLOSE)

    async def _handle_disconnect(self, eio_sid: str, namespace: str | None, reason: object = None) -> None:
        await super()._handle_disconnect(eio_sid, namespace, reason)
        if self._is_open(eio_sid):
            self._drop_later(self._limits.hello_s, eio_sid, self._has_not_joined)

    def _is_open(self, eio_sid: str) -> bool:
        peer = self._peers.get(eio_sid)
        return peer is not None and not peer.is_over

    def _is_in(self, eio_sid: str, namespace: str) -> bool:
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
        return sid is not None and self.manager.is_connected(sid, namespace)

    def _has_joined(self, eio_sid: str) -> bool:
        return any(self._is_in(eio_sid, namespace) for namespace in self._events)

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
        abort = None if peer is None else peer.abort
        if abort is not None:
            abort()
        if socket is not None:
            # Nobody will read them, and engine.io keeps the socket until it looks at it again.
            while not socket.queue.empty():
                socket.queue.get_nowait()
            await socket.close(wait=False, abort=True, reason=self.reason.SERVER_DISCONNECT)
        if abort is None:
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
        for eio_sid in {*self.eio.sockets, *self._peers}:
            await self.drop(eio_sid)
        if self.eio.service_task_handle is not None:
            await self.shutdown()

    # Messages

    async def _handle_eio_message(self, eio_sid: str, data: object) -> None:
        peer = self._peers.get(eio_sid)
        if peer is None or peer.is_over:
            return
        try:
            self._inspect(eio_sid, peer, data)
            await super()._handle_eio_message(eio_sid, data)
        except Exception:
            # Malformed by our check or by the parser; there is nothing to answer, and no traceback worth a log line.
            _note_malformed()
            await self.drop(eio_sid)
            return
        if isinstance(data, str) and data.startswith(str(BINARY_EVENT)):
            self._expect_attachment(eio_sid, peer)

    def _expect_attachment(self, eio_sid: str, peer: _Peer) -> None:
        peer.announced += 1
        number = peer.announced  # and not the packet, which would be kept, picture and all, until the check

        def is_missing(sid: str) -> bool:
            return sid in self._binary_packet and peer.announced == number

        self._drop_later(self._limits.attachment_s, eio_sid, is_missing)

    def _inspect(self, eio_sid: str, peer: _Peer, data: object) -> None:
        expects_attachment = eio_sid in self._binary_packet
        if isinstance(data, str):
            if expects_attachment or len(data) > self._limits.text_chars or not _PACKET.match(data):
                raise Malformed("not a packet this server takes")
            if data[0] == str(CONNECT):
                peer.joins += 1
                if peer.joins > self._limits.joins:
                    raise Malformed("too many attempts to join")
            elif data[0] == str(DISCONNECT) and not peer.noise.take():
                raise Malformed("too many attempts to leave")
        elif not expects_attachment:
            raise Malformed("binary data without its event")

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: object) -> None:  # noqa: A002
        values = cast(list[object], data) if isinstance(data, list) else []
        name = values[0] if values else None
        namespace = namespace or "/"
        is_known = isinstance(name, str) and name in self._events.get(namespace, ())
        if is_known and self._is_in(eio_sid, namespace):
            await super()._handle_event(eio_sid, namespace, id, values)
        elif not self._peers[eio_sid].noise.take():
            # Ignored, as the protocol says; this also keeps clients from calling `connect` and `disconnect`.
            await self.drop(eio_sid)


def _note_malformed() -> None:
    logging.getLogger(__name__).info("a socket sent a malformed message and was closed", exc_info=True)
