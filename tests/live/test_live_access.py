"""Who may connect to `/live`, for how long, how often and how many."""

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio

from facegate.accounts.access import LoginSession
from facegate.app.asgi import LiveRooms
from tests.serving import Live, Server, serving


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


async def refusal(server: Server, **options: Any) -> dict[str, Any]:
    """What a client that is not let in is told."""
    async with Live() as live:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await live.connect(server, **options)
        assert isinstance(live.refused, dict), live.refused
        assert live.refused["message"] == live.refused["data"]["message"]
        return live.refused["data"]


def ticket(client: httpx.Client) -> str:
    given: str = client.post("/v1/tickets").json()["ticket"]
    return given


async def test_a_ticket_opens_one_socket_once(closed_server: Server, eileen: list[bytes]) -> None:
    with closed_server.owner() as owner:
        single = ticket(owner)
        async with Live() as live:
            await live.connect(closed_server, single)
            assert len((await live.frame(eileen[0]))["faces"]) == 1
            assert (await refusal(closed_server, ticket=single))["code"] == "expired"


@pytest.mark.parametrize("auth", [None, {}, {"ticket": ""}, {"ticket": 5}, {"ticket": "made up"}, "text", [1]])
async def test_without_a_good_ticket_nobody_gets_in(closed_server: Server, auth: Any) -> None:
    client = socketio.AsyncClient(reconnection=False)
    refused: list[Any] = []
    client.on("connect_error", refused.append, namespace="/live")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(closed_server.url, namespaces=["/live"], auth=auth, transports=["websocket"])
    assert refused[0]["data"]["code"] == "unauthorized"
    await client.disconnect()


async def test_a_cookie_does_not_open_a_socket(closed_server: Server) -> None:
    with closed_server.owner() as owner:
        client = socketio.AsyncClient(reconnection=False)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(
                closed_server.url,
                namespaces=["/live"],
                headers={"Cookie": f"facegate={owner.cookies['facegate']}", "Origin": closed_server.url},
                transports=["websocket"],
            )
        await client.disconnect()


async def test_the_seeds_namespace_is_not_there_in_session_mode(closed_server: Server) -> None:
    client = socketio.AsyncClient(reconnection=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(closed_server.url, namespaces=["/"], transports=["websocket"])
    await client.disconnect()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ],
)
async def test_a_foreign_page_does_not_reach_the_sockets(open_server: Server, headers: dict[str, str]) -> None:
    """Not even where nobody has to sign in."""
    client = socketio.AsyncClient(reconnection=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(open_server.url, namespaces=["/live"], headers=headers, transports=["websocket"])
    await client.disconnect()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://evil.example"}, 400),
        ({"Origin": "null"}, 400),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 400),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 400),
    ],
)
def test_the_polling_handshake_is_judged_alike(open_server: Server, headers: dict[str, str], status: int) -> None:
    answer = httpx.get(f"{open_server.url}/socket.io/?EIO=4&transport=polling", headers=headers)
    assert answer.status_code == status


async def test_before_a_claim_no_socket_opens(data_dir: Path) -> None:
    with serving(data_dir) as server:
        assert (await refusal(server, ticket="anything"))["code"] == "unauthorized"


async def test_signing_out_closes_the_sockets(closed_server: Server, eileen: list[bytes]) -> None:
    with closed_server.owner() as owner, closed_server.owner() as other:
        async with Live() as leaving, Live() as staying:
            await leaving.connect(closed_server, ticket(owner))
            await staying.connect(closed_server, ticket(other))
            assert owner.delete("/v1/session").status_code == 204
            await until(lambda: leaving.gone)
            assert not staying.gone
            assert len((await staying.frame(eileen[0]))["faces"]) == 1


async def test_an_operator_may_recognise_and_enrol(closed_server: Server, eileen: list[bytes]) -> None:
    with closed_server.owner():
        sid, login = closed_server.services.access.claim(closed_server.services.access.create_setup_link("operator"))
    assert login.role == "operator" and sid
    async with Live() as live:
        await live.connect(closed_server, closed_server.services.access.issue_ticket(login.id))
        assert len((await live.frame(eileen[0]))["faces"]) == 1


