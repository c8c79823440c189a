"""Finding the server that runs on this data folder."""

import urllib.error
import urllib.request
from pathlib import Path

from facegate.app.running import RunningServer

_ANSWER_S = 2.0


def running_server(data_dir: Path) -> RunningServer | None:
    """The server that left its note in `data_dir`, if it answers."""
    note = RunningServer.read(data_dir)
    if note is None:
        return None
    # The note names a loopback or configured address of this machine; no proxy stands before it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{note.url}/healthz", timeout=_ANSWER_S):
            return note
    except urllib.error.HTTPError:
        return note  # it answers, whatever it says
    except OSError:
        return None
