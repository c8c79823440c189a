"""The doors python-socketio leaves open, knocked on with raw connections."""

import asyncio
import contextlib
import gc
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import socketio
import uvicorn
from engineio.async_socket import AsyncSocket
from socketio.packet import Packet
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from facegate.app.websocket import AbortableWebSocket
from facegate.live.socket_server import SocketLimits, SocketServer

LIMITS = SocketLimits(
    message_bytes=200_000,
    waiting_packets=8,
    attachment_s=0.4,
    hello_s=0.4,
    joins=3,
    strangers_per_address=5,
    goodbye_s=0.3,
)


class Echo(socketio.AsyncNamespace):
    """Answers `echo`, floods on `flood`, and remembers who came and went."""

    def __init__(self) -> None:
        super().__init__("/live")
        self.log: list[str] = []
        self.admits = True
        self.door = asyncio.Event()
        self.door.set()

    async def on_connect(self, sid: str, environ: Any, auth: Any) -> None:
        if not self.admits:
            raise socketio.exceptions.ConnectionRefusedError("no")
        self.log.append("connect")
        await self.door.wait()

    async def on_disconnect(self, sid: str, reason: str) -> None:
        self.log.append("disconnect")

    async def on_echo(self, sid: str, *values: Any) -> Any:
        self.log.append("echo")
        return [len(value) if isinstance(value, bytes) else value for value in values]

    async def on_flood(self, sid: str, count: int, size: int = 100_000) -> None:
        for _ in range(count):
            await self.emit("noise", b"x" * size, to=sid)


class Served:
    def __init__(self, server: SocketServer, web: uvicorn.Server, echo: Echo, port: int) -> None:
        self.server = server
        self.web = web
        self.echo = echo
        self.port = port
        self.http = f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling"
        self.ws = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"

    @property
    def connections(self) -> int:
        return len(self.server.eio.sockets)

    @property
    def transports(self) -> int:
        return len(self.web.server_state.connections)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving_sockets(LIMITS) as served:
        yield served


@contextlib.asynccontextmanager
async def serving_sockets(limits: SocketLimits) -> AsyncIterator[Served]:
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    server = SocketServer(
        events={"/live": {"echo", "flood"}, "/other": {"echo"}},
        origins={f"http://127.0.0.1:{port}"},
        limits=limits,
        monotonic=asyncio.get_running_loop().time,
    )
    echo = Echo()
    server.register_namespace(echo)
    config = uvicorn.Config(
        socketio.ASGIApp(server),
        log_config=None,
        lifespan="off",
        http="h11",
        ws=AbortableWebSocket,
        ws_max_size=limits.message_bytes,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=2,
    )
    web = uvicorn.Server(config)
    task = asyncio.create_task(web._serve([listener]))
    await until(lambda: web.started)
    try:
        yield Served(server, web, echo, port)
    finally:
        await server.close()
        for each in tuple(web.server_state.connections):  # a failed test must not hang for what it left stuck
            each.transport.abort()
        web.should_exit = True
        await task
        listener.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


async def opened(served: Served) -> ClientConnection:
    """A websocket past engine.io's handshake, not in any namespace."""
    client = await connect(served.ws, compression=None)
    assert str(await client.recv()).startswith("0{")
    return client


async def joined(served: Served) -> ClientConnection:
    client = await opened(served)
    await client.send("40/live,")
    assert str(await client.recv()).startswith("40/live,{")
    return client


async def assert_dropped(client: ClientConnection) -> None:
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await client.recv()


async def test_an_ordinary_client_is_answered_over_both_transports(served: Served) -> None:
    for transport in ("websocket", "polling"):
        async with socketio.AsyncSimpleClient() as client:
            await client.connect(f"http://127.0.0.1:{served.port}", namespace="/live", transports=[transport])
            assert await client.call("echo", (b"12345", {"seq": 1})) == [5, {"seq": 1}]


async def test_polling_upgrades_to_websocket(served: Served) -> None:
    async with socketio.AsyncSimpleClient() as client:
        await client.connect(f"http://127.0.0.1:{served.port}", namespace="/live")
        assert client.transport == "websocket"
        assert await client.call("echo", b"123") == [3]


async def test_it_refuses_to_be_made_without_origins() -> None:
    """python-socketio takes an empty list for *all*."""
    for origins in ([], ["*"]):
        with pytest.raises(ValueError, match="exact"):
            SocketServer(events={}, origins=origins, limits=LIMITS, monotonic=lambda: 0.0)


