"""The door: Host, Origin and body rules, straight and through a real uvicorn."""

import asyncio
import contextlib
import dataclasses
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn

from facegate.app.guard import Guard, GuardRules, judge
from facegate.config import Settings

PORT = 5000


def rules(**settings: Any) -> GuardRules:
    return GuardRules.for_address(Settings(**settings), PORT)


def headers(host: str | None = "127.0.0.1:5000", **more: str) -> list[tuple[bytes, bytes]]:
    given = [] if host is None else [(b"host", host.encode())]
    return given + [(name.replace("_", "-").encode(), value.encode()) for name, value in more.items()]


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "localhost:5000", "LOCALHOST:5000", "[::1]:5000"])
def test_own_names_pass(host: str) -> None:
    assert judge(rules(), "/", headers(host)) is None


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "evil.example:5000",
        "127.0.0.1",
        "127.0.0.1:5001",
        "localhost.evil:5000",
        "x@127.0.0.1:5000",
    ],
)
def test_foreign_hosts_are_refused(host: str | None) -> None:
    refusal = judge(rules(), "/", headers(host))
    assert refusal is not None and (refusal.status, refusal.code) == (400, "invalid_request")


def test_two_host_headers_are_refused() -> None:
    assert judge(rules(), "/", headers() + headers()) is not None


@pytest.mark.parametrize("path", ["/v1/session", "/socket.io/"])
@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://127.0.0.1:5000.evil.example",
        "http://127.0.0.1:50000",
        "http://evil.127.0.0.1:5000",
        "https://127.0.0.1:5000",
        "http://127.0.0.1:5000/",
    ],
)
def test_foreign_origins_are_refused_for_pages_and_sockets(path: str, origin: str) -> None:
    refusal = judge(rules(), path, headers(origin=origin))
    assert refusal is not None and refusal.code == "forbidden"
    assert refusal.status == (400 if path.startswith("/socket.io/") else 403)


def test_own_origin_passes() -> None:
    assert judge(rules(), "/socket.io/", headers(origin="http://127.0.0.1:5000")) is None


def test_matching_foreign_host_and_origin_are_refused() -> None:
    """python-socketio alone would take this for the same origin."""
    given = headers("evil.example", origin="http://evil.example")
    assert judge(rules(), "/socket.io/", given) is not None


def test_another_sites_subrequest_is_refused_but_its_link_is_followed() -> None:
    assert judge(rules(), "/v1/people", headers(sec_fetch_site="cross-site", sec_fetch_mode="no-cors")) is not None
    assert judge(rules(), "/v1/people", headers(sec_fetch_site="same-site", sec_fetch_mode="cors")) is not None
    assert judge(rules(), "/", headers(sec_fetch_site="cross-site", sec_fetch_mode="navigate")) is None
    assert judge(rules(), "/v1/people", headers(sec_fetch_site="same-origin", sec_fetch_mode="cors")) is None


def test_allowed_hosts_are_exact_and_give_their_origin() -> None:
    behind = rules(allowed_hosts=("Face.example.org",), public_scheme="https")
    assert judge(behind, "/", headers("face.example.org", origin="https://face.example.org")) is None
    assert judge(behind, "/", headers("face.example.org:443")) is None
    assert judge(behind, "/", headers("face.example.org", origin="http://face.example.org")) is not None
    assert judge(behind, "/", headers("sub.face.example.org")) is not None


def test_all_interfaces_add_no_host() -> None:
    assert rules(host="0.0.0.0").hosts == rules().hosts
    assert "192.168.1.7:5000" in rules(host="192.168.1.7").hosts
    assert "[fd00::7]:5000" in rules(host="fd00::7").hosts


