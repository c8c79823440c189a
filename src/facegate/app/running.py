"""One server a data folder, and a note there that says where it runs, for `facegate open` and `users setup-link`."""

import json
import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from facegate.errors import Conflict

FILE_NAME = "server.json"
LOCK_NAME = "server.lock"


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Where a server of this data folder was last started.

    Attributes:
        url: `http://127.0.0.1:PORT`, or what the browser is to open.
        port: the port.
        pid: its process.
        started_at: seconds since the epoch.
    """

    url: str
    port: int
    pid: int
    started_at: float

    @classmethod
    def announce(cls, data_dir: Path, url: str, port: int) -> "RunningServer":
        """Write the note for this process."""
        note = cls(url, port, os.getpid(), time.time())
        path = data_dir / FILE_NAME
        temporary = path.with_suffix(f".{note.pid}.tmp")
        temporary.write_text(json.dumps(asdict(note)), "utf-8")
        temporary.replace(path)
        return note

    @classmethod
    def read(cls, data_dir: Path) -> "RunningServer | None":
        """The note, or None when there is none; the server may have died since."""
        try:
            return cls(**json.loads((data_dir / FILE_NAME).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    @staticmethod
    def withdraw(data_dir: Path) -> None:
        """Remove the note."""
        (data_dir / FILE_NAME).unlink(missing_ok=True)


@contextmanager
def only_server(data_dir: Path) -> Generator[None]:
    """Hold the data folder for one server; the system lets go of it however the process ends.

    Raises:
        Conflict: another server holds it.
    """
    descriptor = os.open(data_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _locked(descriptor):
            note = RunningServer.read(data_dir)
            where = "" if note is None else f" at {note.url} (process {note.pid})"
            raise Conflict(
                f"A server with the data in {data_dir} is running already{where}. Use or stop that one, or give this "
                "one a folder of its own with --data.",
                details={"url": None if note is None else note.url},
            )
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _locked(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _locked(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
