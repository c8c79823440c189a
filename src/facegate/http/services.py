"""What the REST interface needs from the rest of the server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from facegate.accounts.access import Access
from facegate.config import Settings
from facegate.gallery.values import Person


def distribution_version() -> str:
    """The version of the installed package."""
    return version("facegate")


PAGE_DIR = Path(__file__).parent / "page"


@dataclass(frozen=True, slots=True)
class HttpServices:
    """Handed in by the composition root.

    Attributes:
        settings: of the server.
        access: sessions, links and tickets.
        version: of facegate.
        people: everybody in the default collection.
        recipe_id: of the engine.
        check_ready: raises NotReady or StorageError when the server cannot do its work.
        page_dir: the built page.
    """

    settings: Settings
    access: Access
    version: str
    people: Callable[[], Sequence[Person]]
    recipe_id: Callable[[], str]
    check_ready: Callable[[], None]
    page_dir: Path = PAGE_DIR
