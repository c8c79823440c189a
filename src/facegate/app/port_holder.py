"""Which program holds a port, where the system tells cheaply."""

import os
import sys
from pathlib import Path

_LISTENING = "0A"


def holder_of(port: int) -> str | None:
    """Name of a program that listens on a local TCP port; None when it cannot be told.

    Linux tells it for programs of the same user (all of them, to root). On macOS port 5000 belongs to the AirPlay
    Receiver unless it was turned off.
    """
    if sys.platform == "darwin" and port in {5000, 7000}:
        return "AirPlay Receiver"
    if not sys.platform.startswith("linux"):
        return None
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    return _program_with(sockets) if sockets else None


def _listening_inodes(port: int) -> set[str]:
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(fields[9])
    return inodes


def _program_with(sockets: set[str]) -> str | None:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(handle) in sockets for handle in (process / "fd").iterdir()):  # noqa: PTH115 - not a path
                return (process / "comm").read_text("utf-8", errors="replace").strip()
        except OSError:
            continue  # another user's process, or one that has just ended
    return None
