"""The server process: ports, notes, links, and the way it ends."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from facegate.app import ports
from facegate.app.owner_link import keep_owner_link, owner_link
from facegate.app.ports import listen
from facegate.app.running import RunningServer
from facegate.app.server import public_url
from facegate.config import Settings
from facegate.errors import Conflict, PortInUse, StorageError
from tests.serving import serving


@contextmanager
def taken() -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as holder:
        yield holder.getsockname()[1]


def test_a_busy_port_is_passed_over_unless_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with taken() as port:
        monkeypatch.setattr(ports, "FIRST_PORT", port)
        monkeypatch.setattr(ports, "LAST_PORT", port + 20)
        found = listen("127.0.0.1", None)
        with closing(found.socket):
            assert found.port > port and found.busy_port == port
        with pytest.raises(PortInUse) as raised:
            listen("127.0.0.1", port)
        assert raised.value.code == "port_in_use" and str(port) in raised.value.message


def test_a_free_first_port_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with taken() as port:
        pass
    monkeypatch.setattr(ports, "FIRST_PORT", port)
    monkeypatch.setattr(ports, "LAST_PORT", port)
    found = listen("127.0.0.1", None)
    with closing(found.socket):
        assert (found.port, found.busy_port) == (port, None)


def test_port_0_is_any_free_one() -> None:
    with closing(listen("127.0.0.1", 0).socket) as bound:
        assert bound.getsockname()[1] > 0


def test_when_all_are_taken_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with taken() as port:
        monkeypatch.setattr(ports, "FIRST_PORT", port)
        monkeypatch.setattr(ports, "LAST_PORT", port)
        with pytest.raises(PortInUse):
            listen("127.0.0.1", None)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:5000"),
        ("localhost", "http://127.0.0.1:5000"),
        ("0.0.0.0", "http://127.0.0.1:5000"),
        ("::1", "http://[::1]:5000"),
        ("192.168.1.7", "http://192.168.1.7:5000"),
        ("fd00::7", "http://[fd00::7]:5000"),
    ],
)
def test_urls_are_printed_with_numbers(host: str, url: str) -> None:
    assert public_url(Settings(host=host), 5000) == url


def test_the_note_of_a_running_server_comes_and_goes(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        note = RunningServer.read(tmp_path)
        assert note is not None
        assert (note.url, note.port, note.pid) == (server.url, server.port, os.getpid())
    assert RunningServer.read(tmp_path) is None


def test_a_data_folder_is_held_by_one_server(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        with pytest.raises(Conflict, match=f"is running already at {server.url} "), serving(tmp_path):
            pass
        assert RunningServer.read(tmp_path) is not None
    with serving(tmp_path):
        pass


def test_a_broken_note_is_none(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text("{broken")
    assert RunningServer.read(tmp_path) is None


def test_the_owner_link_claims_the_server_and_is_private(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        link = owner_link(server.services, server.url)
        assert link is not None and link.startswith(f"{server.url}/#setup=")
        kept = keep_owner_link(tmp_path, link)
        assert kept.read_text().strip() == link
        if os.name == "posix":
            assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        token = link.partition("#setup=")[2]
        headers = {"Origin": server.url, "X-Facegate": "1"}
        assert httpx.post(f"{server.url}/v1/setup", json={"token": token}, headers=headers).status_code == 201
        assert owner_link(server.services, server.url) is None


def test_probes_page_and_sockets_answer_on_one_port(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert httpx.get(f"{server.url}/healthz").json() == {"status": "ok"}
        assert httpx.get(f"{server.url}/readyz").json() == {"status": "ok"}
        assert httpx.get(f"{server.url}/socket.io/?EIO=4&transport=polling").text.startswith("0{")
        assert httpx.get(f"{server.url}/v1/session").json()["engine"]["recipe_id"].startswith("default@")


def test_a_server_that_cannot_open_its_data_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a folder")
    with pytest.raises(StorageError), serving(tmp_path / "data"):
        pass


@pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_with_sockets_open(tmp_path: Path, number: signal.Signals) -> None:
    program = (
        "from facegate.app.server import serve; from facegate.config import load_settings;"
        "serve(load_settings(), on_ready=lambda ready: print(ready.url, flush=True))"
    )
    environment = os.environ | {
        "FACEGATE_DATA": str(tmp_path / "data"),
        "FACEGATE_PORT": "0",
        "FACEGATE_LIVE_ACCESS": "open",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        answer = httpx.get(f"{url}/socket.io/?EIO=4&transport=polling")
        sid = json.loads(answer.text[1:])["sid"]
        httpx.post(f"{url}/socket.io/?EIO=4&transport=polling&sid={sid}", content="40/live,")
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as idle:
            # A long poll that is waiting, and a websocket whose client reads nothing.
            idle.sendall(
                f"GET /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: {url[7:]}\r\n\r\n".encode()
            )
            time.sleep(0.3)
            process.send_signal(number)
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert errors == ""
    assert not (tmp_path / "data" / "server.json").exists()
