"""The REST interface behind the guard in a real uvicorn, over a real database; no engine is needed for it."""

import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn
from a2wsgi import WSGIMiddleware

from facegate.accounts.access import Access
from facegate.app.guard import Guard, GuardRules
from facegate.config import Settings
from facegate.gallery.consent import CURRENT_CONSENT, Consent
from facegate.gallery.gallery import Gallery
from facegate.gallery.values import Sample
from facegate.http.factory import create_flask_app
from facegate.http.services import HttpServices
from facegate.storage.base import utc
from facegate.storage.database import Database
from facegate.storage.keyring import Keyring
from facegate.types import Embedding, Quality

RECIPE = "test@1"


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Api:
    """A running interface and what is behind it."""

    url: str
    settings: Settings
    access: Access
    gallery: Gallery
    clock: Clock
    flask: Any
    fail_ready: list[Exception]

    @property
    def origin(self) -> str:
        return self.url

    def client(self, **headers: str) -> httpx.Client:
        """A client that sends what the page sends."""
        return httpx.Client(base_url=self.url, headers={"Origin": self.origin, "X-Facegate": "1"} | headers)

    @contextmanager
    def owner(self) -> Iterator[httpx.Client]:
        """A signed-in owner; claims the server."""
        with self.client() as client:
            answer = client.post("/v1/setup", json={"token": self.access.create_setup_link()})
            assert answer.status_code == 201, answer.text
            yield client

    def enroll(self, name: str, *, consent: bool = True) -> str:
        vector = np.eye(8, dtype=np.float32)[0]
        given = Consent(CURRENT_CONSENT.version, "recognition", utc(self.clock()), "test") if consent else None
        quality = Quality(60, 50, 50, 50, 0, 0)
        return self.gallery.enroll([Sample(Embedding(vector, RECIPE), quality, "test")], name=name, consent=given).id


@contextmanager
def running(tmp_path: Path, page: Path | None = None, **settings: Any) -> Iterator[Api]:
    chosen = Settings(data=tmp_path / "data", **settings)
    clock = Clock()
    database = Database.open(chosen.data)
    keyring = Keyring.open(chosen.data, database_holds_data=False)
    access = Access(database, chosen, clock, secrets.token_bytes)
    gallery = Gallery.open(database, keyring, recipe_id=RECIPE, dimension=8)
    failures: list[Exception] = []

    def check_ready() -> None:
        if failures:
            raise failures[0]

    services = HttpServices(
        settings=chosen,
        access=access,
        version="9.9.9",
        people=gallery.people,
        recipe_id=lambda: RECIPE,
        check_ready=check_ready,
        page_dir=page or tmp_path / "no-page",
    )
    flask = create_flask_app(services)
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    app = Guard(WSGIMiddleware(flask), GuardRules.for_address(chosen, port))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", http="h11", proxy_headers=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield Api(f"http://127.0.0.1:{port}", chosen, access, gallery, clock, flask, failures)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        database.close()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """Session mode, not yet claimed."""
    with running(tmp_path) as started:
        yield started


@pytest.fixture
def open_api(tmp_path: Path) -> Iterator[Api]:
    """Open mode."""
    with running(tmp_path, live_access="open") as started:
        yield started


@pytest.fixture
def page_api(tmp_path: Path) -> Iterator[Api]:
    """With a small page."""
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>facegate</title>")
    (page / "assets" / "index-abc123.js").write_text("1")
    (page / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    with running(tmp_path, page) as started:
        yield started


@pytest.fixture
def https_api(tmp_path: Path) -> Iterator[Api]:
    """Behind an https proxy."""
    with running(tmp_path, public_scheme="https", allowed_hosts=("face.example.org",)) as started:
        yield started
