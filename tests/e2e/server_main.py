"""A server process for the browser tests: says where it answers, then a new owner link's token for each line it reads.

Settings come from the environment, as for `facegate serve`. Not a test.
"""

import json
import sys
import threading

from facegate.app.server import Ready, serve
from facegate.config import load_settings


def _hand_out_tokens(ready: Ready) -> None:
    print(json.dumps({"url": ready.url, "port": ready.port}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"token": ready.services.access.create_setup_link()}), flush=True)


def _on_ready(ready: Ready) -> None:
    threading.Thread(target=_hand_out_tokens, args=(ready,), daemon=True).start()


if __name__ == "__main__":
    serve(load_settings(), on_ready=_on_ready)
