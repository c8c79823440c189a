"""The built page, its hashed files, and the reference page."""

from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, send_from_directory
from werkzeug.exceptions import NotFound as NoSuchFile

from facegate.errors import NotFound, NotReady
from facegate.http.services import HttpServices

# Views of the page, which routes them itself.
PAGE_ROUTES = ("/", "/live", "/setup")
# Vite puts a digest of the content into these names.
_FOREVER_S = 31_536_000


def register_pages(app: Flask, services: HttpServices, spec: dict[str, Any]) -> None:
    """Serve the page at its routes, its files beside it, and /docs made from the OpenAPI document."""
    folder = services.page_dir

    def page() -> Response:
        if not (folder / "index.html").is_file():
            raise NotReady("The page was not built into this installation. Run `pip install .` in the source folder.")
        response = send_from_directory(folder, "index.html")
        response.headers["Cache-Control"] = "no-cache"
        return response

    def asset(name: str) -> Response:
        try:
            response = send_from_directory(folder, name)
        except NoSuchFile:
            raise NotFound("There is nothing at this address. /docs lists what there is.") from None
        hashed = Path(name).parts[0] == "assets"
        response.headers["Cache-Control"] = f"public, max-age={_FOREVER_S}, immutable" if hashed else "no-cache"
        return response

    def docs() -> Response:
        response = Response(render_template("docs.html", spec=spec), mimetype="text/html")
        response.headers["Cache-Control"] = "no-cache"
        return response

    def docs_style() -> Response:
        response = send_from_directory(Path(__file__).parent / "static", "docs.css")
        response.headers["Cache-Control"] = "no-cache"
        return response

    for route in PAGE_ROUTES:
        app.add_url_rule(route, "page", page, methods=["GET"])
    app.add_url_rule("/docs", "docs", docs, methods=["GET"])
    app.add_url_rule("/docs.css", "docs_style", docs_style, methods=["GET"])
    app.add_url_rule("/<path:name>", "asset", asset, methods=["GET"])
