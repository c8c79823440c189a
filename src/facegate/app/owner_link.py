"""The link by which the first owner takes the server."""

import os
from pathlib import Path

from facegate.app.services import Services

FILE_NAME = "owner-link.txt"


def owner_link(services: Services, url: str) -> str | None:
    """A new single-use owner link for the page at `url`; None once the server has an owner.

    The caller shows it on a terminal or keeps it with :func:`keep_owner_link`; it must never reach a log.
    """
    if services.access.claimed:
        return None
    return f"{url}/#setup={services.access.create_setup_link(role='owner')}"


def keep_owner_link(data_dir: Path, link: str) -> Path:
    """Write the link to a file that only this user may read, and give the file's path."""
    path = data_dir / FILE_NAME
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(link + "\n")
    return path
