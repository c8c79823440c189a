"""Links, cookies, tickets and connection ids open doors; none of them may reach a log, whatever its level."""

import json
import logging
from pathlib import Path

import httpx
import pytest

from tests.serving import Live, serving


async def test_no_secret_reaches_a_log(
    data_dir: Path, eileen: list[bytes], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "facegate")
    secrets: list[str] = []
    with serving(data_dir) as server:
        token = server.services.access.create_setup_link()
        headers = {"Origin": server.url, "X-Facegate": "1"}
        with httpx.Client(base_url=server.url, headers=headers) as client:
            assert client.post("/v1/setup", json={"token": token}).status_code == 201
            assert client.post("/v1/setup", json={"token": token}).status_code == 410
            ticket = client.post("/v1/tickets").json()["ticket"]
            secrets += [token, ticket, client.cookies["facegate"]]
            handshake = client.get("/socket.io/", params={"EIO": "4", "transport": "polling"})
            secrets.append(json.loads(handshake.text[1:])["sid"])
            async with Live() as live:
                await live.connect(server, ticket)
                await live.frame(eileen[0])
                secrets.append(live.client.eio.sid)
            async with Live() as late:
                with pytest.raises(Exception, match="failed to connect"):
                    await late.connect(server, ticket)
    # The clients of this test are allowed to log what they sent.
    ours = [
        r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore", "socketio", "engineio"))
    ]
    printed = capfd.readouterr()
    text = "\n".join(ours) + printed.out + printed.err
    for secret in secrets:
        assert secret and secret not in text
