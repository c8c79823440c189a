"""`facegate serve`."""

import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from facegate.app.owner_link import keep_owner_link, owner_link
from facegate.app.port_holder import holder_of
from facegate.app.server import Ready
from facegate.app.server import serve as run_server
from facegate.cli import STARTED_S
from facegate.cli.checks import exposed_files
from facegate.cli.options import Data, Json, Quiet, single
from facegate.cli.output import USAGE_ERRORS, Output, printable, reporting
from facegate.cli.unsafe import weaknesses
from facegate.config import Settings, load_settings
from facegate.errors import StorageError

app = single()


@app.command("serve", epilog="Example: facegate serve --port 8080")
def serve(
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Address to bind; 127.0.0.1 unless set.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=0, max=65535, metavar="PORT", help="Port; 5000 or the next free one unless set, 0 for any."
        ),
    ] = None,
    data: Data = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Start the server: the page, the live sockets and the API.

    The first start prints a link that makes its opener the owner. Where stdout is no terminal the link is written to
    a file that only you can read, and the file's path is printed.
    """
    # A server that must not start (a lost key, say) is told apart from one that failed: security.md, L1.
    with reporting(as_json=as_json, quiet=quiet, usage=(*USAGE_ERRORS, StorageError)) as out:
        settings = load_settings(host=host, port=port, data=data)
        out.note("Starting …")
        run_server(settings, on_ready=lambda ready: _tell(out, settings, ready))
        out.note("Stopped.")


def _tell(out: Output, settings: Settings, ready: Ready) -> None:
    link = owner_link(ready.services, ready.url)
    link_file: Path | None = None
    if link is not None and (out.as_json or not sys.stdout.isatty()):
        link_file = keep_owner_link(settings.data, link)
    people = ready.services.gallery.size
    seconds = time.monotonic() - STARTED_S
    out.json(
        {
            "version": version("facegate"),
            "url": ready.url,
            "port": ready.port,
            "people": people,
            "data": str(settings.data),
            "owner_link_file": None if link_file is None else str(link_file),
            "ready_ms": round(seconds * 1000),
        }
    )
    out.line(_headline(ready, people, settings.data))
    out.line(f"  This computer   {out.colour(ready.url, 'bold')}{_port_remark(ready)}")
    if link is not None:
        where = link if link_file is None else f"the link is in {printable(str(link_file))}"
        out.line(f"  Administrator   {where}   valid {settings.setup_link_minutes} min, once")
    for remark in _remarks(settings):
        out.line(f"  {out.colour('Note', 'yellow')}            {remark}")
    out.line(f"Ready in {seconds:.1f} s. Ctrl-C stops.")


def _headline(ready: Ready, people: int, data: Path) -> str:
    recipe = ready.services.engine.recipe_id
    # A server without a calibration table does not start.
    engine = f"engine {recipe.split('@')[0]} (mtcnn + dlib-r29, calibrated)"
    counted = f"{people:,} {'person' if people == 1 else 'people'}"
    return f"facegate {version('facegate')} · {engine} · {counted} · data {printable(short_path(data))}"


def _port_remark(ready: Ready) -> str:
    if ready.busy_port is None:
        return ""
    holder = holder_of(ready.busy_port) or "another program"
    return f"     ({ready.busy_port} is used by {printable(holder)})"


def _remarks(settings: Settings) -> list[str]:
    """What weakens a protection: said at every start, not only when doctor is asked."""
    exposed = [f"{finding.text}. Mend it: {finding.fix}" for finding in exposed_files(settings.data)]
    return [f"{weakness.text}." for weakness in weaknesses(settings)] + [f"{text}." for text in exposed]


def short_path(path: Path) -> str:
    """`path` with the home folder as ~."""
    home = Path.home()
    return str(Path("~", path.relative_to(home))) if path.is_relative_to(home) else str(path)
