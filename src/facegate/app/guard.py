"""What stands before everything: exact Host and Origin lists, and request bodies that are counted.

HTTP and sockets pass through the same rules, so no framework's default decides. python-socketio, left alone, accepts a
foreign Host together with a matching Origin; a2wsgi hands a body without a length on as an empty one.
"""

import asyncio
import contextlib
import ipaddress
import json
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from facegate.config import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

SOCKET_PATH = "/socket.io/"
# The REST interface takes small JSON bodies only; pictures travel over the socket.
REST_BODY_BYTES = 64 * 1024
BODY_SECONDS = 15.0
# Read and dropped after a body was refused: a client still writing when the connection closes never sees the answer.
LINGER_BYTES = 16 * 1024 * 1024
LINGER_SECONDS = 2.0
# Of all bodies that are being read at one time; most come from nobody who is known yet.
BODIES_BYTES = 64 * 1024 * 1024
# On what Socket.IO answers to long polling: names and pictures travel there.
_SOCKET_HEADERS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class GuardRules:
    """Who may speak to the server.

    Attributes:
        hosts: exact, lower-case `host:port` values of the Host header.
        origins: exact values of the Origin header.
        rest_body_bytes: largest request body outside the socket path.
        socket_body_bytes: largest body of one long-polling POST.
        body_seconds: longest time a body may take to arrive.
        linger_bytes: read and dropped of a refused body, so that its sender comes to read the answer.
        bodies_bytes: held of all bodies that are arriving at one time.
    """

    hosts: frozenset[str]
    origins: frozenset[str]
    rest_body_bytes: int = REST_BODY_BYTES
    socket_body_bytes: int = 1024 * 1024
    body_seconds: float = BODY_SECONDS
    linger_bytes: int = LINGER_BYTES
    bodies_bytes: int = BODIES_BYTES

    @classmethod
    def for_address(cls, settings: Settings, port: int) -> "GuardRules":
        """The rules of a server bound to `settings.host` and `port`.

        Loopback names are always in the list; an address that stands for all interfaces (0.0.0.0, ::) adds nothing,
        because no browser sends it: name the real ones in `allowed_hosts`.
        """
        scheme = settings.public_scheme
        hosts: set[str] = set()
        for name in {*_bound_names(settings.host), "127.0.0.1", "localhost", "[::1]"}:
            hosts |= _with_default_port(f"{name}:{port}", scheme)
        for name in settings.allowed_hosts:
            hosts |= _with_default_port(name.strip().lower(), scheme)
        origins = frozenset(f"{scheme}://{_without_default_port(host, scheme)}" for host in hosts)
        return cls(frozenset(hosts), origins, socket_body_bytes=settings.max_message_bytes)


def _bound_names(host: str) -> set[str]:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return {host.lower()}
    if address.is_unspecified:
        return set()
    return {f"[{address}]" if address.version == 6 else str(address)}


def _with_default_port(host: str, scheme: str) -> set[str]:
    bare = _without_default_port(host, scheme)
    full = host if _has_port(host) else f"{host}:{_DEFAULT_PORTS[scheme]}"
    return {bare, full}


def _without_default_port(host: str, scheme: str) -> str:
    return host.removesuffix(f":{_DEFAULT_PORTS[scheme]}") if _has_port(host) else host


