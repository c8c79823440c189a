"""`facegate serve` as a process: what it prints, where the owner link goes, how it ends."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from facegate.cli.main import main; main()"]
posix = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


class Server:
    """A server process whose stdout is read line by line."""

    def __init__(self, data: Path, *options: str, terminal: bool = False, **env: str) -> None:
        self._terminal: int | None = None
        stdout: int = subprocess.PIPE
        if terminal:
            import pty

            self._terminal, stdout = pty.openpty()
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", *options],
            stdout=stdout,
            stderr=subprocess.PIPE,
            env={**os.environ, "FACEGATE_DATA": str(data), "TERM": "xterm", **env},
        )
        if self._terminal is not None:
            os.close(stdout)
            self._reader = os.fdopen(self._terminal, "rb", buffering=0)
        else:
            assert self.process.stdout is not None
            self._reader = self.process.stdout

    def until(self, wanted: str) -> str:
        """Everything printed up to the line that holds `wanted`."""
        said = ""
        for line in iter(self._reader.readline, b""):
            said += line.decode()
            if wanted in said.rsplit("\n", 2)[-2 if said.endswith("\n") else -1]:
                return said
        raise AssertionError(f"ended before {wanted!r}: {said}{self.errors()}")

    def errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*options: str, **more: object) -> Server:
        servers.append(Server(tmp_path / "data", *options, **more))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
        server.process.wait(30)
        server._reader.close()
        if server.process.stderr is not None:
            server.process.stderr.close()


def facegate(data: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "FACEGATE_DATA": str(data), **env},
        check=False,
    )


def test_in_a_pipe_the_owner_link_goes_to_a_private_file(serving: Callable[..., Server], tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = serving()
    said = server.until("Ready in")
    lines = said.splitlines()
    assert re.fullmatch(
        r"facegate \S+ · engine default \(mtcnn \+ dlib-r29, calibrated\) · 0 people · data \S+", lines[0]
    )
    (url,) = re.findall(r"^  This computer   (http://127\.0\.0\.1:\d+)$", said, re.MULTILINE)
    assert "#setup=" not in said
    link_file = Path(re.findall(r"the link is in (.*?)   valid 30 min, once", said)[0])
    assert stat.S_IMODE(link_file.stat().st_mode) == 0o600
    assert link_file.read_text().startswith(f"{url}/#setup=")
    assert "\x1b" not in said
    assert re.fullmatch(r"Ready in \d+\.\d s\. Ctrl-C stops\.", lines[-1])
    with urllib.request.urlopen(f"{url}/healthz") as answer:
        assert answer.status == 200

    opened = facegate(data, "open", "--json", BROWSER="true")
    assert json.loads(opened.stdout) == {"url": url, "opened": True}
    link = json.loads(facegate(data, "users", "setup-link", "--json").stdout)
    assert link["running"] is True
    assert link["url"].startswith(f"{url}/#setup=")
    assert f"running at {url}" in facegate(data, "doctor").stdout

    assert server.end() == 0
    errors = server.errors()
    assert "#setup=" not in errors
    assert "Traceback" not in errors
    assert facegate(data, "open").returncode == 1


def test_json_is_one_object_without_the_link(serving: Callable[..., Server]) -> None:
    server = serving("--json")
    ready = json.loads(server.until("}"))
    assert set(ready) == {"version", "url", "port", "people", "data", "owner_link_file", "ready_ms"}
    assert ready["url"].endswith(f":{ready['port']}")
    assert Path(ready["owner_link_file"]).is_file()


@posix
def test_on_a_terminal_the_owner_link_is_shown(serving: Callable[..., Server], tmp_path: Path) -> None:
    said = serving(terminal=True).until("Ready in")
    assert re.search(r"Administrator   http://127\.0\.0\.1:\d+/#setup=\S{40,}   valid 30 min, once", said)
    assert not (tmp_path / "data" / "owner-link.txt").exists()


def test_open_access_is_said_loudly(serving: Callable[..., Server]) -> None:
    said = serving(FACEGATE_LIVE_ACCESS="open").until("Ready in")
    assert "Note            FACEGATE_LIVE_ACCESS=open: every user of this computer" in said


@posix
def test_a_key_file_that_others_can_read_is_said_loudly(serving: Callable[..., Server], tmp_path: Path) -> None:
    assert facegate(tmp_path / "data", "people", "list").returncode == 0
    (tmp_path / "data" / "keys" / "kek-1").chmod(0o644)
    said = serving().until("Ready in")
    assert re.search(r"Note            The key file .*kek-1 is open to other users \(mode 644\)", said)


def test_a_taken_port_is_refused_when_it_was_asked_for(serving: Callable[..., Server], tmp_path: Path) -> None:
    port = json.loads(serving("--json").until("}"))["port"]
    done = facegate(tmp_path / "other", "serve", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use by " in done.stderr
    if sys.platform.startswith("linux"):
        assert "another program" not in done.stderr
    assert "[port_in_use]" in done.stderr


@pytest.mark.parametrize("host", ["8.8.8.8", "1.2.3", "nonsense.invalid", "", "a" * 70])
def test_an_address_that_cannot_be_bound_is_a_setting(tmp_path: Path, host: str) -> None:
    done = facegate(tmp_path / "data", "serve", "--host", host)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "[invalid_settings]" in done.stderr


def test_a_data_folder_has_one_server(serving: Callable[..., Server], tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = serving()
    first.until("Ready in")
    note, link = (data / "server.json").read_text(), (data / "owner-link.txt").read_text()
    second = facegate(data, "serve", "--port", "0")
    assert second.returncode == 2
    assert f"is running already at {json.loads(note)['url']} " in second.stderr
    assert ((data / "server.json").read_text(), (data / "owner-link.txt").read_text()) == (note, link)
    first.process.kill()
    first.process.wait(30)
    serving().until("Ready in")


def test_a_link_made_before_the_first_start_is_said_to_end_with_it(
    serving: Callable[..., Server], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    made = facegate(data, "users", "setup-link")
    assert "closes this one" in made.stderr
    operator = facegate(data, "users", "setup-link", "--role", "operator")
    assert "before opening the link" in operator.stderr
    server = serving()
    said = server.until("Ready in")
    (url,) = re.findall(r"This computer   (\S+)", said)

    def opens(link: str) -> bool:
        request = urllib.request.Request(
            f"{url}/v1/setup",
            json.dumps({"token": link.split("#setup=")[1].split()[0]}).encode(),
            {"Content-Type": "application/json", "Origin": url, "X-Facegate": "1"},
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status == 201
        except urllib.error.HTTPError:
            return False

    assert not opens(made.stdout)
    assert opens(operator.stdout)
    assert opens((data / "owner-link.txt").read_text())
    later = facegate(data, "users", "setup-link")
    assert later.stderr == ""


def test_a_lost_key_stops_the_start_with_2(tmp_path: Path, grace_hopper_path: Path) -> None:
    data = tmp_path / "data"
    assert facegate(data, "enroll", "Grace", str(grace_hopper_path)).returncode == 0
    key = data / "keys" / "kek-1"
    key.unlink()
    done = facegate(data, "serve", "--port", "0")
    assert done.returncode == 2
    assert str(key) in done.stderr
    assert not key.exists()
