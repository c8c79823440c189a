"""`facegate users`."""

from typing import Annotated, Literal

import typer

from facegate.app.ports import FIRST_PORT
from facegate.app.server import public_url
from facegate.app.services import Services
from facegate.cli.options import Data, Json, Quiet, group
from facegate.cli.output import reporting
from facegate.cli.running import running_server
from facegate.config import load_settings

app = group()


@app.callback()
def users() -> None:
    """Make a link that signs the owner in."""


@app.command("setup-link", epilog="Example: facegate users setup-link")
def setup_link(
    role: Annotated[
        Literal["owner", "operator"], typer.Option("--role", help="An operator recognises and enrols, no more.")
    ] = "owner",
    data: Data = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a link that signs its opener in; it works once and for a short time.

    For the first owner, for a browser that was signed out, and for a second one. It needs access to the data folder,
    as whoever started the server has.
    """
    with reporting(as_json=as_json, quiet=quiet) as out:
        settings = load_settings(data=data)
        server = running_server(settings.data)
        with Services.open(settings) as services:
            # Starting a server makes one of its own while there is no owner, which closes earlier ones.
            outlives_start = role != "owner" or services.access.claimed
            token = services.access.create_setup_link(role=role)
        base = server.url if server is not None else public_url(settings, settings.port or FIRST_PORT)
        url = f"{base}/#setup={token}"
        out.json(
            {"url": url, "role": role, "valid_minutes": settings.setup_link_minutes, "running": server is not None}
        )
        out.line(f"{url}   valid {settings.setup_link_minutes} min, once")
        if server is None and outlives_start:
            out.note("No server is running on this data folder. Start one (facegate serve) before opening the link.")
        elif server is None:
            out.note(
                "No server is running on this data folder, and starting the first one (facegate serve) makes a newer "
                "link, which closes this one. Start it, and use the link it shows."
            )