async def test_one_sign_in_opens_eight_sockets(closed_server: Server) -> None:
    with closed_server.owner() as owner:
        opened = [await Live().connect(closed_server, ticket(owner)) for _ in range(8)]
        assert (await refusal(closed_server, ticket=ticket(owner)))["code"] == "overloaded"
        await opened[0].client.disconnect()
        async with Live() as again:
            await again.connect(closed_server, ticket(owner))
        for live in opened:
            await live.client.disconnect()


async def test_leaving_while_a_ticket_is_redeemed_keeps_no_place(
    closed_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = closed_server.services.access
    redeem = access.redeem_ticket
    redeeming, go_on = threading.Semaphore(0), threading.Event()

    def slowly(given: str) -> LoginSession:
        redeeming.release()
        assert go_on.wait(30)
        return redeem(given)

    polling = f"{closed_server.url}/socket.io/?EIO=4&transport=polling"
    with closed_server.owner() as owner:
        for _ in range(8):  # as many places as one sign-in has
            monkeypatch.setattr(access, "redeem_ticket", slowly)
            go_on.clear()
            async with httpx.AsyncClient(timeout=30) as http:
                url = f"{polling}&sid={json.loads((await http.get(polling)).text[1:])['sid']}"
                packet = f'40/live,{{"ticket":"{ticket(owner)}"}}'
                joining = asyncio.create_task(http.post(url, content=packet))
                assert await asyncio.to_thread(redeeming.acquire, timeout=30)
                assert (await http.post(url, content="1")).status_code == 200
                go_on.set()
                await joining
            monkeypatch.setattr(access, "redeem_ticket", redeem)
        async with Live() as live:
            await live.connect(closed_server, ticket(owner))


async def test_a_watch_that_failed_does_not_fail_the_shutdown(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(self: LiveRooms) -> None:
        raise RuntimeError("no more threads")

    monkeypatch.setattr(LiveRooms, "watch", fail)
    with serving(data_dir, live_access="open") as server:
        async with Live() as live:
            await live.connect(server)


async def test_a_full_server_says_so_at_the_door(data_dir: Path) -> None:
    with serving(data_dir, live_access="open", max_viewers=2) as server:
        async with Live() as first, Live() as second:
            await first.connect(server)
            await second.connect(server)
            told = await refusal(server)
            assert told["code"] == "overloaded" and "2" in told["message"]
        async with Live() as third:
            await third.connect(server)


async def test_more_frames_than_allowed_are_refused_and_a_flood_ends_the_connection(
    data_dir: Path, eileen: list[bytes], empty_room: bytes
) -> None:
    with serving(data_dir, live_access="open", max_frames_per_second=5) as server:
        async with Live() as flood, Live() as other:
            await flood.connect(server)
            await other.connect(server)
            codes: list[str] = []

            def keep(answer: Any) -> None:
                if "error" in answer:
                    codes.append(answer["error"]["code"])

            for n in range(20):
                await flood.client.emit("frame", (empty_room, {"seq": n}), namespace="/live", callback=keep)
            await until(lambda: bool(codes))
            assert set(codes) == {"rate_limited"}
            for n in range(1000):
                if flood.gone:
                    break
                await flood.client.emit("frame", (empty_room, {"seq": n}), namespace="/live", callback=keep)
            await until(lambda: flood.gone)
            assert len((await other.frame(eileen[0]))["faces"]) == 1


async def test_control_events_have_a_rate_of_their_own(open_server: Server, eileen: list[bytes]) -> None:
    async with Live() as live:
        await live.connect(open_server)
        answers = [await live.call("enroll_cancel") for _ in range(12)]
        assert answers[0] == {}
        assert answers[-1]["error"]["code"] == "rate_limited"
        assert len((await live.frame(eileen[0]))["faces"]) == 1


async def test_a_server_stops_in_order_with_viewers_connected(data_dir: Path, eileen: list[bytes]) -> None:
    clients = [Live() for _ in range(4)]
    with serving(data_dir, live_access="open") as server:
        for n, live in enumerate(clients):
            await live.connect(server, transport="polling" if n == 0 else "websocket")
            await live.frame(eileen[0])
            await live.client.emit("frame", (eileen[1], {"seq": 1}), namespace="/live")
    for live in clients:
        await until(lambda live=live: live.gone)
        await live.client.disconnect()