def _has_port(host: str) -> bool:
    return host.rpartition("]")[2].count(":") == 1


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request goes no further."""

    status: int
    code: str
    message: str


class _BodyRefused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def judge(rules: GuardRules, path: str, headers: Iterable[tuple[bytes, bytes]]) -> Refusal | None:
    """Why a request with these headers is refused; None when it may pass."""
    values: dict[str, list[str]] = {}
    for raw_name, raw_value in headers:
        values.setdefault(raw_name.decode("latin-1").lower(), []).append(raw_value.decode("latin-1"))
    hosts = values.get("host", [])
    if len(hosts) != 1 or hosts[0].lower() not in rules.hosts:
        named = f"The host {hosts[0]!r}" if len(hosts) == 1 else "A request without exactly one Host header"
        return Refusal(
            400,
            "invalid_request",
            f"{named[:200]} is not one this server answers to. "
            "Open the address it printed at start, or add the name to FACEGATE_ALLOWED_HOSTS.",
        )
    status = 400 if path.startswith(SOCKET_PATH) else 403
    origins = values.get("origin", [])
    if origins and (len(origins) != 1 or origins[0] not in rules.origins):
        return Refusal(
            status,
            "forbidden",
            f"A page of {origins[0][:200]!r} may not use this server. "
            "Only pages served by facegate itself may; add a proxy's name to FACEGATE_ALLOWED_HOSTS.",
        )
    site = values.get("sec-fetch-site", ["none"])[0]
    mode = values.get("sec-fetch-mode", ["navigate"])[0]
    if site in {"cross-site", "same-site"} and mode != "navigate":
        return Refusal(status, "forbidden", "Another site asked for this. Only pages served by facegate may use it.")
    return None


class Guard:
    """ASGI middleware that lets through what :class:`GuardRules` allow."""

    def __init__(self, app: AsgiApp, rules: GuardRules) -> None:
        self._app = app
        self._rules = rules
        self._arriving = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse with the error envelope."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        refusal = judge(self._rules, path, scope["headers"])
        if refusal is None and scope["type"] == "websocket" and not path.startswith(SOCKET_PATH):
            refusal = Refusal(404, "not_found", "Sockets are served at /socket.io/ only.")
        if refusal is not None:
            await _refuse(scope, send, refusal)
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        try:
            body = await self._read_body(scope, receive)
        except _BodyRefused as refused:
            await _refuse(scope, send, refused.refusal, before_end=self._linger(receive))
            return
        if body is None:
            return
        answer = _with_socket_headers(send) if path.startswith(SOCKET_PATH) else send
        await self._app(_with_length(scope, len(body)), _replay(body, receive), answer)

    async def _read_body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body, counted while it arrives; None when the client went away.

        Reading it here also keeps a client that dribbles its body from holding one of the few WSGI threads.
        """
        rules = self._rules
        limit = rules.socket_body_bytes if scope["path"].startswith(SOCKET_PATH) else rules.rest_body_bytes
        declared = [value for name, value in scope["headers"] if name.lower() == b"content-length"]
        if declared and (not declared[0].isdigit() or int(declared[0]) > limit):
            raise _BodyRefused(_too_large(limit))
        body = bytearray()
        try:
            async with asyncio.timeout(rules.body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    part: bytes = message.get("body", b"")
                    body += part
                    self._arriving += len(part)
                    if len(body) > limit:
                        raise _BodyRefused(_too_large(limit))
                    if self._arriving > rules.bodies_bytes:
                        raise _BodyRefused(Refusal(503, "overloaded", "Too much is being sent at once. Try again."))
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            raise _BodyRefused(
                Refusal(408, "invalid_request", f"The body did not arrive within {rules.body_seconds:g} s. Send again.")
            ) from None
        except asyncio.CancelledError:  # uvicorn waits no longer: the server is stopping
            raise _BodyRefused(Refusal(503, "not_ready", "The server is stopping. Try again in a moment.")) from None
        finally:
            self._arriving -= len(body)

    async def _linger(self, receive: Receive) -> None:
        """Read and drop what the client still sends, for a while."""
        dropped = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while dropped <= self._rules.linger_bytes:
                    message = await receive()
                    if message["type"] == "http.disconnect" or not message.get("more_body", False):
                        return
                    dropped += len(message.get("body", b""))


def _too_large(limit: int) -> Refusal:
    return Refusal(413, "invalid_request", f"The body is larger than {limit:,} bytes, the most that is read here.")


def _with_length(scope: Scope, length: int) -> Scope:
    """The scope of the same request with its body's true length, whatever way it came."""
    dropped = {b"content-length", b"transfer-encoding"}
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in dropped]
    if length or scope["method"] not in {"GET", "HEAD", "OPTIONS"}:
        headers.append((b"content-length", str(length).encode()))
    return {**scope, "headers": headers}


def _with_socket_headers(send: Send) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_SOCKET_HEADERS]}
        await send(message)

    return answer


def _replay(body: bytes, receive: Receive) -> Receive:
    """A receive that gives the collected body once, then whatever the connection says next."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _refuse(
    scope: Scope, send: Send, refusal: Refusal, *, before_end: Coroutine[Any, Any, None] | None = None
) -> None:
    error: dict[str, Any] = {"code": refusal.code, "message": refusal.message, "details": {}}
    body = json.dumps({"error": error, "request_id": uuid.uuid4().hex}).encode()
    kind = "http.response"
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        kind = "websocket.http.response"
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    await send({"type": f"{kind}.start", "status": refusal.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body, "more_body": before_end is not None})
    if before_end is not None:
        await before_end
        await send({"type": f"{kind}.body", "body": b""})
