"""What `facegate doctor` looks at."""

import os
import platform
import shutil
import socket
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Literal

from facegate.app.port_holder import holder_of
from facegate.app.ports import FIRST_PORT
from facegate.app.services import Services
from facegate.cli.running import running_server
from facegate.cli.unsafe import weaknesses
from facegate.cli.words import rate
from facegate.config import Settings
from facegate.errors import FacegateError, InvalidSettings
from facegate.matching.decide import largest_gallery
from facegate.matching.table import load_table
from facegate.models.catalog import CATALOG
from facegate.models.files import read_verified
from facegate.storage.database import FILE_NAME as DATABASE_FILE
from facegate.storage.keyring import KEK_FILE, KEYS_DIR
from facegate.vision.presets import default_recipe

_ELSEWHERE = "choose another folder with FACEGATE_DATA or --data"
_LOW_DISK_BYTES = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        status: ok, warn (works, with a weakness) or FAIL.
        code: what was looked at, for programs.
        text: what was found.
        fix: what to do, None when nothing.
    """

    status: Literal["ok", "warn", "FAIL"]
    code: str
    text: str
    fix: str | None = None


Check = Callable[[Settings], Iterator[Finding]]


def all_findings(settings: Settings | None, refused: InvalidSettings | None) -> list[Finding]:
    """Every check; those that need settings are left out when the settings were refused."""
    findings = [_runtime(settings)]
    if refused is not None:
        findings.append(Finding("FAIL", "settings", refused.message, "change or unset it, then run doctor again"))
    if settings is None:
        return findings
    checks: tuple[tuple[str, Check], ...] = (
        ("models", _models),
        ("settings", _settings),
        ("calibration", _targets),
        ("page", _page),
        ("data", _data),
        ("server", _server),
    )
    for code, check in checks:
        try:
            findings += check(settings)
        except FacegateError as error:
            findings.append(Finding("FAIL", code, error.message))
    return findings


def _runtime(settings: Settings | None) -> Finding:
    threads = (settings.inference_threads if settings is not None else None) or os.cpu_count() or 1
    return Finding(
        "ok",
        "runtime",
        f"facegate {version('facegate')} · Python {platform.python_version()} · onnxruntime "
        f"{version('onnxruntime')} CPU, {threads} {'thread' if threads == 1 else 'threads'}",
    )


def _models(settings: Settings) -> Iterator[Finding]:
    for spec in CATALOG:
        read_verified(spec, model_dir=settings.model_dir)
    restricted = [spec.name for spec in CATALOG if not spec.commercial_use]
    use = f"no commercial use of {', '.join(restricted)}" if restricted else "commercial use allowed"
    yield Finding("warn" if restricted else "ok", "models", f"Models: {len(CATALOG)} files, hashes match, {use}")


def _settings(settings: Settings) -> Iterator[Finding]:
    found = weaknesses(settings)
    if not found:
        yield Finding("ok", "settings", "Settings: no value weakens a protection")
    for weakness in found:
        yield Finding("warn", "settings", weakness.text, weakness.fix)


def _page(_settings: Settings) -> Iterator[Finding]:
    if (files("facegate.http") / "page" / "index.html").is_file():
        yield Finding("ok", "page", "Page: built")
    else:
        yield Finding("FAIL", "page", "Page: not built, so the server has nothing to show", "install facegate again")


def _data(settings: Settings) -> Iterator[Finding]:
    data = settings.data
    existing = next(folder for folder in (data, *data.parents) if folder.exists())
    if not existing.is_dir():
        yield Finding("FAIL", "data", f"Data: {existing} is a file, not a folder", _ELSEWHERE)
        return
    try:
        # Asking for permissions is not enough: root has them on a read-only disk, too.
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        yield Finding("FAIL", "data", f"Data: {existing} cannot be written to: {error.strerror}", _ELSEWHERE)
        return
    if not (data / DATABASE_FILE).exists():
        yield Finding("ok", "data", f"Data: nothing in {data} yet; the first start makes database and key")
        yield from _disk(data)
        return
    exposed = exposed_files(data)
    yield from exposed
    if (data / KEYS_DIR / KEK_FILE).exists() and not any(finding.code == "keys" for finding in exposed):
        yield Finding("ok", "keys", f"Keys: {data / KEYS_DIR / KEK_FILE}, readable by this user only")
    yield from _sound(data / DATABASE_FILE)
    yield from _disk(data)
    with Services.open(settings) as services:
        yield from _people(services, settings)
        if services.access.claimed:
            yield Finding("ok", "owner", "Owner: set up")
        else:
            yield Finding(
                "warn",
                "owner",
                "Nobody has used an owner link yet: live recognition is closed",
                "facegate users setup-link",
            )


def _targets(settings: Settings) -> Iterator[Finding]:
    table = load_table(default_recipe().id)
    table.threshold_at(settings.target_fmr)
    most = largest_gallery(table, settings.target_fpir)
    text = (
        f"Calibration: {table.data_set} of {table.date}, false match rates down to {rate(table.smallest_fmr)}; at the "
        f"1:N target {rate(settings.target_fpir)} it names up to {most:,} people"
    )
    if most > 0:
        yield Finding("ok", "calibration", text)
    else:
        yield Finding("FAIL", "calibration", f"{text}: everybody is unknown", "a larger FACEGATE_TARGET_FPIR")


def _people(services: Services, settings: Settings) -> Iterator[Finding]:
    people, most = services.gallery.size, largest_gallery(services.table, settings.target_fpir)
    text = f"People: {people:,} {'is' if people == 1 else 'are'} enrolled"
    if people <= most:
        yield Finding("ok", "people", text)
    else:
        yield Finding(
            "warn",
            "people",
            f"{text}, more than the {most:,} that the 1:N target allows: everybody is unknown now",
            "a larger FACEGATE_TARGET_FPIR, or fewer people",
        )


def _sound(path: Path) -> Iterator[Finding]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            answers = [str(row[0]) for row in connection.execute("PRAGMA quick_check")]
    except sqlite3.Error as error:
        answers = [str(error)]
    if answers == ["ok"]:
        yield Finding("ok", "database", f"Database: {path} is sound, {path.stat().st_size / 1e6:.1f} MB")
    else:
        yield Finding(
            "FAIL", "database", f"Database: {path}: {answers[0]}", "stop the server and put a backup in its place"
        )


def exposed_files(data: Path) -> list[Finding]:
    """What of the data folder other users of this computer can read; a missing key is told by opening it."""
    found: list[Finding] = []
    if os.name != "posix":
        return found
    looked_at = (
        (data, "data", "folder"),
        (data / DATABASE_FILE, "data", "database"),
        (data / KEYS_DIR / KEK_FILE, "keys", "key file"),
    )
    for path, code, what in looked_at:
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0
        if mode & 0o077:
            private = "700" if path.is_dir() else "600"
            # In an open folder others see the names of the files; what is in them is guarded by their own modes.
            status = "warn" if path.is_dir() else "FAIL"
            text = f"The {what} {path} is open to other users (mode {mode:o})"
            found.append(Finding(status, code, text, f"chmod {private} {path}"))
    return found


def _disk(data: Path) -> Iterator[Finding]:
    existing = next(folder for folder in (data, *data.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    text = f"Disk: {free / 1e9:.1f} GB free"
    if free < _LOW_DISK_BYTES:
        yield Finding("warn", "disk", text, f"free some space on the disk of {existing}")
    else:
        yield Finding("ok", "disk", text)


def _server(settings: Settings) -> Iterator[Finding]:
    server = running_server(settings.data)
    if server is not None:
        yield Finding("ok", "server", f"Server: running at {server.url} (process {server.pid})")
        return
    port = settings.port or FIRST_PORT
    if not _busy(port):
        yield Finding("ok", "port", f"Port: {port} is free")
        return
    holder = holder_of(port) or "another program"
    if settings.port is None:
        yield Finding("ok", "port", f"Port: {port} is used by {holder}; serve takes the next free one")
    else:
        yield Finding("FAIL", "port", f"Port: {port} is used by {holder}", "stop it, or choose another FACEGATE_PORT")


def _busy(port: int) -> bool:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0