async def test_a_connection_that_joins_nothing_is_dropped(served: Served) -> None:
    client = await opened(served)
    await assert_dropped(client)
    await until(lambda: served.connections == 0)


async def test_strangers_of_one_address_are_limited_and_members_are_not(served: Served) -> None:
    members = [await joined(served) for _ in range(LIMITS.strangers_per_address + 2)]
    strangers = [await opened(served) for _ in range(LIMITS.strangers_per_address)]
    async with httpx.AsyncClient() as http:
        assert (await http.get(served.http)).status_code == 401
    for client in (*members, *strangers):
        await client.close()


async def test_joining_cannot_be_tried_without_end(served: Served) -> None:
    served.echo.admits = False
    client = await opened(served)
    for _ in range(LIMITS.joins):
        await client.send("40/live,")
        assert str(await client.recv()).startswith("44/live,")
    await client.send("40/live,")
    with pytest.raises(ConnectionClosed):
        await client.recv()


@pytest.mark.parametrize(
    "garbage",
    [
        "4",
        "4x",
        "42",
        "42/live,",
        "42/live,[",
        "42/live," + "[" * 40_000,
        "42/live,{}",
        '49/live,["echo"]',
        '44/live,"x"',
        '43/live,1["x"]',
        '461-/live,1[{"_placeholder":true,"num":0}]',
        '450-/live,["echo"]',
        '452-/live,["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
        '4599999999-/live,["echo"]',
        "42/live," + "1" * 200 + '["echo"]',
        '42/live,["echo","' + "x" * 70_000 + '"]',
        b"bytes out of nowhere",
    ],
)
async def test_garbage_ends_the_connection_and_nothing_else(served: Served, garbage: str | bytes) -> None:
    bystander = await joined(served)
    client = await joined(served)
    await client.send(garbage)
    if garbage in {"42/live,{}", "42", "42/live,"}:  # well-formed enough to be ignored or refused
        await client.close()
    else:
        await assert_dropped(client)
    await until(lambda: served.connections == 1)
    await bystander.send('42/live,7["echo",1]')
    assert await bystander.recv() == "43/live,7[[1]]"
    await bystander.close()


async def test_a_bad_placeholder_ends_the_connection(served: Served) -> None:
    client = await joined(served)
    await client.send('451-/live,["echo",{"_placeholder":true,"num":5}]')
    await client.send(b"x")
    await assert_dropped(client)


async def test_an_attachment_that_does_not_come_is_not_waited_for(served: Served) -> None:
    client = await joined(served)
    await client.send('451-/live,["echo",{"_placeholder":true,"num":0}]')
    await assert_dropped(client)
    assert served.server._binary_packet == {}


async def test_text_where_an_attachment_is_due_ends_the_connection(served: Served) -> None:
    client = await joined(served)
    await client.send('451-/live,["echo",{"_placeholder":true,"num":0}]')
    await client.send('42/live,["echo",1]')
    await assert_dropped(client)


async def test_unknown_events_are_ignored_and_a_stream_of_them_ends_the_connection(served: Served) -> None:
    client = await joined(served)
    await client.send('42/live,1["nonsense"]')
    await client.send('42/live,2["echo",1]')
    assert await client.recv() == "43/live,2[[1]]"
    for _ in range(100):
        await client.send('42/live,1["nonsense"]')
    await assert_dropped(client)


@pytest.mark.parametrize("name", ["connect", "disconnect"])
async def test_a_client_cannot_call_the_reserved_events(served: Served, name: str) -> None:
    client = await joined(served)
    await client.send(json.dumps([name, {}, {}]).join(["42/live,1", ""]))
    await client.send('42/live,2["echo",1]')
    assert await client.recv() == "43/live,2[[1]]"
    assert served.echo.log == ["connect", "echo"]
    await client.close()


async def test_a_message_over_the_limit_ends_the_connection(served: Served) -> None:
    client = await joined(served)
    await client.send('451-/live,["echo",{"_placeholder":true,"num":0}]')
    await client.send(b"x" * (LIMITS.message_bytes + 1))
    await assert_dropped(client)
    await until(lambda: served.connections == 0)


async def test_a_polled_message_over_the_limit_ends_the_connection(served: Served) -> None:
    async with httpx.AsyncClient() as http:
        sid = json.loads((await http.get(served.http)).text[1:])["sid"]
        answer = await http.post(f"{served.http}&sid={sid}", content=b"4" * (LIMITS.message_bytes + 1))
        assert answer.status_code == 400
    await until(lambda: served.connections == 0)


HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n"
)


async def never_reading(served: Served) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A websocket in `/live` whose client reads nothing after joining."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=1024)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    writer.write(HANDSHAKE.encode())
    await reader.readuntil(b"\r\n\r\n")
    send_text(writer, "40/live,")
    await until(lambda: served.echo.log == ["connect"])
    writer.transport.pause_reading()
    return reader, writer


def send_text(writer: asyncio.StreamWriter, text: str) -> None:
    """One masked websocket text frame, with a mask of zeros."""
    data = text.encode()
    assert len(data) < 126
    writer.write(bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data)


async def test_a_client_that_never_reads_is_cut_off(served: Served) -> None:
    _, writer = await never_reading(served)
    send_text(writer, '42/live,["flood",200]')
    await until(lambda: served.connections == 0)
    await until(lambda: not served.web.server_state.connections)
    assert served.echo.log == ["connect", "disconnect"]
    writer.close()


async def test_what_waits_for_a_client_that_never_reads_is_bounded(served: Served) -> None:
    _, writer = await never_reading(served)
    (peer,) = served.server.eio.sockets.values()
    most = 0
    send_text(writer, '42/live,["flood",200]')
    async with asyncio.timeout(20):
        while served.connections:
            most = max(most, peer.queue.qsize())
            await asyncio.sleep(0)
    assert most <= LIMITS.waiting_packets + 2
    writer.close()


# Few packets, but more than the buffers of both ends hold: the connection is stuck long before 64 packets wait.
STUCK = '42/live,["flood",20,1000000]'


async def test_a_client_that_neither_reads_nor_answers_pings_is_cut_off() -> None:
    """engine.io closes its side for want of a pong, and that leaves the websocket open."""
    limits = replace(LIMITS, waiting_packets=64, ping_s=0.3)
    async with serving_sockets(limits) as served:
        _, writer = await never_reading(served)
        (engine_socket,) = served.server.eio.sockets.values()
        send_text(writer, STUCK)
        await until(lambda: served.echo.log == ["connect", "disconnect"])
        await until(lambda: served.transports == 0)
        await until(lambda: not served.web.server_state.tasks)
        assert not served.server._peers
        assert engine_socket.queue.qsize() <= 2, "what it did not read is not kept for engine.io's next round"
        writer.close()


async def test_a_client_engine_io_gave_up_counts_until_its_connection_ended(caplog: pytest.LogCaptureFixture) -> None:
    limits = replace(LIMITS, waiting_packets=64, ping_s=0.3, goodbye_s=600, connections=1)
    async with serving_sockets(limits) as served, httpx.AsyncClient() as http:
        _, writer = await never_reading(served)
        send_text(writer, STUCK)
        await until(lambda: served.echo.log == ["connect", "disconnect"])
        await until(lambda: served.connections == 0)
        assert (await http.get(served.http)).status_code == 401
        await served.server.close()
        await until(lambda: not served.server._peers and not served.web.server_state.tasks)
        assert (await http.get(served.http)).status_code == 200
        writer.close()
    assert "Traceback" not in caplog.text


async def test_a_second_websocket_for_one_connection_is_refused(served: Served) -> None:
    """It would take the place of the first, which nothing could cut then."""
    async with httpx.AsyncClient() as http:
        sid = json.loads((await http.get(served.http)).text[1:])["sid"]
    url = f"{served.ws}&sid={sid}"
    async with connect(url, compression=None) as first:
        with pytest.raises(InvalidStatus, match="403"):
            await connect(url, compression=None)
        await assert_dropped(first)  # it joins nothing
    await until(lambda: not served.server._peers)


async def test_whoever_leaves_while_let_in_is_not_kept(served: Served) -> None:
    served.echo.door.clear()
    async with httpx.AsyncClient() as http:
        sid = json.loads((await http.get(served.http)).text[1:])["sid"]
        url = f"{served.http}&sid={sid}"
        joining = asyncio.create_task(http.post(url, content="40/live,"))
        await until(lambda: served.echo.log == ["connect"])
        await http.post(url, content="1")
        served.echo.door.set()
        await joining
    await until(lambda: served.echo.log == ["connect", "disconnect"])
    assert not served.server._peers
    assert not served.server.manager.rooms
    assert not served.server.manager.pending_connect


