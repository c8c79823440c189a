"""A note in the data folder that says where a server runs, for `facegate open` and `facegate users setup-link`."""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "server.json"


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

    def withdraw(self, data_dir: Path) -> None:
        """Remove the note, unless another server has written its own since."""
        if self.read(data_dir) == self:
            (data_dir / FILE_NAME).unlink(missing_ok=True)
