"""The running program: how fast it answers, how much memory a live viewer costs."""

import asyncio
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import socketio

STARTS = 3
HELPS = 7
READY_LIMIT_S = 60.0
FRAMES_PER_S = 15
_COMMAND = [str(Path(sys.executable).with_name("facegate"))]


def help_seconds() -> float:
    """Median time of `facegate --help`, after one run that warms the file cache."""
    times: list[float] = []
    for _ in range(HELPS + 1):
        start = time.perf_counter()
        subprocess.run([*_COMMAND, "--help"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


@contextlib.contextmanager
def server() -> Iterator[tuple[str, float, psutil.Process]]:
    """A server with an empty database and open live access: address, seconds until `/readyz`, process."""
    with tempfile.TemporaryDirectory() as data, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = {**os.environ, "FACEGATE_DATA": data, "FACEGATE_LIVE_ACCESS": "open"}
        start = time.perf_counter()
        process = subprocess.Popen(
            [*_COMMAND, "serve", "--quiet", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_ready(address, process)
            yield address, time.perf_counter() - start, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)


def ready_seconds() -> float:
    """Median time from the command until `/readyz` answers 200."""
    times: list[float] = []
    for _ in range(STARTS):
        with server() as (_, seconds, _):
            times.append(seconds)
    return statistics.median(times)


def live_memory_mb(frames: Sequence[bytes], seconds: float, progress: Callable[[float], None]) -> dict[str, float]:
    """Resident memory of the server's processes: at rest, and the most while one viewer sends frames at 15 per s.

    Args:
        frames: JPEG files, sent in turn.
        seconds: how long.
        progress: told the share done.
    """
    with server() as (address, _, process):
        before = _resident_mb(process)
        return {"at_rest": before, **asyncio.run(_view(address, process, frames, seconds, progress))}


async def _view(
    address: str,
    process: psutil.Process,
    frames: Sequence[bytes],
    seconds: float,
    progress: Callable[[float], None],
) -> dict[str, float]:
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(address, namespaces=["/live"], transports=["websocket"])
    resident: list[float] = []
    latencies: list[float] = []
    faces = sent = 0
    start = time.perf_counter()
    while (now := time.perf_counter() - start) < seconds:
        await asyncio.sleep(max(0.0, sent / FRAMES_PER_S - now))
        asked = time.perf_counter()
        meta = {"seq": sent, "captured_ms": asked * 1000}
        answer = await client.call("frame", (frames[sent % len(frames)], meta), namespace="/live", timeout=10)
        if "error" in answer:
            raise RuntimeError(f"the server refused frame {sent}: {answer['error']}")
        latencies.append((time.perf_counter() - asked) * 1000)
        faces += len(answer.get("faces", ()))
        sent += 1
        if sent % FRAMES_PER_S == 0:
            resident.append(_resident_mb(process))
            progress(now / seconds)
    await client.disconnect()
    return {
        "with_viewer": max(resident),
        "answered_per_s": sent / (time.perf_counter() - start),
        "latency_ms": statistics.median(latencies),
        "faces_per_frame": faces / sent,
    }


def _resident_mb(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    return sum(member.memory_info().rss for member in family) / 1e6


def _wait_until_ready(address: str, process: "subprocess.Popen[bytes]") -> None:
    limit = time.perf_counter() + READY_LIMIT_S
    while time.perf_counter() < limit:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode}")
        if _answers(f"{address}/readyz"):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{address}/readyz did not answer 200 within {READY_LIMIT_S:.0f} s")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