def test_port_80_may_be_left_out() -> None:
    plain = GuardRules.for_address(Settings(), 80)
    assert judge(plain, "/", headers("127.0.0.1", origin="http://127.0.0.1")) is None
    assert judge(plain, "/", headers("127.0.0.1:80")) is None


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    """Says how many bytes of body arrived, and under what length."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    given = dict(scope["headers"])
    said = {"bytes": len(body), "length": given.get(b"content-length", b"").decode()}
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(said).encode()})


@pytest.fixture(scope="module")
def guarded() -> Iterator[int]:
    """The port of a uvicorn that serves the echo behind the guard."""
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    strict = GuardRules.for_address(Settings(), port)
    quick = GuardRules(
        strict.hosts,
        strict.origins,
        rest_body_bytes=1000,
        socket_body_bytes=2000,
        body_seconds=1.0,
        linger_bytes=500_000,
    )
    server = uvicorn.Server(uvicorn.Config(Guard(_echo, quick), log_config=None, lifespan="off", http="h11"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield port
    server.should_exit = True
    thread.join()
    listener.close()


def _chunks(total: int) -> Iterator[bytes]:
    for _ in range(total // 100):
        yield b"x" * 100


def test_a_body_without_length_is_counted_and_handed_on_whole(guarded: int) -> None:
    """Through a2wsgi it would otherwise arrive as 0 bytes with status 200."""
    answer = httpx.post(f"http://127.0.0.1:{guarded}/v1/x", content=_chunks(600))
    assert answer.json() == {"bytes": 600, "length": "600"}


@pytest.mark.parametrize(("path", "limit"), [("/v1/x", 1000), ("/socket.io/", 2000)])
def test_bodies_over_the_limit_are_refused(guarded: int, path: str, limit: int) -> None:
    url = f"http://127.0.0.1:{guarded}{path}"
    assert httpx.post(url, content=b"x" * limit).status_code == 200
    for content in (b"x" * (limit + 1), _chunks(limit + 100)):
        answer = httpx.post(url, content=content)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "invalid_request"


def test_an_endless_body_is_refused_while_it_is_still_sent(guarded: int) -> None:
    with socket.create_connection(("127.0.0.1", guarded)) as client:
        client.sendall(
            f"POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1:{guarded}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 100_000_000:
                client.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                sent += 0x10000
        with contextlib.suppress(OSError):
            assert b"413" in client.recv(4096)
    assert sent < 100_000_000, "the connection ends while the body is still sent"


@pytest.mark.parametrize("round_", range(20))
def test_the_answer_reaches_a_client_that_was_still_writing(guarded: int, round_: int) -> None:
    answer = httpx.post(f"http://127.0.0.1:{guarded}/v1/x", content=b"x" * 400_000)
    assert answer.status_code == 413


def test_bodies_that_arrive_at_one_time_share_a_budget() -> None:
    """Most come from nobody who is known yet, and each may be kept for seconds."""
    rules_ = dataclasses.replace(rules(), rest_body_bytes=1000, bodies_bytes=1500)

    async def run() -> list[int]:
        guard, more, statuses = Guard(_echo, rules_), asyncio.Event(), list[int]()

        async def request() -> None:
            given = 0

            async def receive() -> Any:
                nonlocal given
                given += 1
                if given == 2:
                    await more.wait()
                return {"type": "http.request", "body": b"x" * 400 if given == 1 else b"", "more_body": given == 1}

            async def send(message: Any) -> None:
                statuses.extend([message["status"]] if "status" in message else [])

            scope = {"type": "http", "path": "/v1/x", "method": "POST", "headers": headers("127.0.0.1:5000")}
            await guard(scope, receive, send)

        first = [asyncio.create_task(request()) for _ in range(5)]
        await asyncio.sleep(0.05)
        more.set()
        await asyncio.gather(*first)
        await asyncio.create_task(request())
        return statuses

    statuses = asyncio.run(run())
    assert sorted(statuses[:5]) == [200, 200, 200, 503, 503]
    assert statuses[5] == 200, "what was held is given back"


def test_a_body_cut_by_the_end_of_the_server_is_answered() -> None:
    async def run() -> list[Any]:
        sent: list[Any] = []

        async def receive() -> Any:
            await asyncio.sleep(60)

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "path": "/v1/x", "method": "POST", "headers": headers("127.0.0.1:5000")}
        task = asyncio.create_task(Guard(_echo, rules())(scope, receive, send))
        await asyncio.sleep(0.05)
        task.cancel()
        await task
        return sent

    assert asyncio.run(run())[0]["status"] == 503


def test_a_declared_length_that_is_too_long_is_refused_unread(guarded: int) -> None:
    with socket.create_connection(("127.0.0.1", guarded)) as client:
        client.sendall(f"POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1:{guarded}\r\nContent-Length: 99999999\r\n\r\n".encode())
        assert b"413" in client.recv(4096)


def test_a_body_that_does_not_come_is_not_waited_for(guarded: int) -> None:
    with socket.create_connection(("127.0.0.1", guarded), timeout=20) as client:
        client.sendall(f"POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1:{guarded}\r\nContent-Length: 500\r\n\r\nxx".encode())
        assert b"408" in client.recv(4096)


def test_a_websocket_from_elsewhere_is_refused_before_it_opens(guarded: int) -> None:
    wish = (
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
        "Host: 127.0.0.1:{port}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", guarded)) as client:
        client.sendall(wish.format(port=guarded, origin="http://evil.example").encode())
        assert client.recv(4096).startswith(b"HTTP/1.1 400")


async def test_refusals_use_the_error_envelope() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def never() -> Any:
        await asyncio.Event().wait()

    scope = {"type": "http", "path": "/", "method": "GET", "headers": headers("evil.example")}
    await Guard(_echo, rules())(scope, never, send)
    envelope = json.loads(sent[1]["body"])
    assert set(envelope) == {"error", "request_id"}
    assert set(envelope["error"]) == {"code", "message", "details"}
