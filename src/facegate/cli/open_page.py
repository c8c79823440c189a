"""`facegate open`."""

import webbrowser

from facegate.cli.options import Data, Json, Quiet, single
from facegate.cli.output import reporting
from facegate.cli.running import running_server
from facegate.config import load_settings
from facegate.errors import NotReady

app = single()


@app.command("open", epilog="Example: facegate open")
def open_page(data: Data = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Open the running server's page in the browser."""
    with reporting(as_json=as_json, quiet=quiet) as out:
        settings = load_settings(data=data)
        server = running_server(settings.data)
        if server is None:
            raise NotReady(f"No server with the data in {settings.data} is running. Start one: facegate serve")
        opened = webbrowser.open(server.url)
        out.json({"url": server.url, "opened": opened})
        out.line(f"Opened {server.url}" if opened else f"No browser was found. Open {server.url} in one.")