async def test_a_failure_while_let_in_ends_the_connection(served: Served) -> None:
    served.echo.door = None  # type: ignore[assignment]
    client = await opened(served)
    await client.send("40/live,")
    await assert_dropped(client)
    await until(lambda: served.echo.log == ["connect", "disconnect"])
    assert not served.server.manager.rooms


async def test_an_answered_picture_is_not_kept() -> None:
    """Whatever checks that the attachment came must not hold the packet until its time is up."""
    async with serving_sockets(replace(LIMITS, attachment_s=600)) as served:
        client = await joined(served)
        for n in range(10):
            await client.send(f'451-/live,{n}["echo",{{"_placeholder":true,"num":0}}]')
            await client.send(b"x" * 1000)
            assert await client.recv() == f"43/live,{n}[[1000]]"
        gc.collect()
        held = [each for each in gc.get_objects() if isinstance(each, Packet) and isinstance(each.data, list)]
        assert len([each for each in held if b"x" * 1000 in each.data]) <= 1  # the one in the reader's hands
        await client.close()


@pytest.mark.parametrize("packet", ["3", "3" + "x" * 90_000, "6", "5", "41/elsewhere,", '42/other,["echo",1]'])
async def test_a_stream_of_packets_that_are_no_events_ends_the_connection(served: Served, packet: str) -> None:
    client = await joined(served)
    with contextlib.suppress(ConnectionClosed):
        for _ in range(1000):
            await client.send(packet)
    await assert_dropped(client)
    await until(lambda: served.echo.log == ["connect", "disconnect"])


@pytest.mark.parametrize("garbage", ["x", "9", "", "2probe\x00"])
async def test_what_is_no_packet_of_engine_io_fills_no_log(
    served: Served, garbage: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = await joined(served)
    with contextlib.suppress(ConnectionClosed):
        for _ in range(100):
            await client.send(garbage)
    await assert_dropped(client)
    await until(lambda: not served.server._peers)
    async with httpx.AsyncClient() as http:
        sid = json.loads((await http.get(served.http)).text[1:])["sid"]
        await http.post(f"{served.http}&sid={sid}", content=garbage or "\x1e")
    await until(lambda: not served.server._peers)
    assert not [each for each in caplog.records if each.levelname in {"ERROR", "CRITICAL"}]


async def test_a_websocket_that_ended_does_not_wait_for_a_client_that_never_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("facegate.app.websocket.FLUSH_SECONDS", 0.2)
    ended = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "bytes": b"x" * 50_000_000})
        ended.set()

    listener = socket.create_server(("127.0.0.1", 0))
    web = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws=AbortableWebSocket))
    task = asyncio.create_task(web._serve([listener]))
    await until(lambda: web.started)
    _, writer = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1], limit=1024)
    writer.write(HANDSHAKE.encode())
    await ended.wait()
    assert web.server_state.connections
    await until(lambda: not web.server_state.connections)
    writer.close()
    web.should_exit = True
    await task
    listener.close()


async def test_a_polling_client_that_never_polls_is_cut_off(served: Served) -> None:
    async with httpx.AsyncClient() as http:
        sid = json.loads((await http.get(served.http)).text[1:])["sid"]
        url = f"{served.http}&sid={sid}"
        await http.post(url, content="40/live,")
        await until(lambda: served.echo.log == ["connect"])
        await http.post(url, content='42/live,["flood",200]')
        await until(lambda: served.connections == 0)
        assert (await http.get(url)).status_code == 400


async def test_a_dismissed_client_is_told_and_gone_even_if_it_stays(served: Served) -> None:
    client = await joined(served)
    (sid,) = (sid for sid in served.server.manager.rooms["/live"] if sid is not None)
    await served.server.dismiss(sid, "/live")
    assert await client.recv() == "41/live,"
    await assert_dropped(client)
    assert served.echo.log == ["connect", "disconnect"]


async def test_leaving_the_namespace_without_closing_ends_the_connection(served: Served) -> None:
    client = await joined(served)
    await client.send("41/live,")
    await assert_dropped(client)


async def test_all_connections_together_are_limited() -> None:
    server = SocketServer(
        events={"/live": {"echo"}}, origins={"http://x"}, limits=replace(LIMITS, connections=2), monotonic=lambda: 0.0
    )
    scope = {"asgi.scope": {"client": ["192.0.2.1", 1]}}
    server.eio.sockets.update({f"s{n}": AsyncSocket(server.eio, f"s{n}") for n in range(3)})
    admitted = [await server._handle_eio_connect(f"s{n}", scope) for n in range(3)]
    assert admitted == [None, None, False]
