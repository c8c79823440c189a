"""The pieces of a browser test: a server process, and the Node scripts that drive Chromium against it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).resolve().parent


def _line(stream: IO[str] | None) -> dict[str, Any]:
    assert stream is not None
    text = stream.readline()
    if not text:
        raise AssertionError("the process ended without an answer")
    return json.loads(text)


@dataclass
class ServerProcess:
    """A server that can be killed and started again at the same address."""

    environment: dict[str, str]
    process: subprocess.Popen[str] | None = None
    url: str = ""
    port: int = 0
    log: Path | None = None

    def start(self) -> None:
        port = str(self.port)
        with (self.log or Path(os.devnull)).open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / "server_main.py")],
                env={**os.environ, **self.environment, "FACEGATE_PORT": port},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        answer = _line(self.process.stdout)
        self.url, self.port = answer["url"], answer["port"]

    def link(self) -> str:
        """A new owner link."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return f"{self.url}/#setup={_line(self.process.stdout)['token']}"

    def kill(self) -> None:
        """As a power cut does it: no goodbye to the sockets."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate(timeout=10)

    def freeze(self) -> None:
        """Let the sockets stand and answer nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on after `freeze`."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.thaw()
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=15)
        assert self.process.returncode in (0, -signal.SIGINT), f"the server ended with {self.process.returncode}"


@dataclass
class Stage:
    """Runs scenarios against one server."""

    server: ServerProcess
    pictures: Path
    node: Path

    def play(self, scenario: str, *, timeout: float = 100, **options: Any) -> dict[str, Any]:
        """Run one scenario to its end and give what it found.

        Raises:
            AssertionError: with the scenario's own words.
        """
        options = {"base": self.server.url, "pictures": str(self.pictures / scenario), **options}
        command = [str(self.node), str(HERE / "scenarios.mjs"), scenario, json.dumps(options)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            # A scenario that hangs is ended, which ends the reading below.
            watchdog = threading.Timer(timeout, process.kill)
            watchdog.start()
            try:
                return self._converse(process)
            finally:
                watchdog.cancel()

    def _converse(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        assert process.stdin is not None
        while "ask" in (said := _line(process.stdout)):
            self._do(said["ask"])
            process.stdin.write("done\n")
            process.stdin.flush()
        assert said["done"], said.get("error")
        return said

    def _do(self, request: str) -> None:
        deeds: dict[str, Callable[[], None]] = {
            "kill": self.server.kill,
            "start": self.server.start,
            "freeze": self.server.freeze,
            "thaw": self.server.thaw,
        }
        deeds[request]()
