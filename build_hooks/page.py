"""Building the page and the fonts, whose sources both come from npm."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from build_hooks import node
from build_hooks.fonts import ARCHIVE, build_fonts

_IGNORED_FOLDERS = {"node_modules", "__pycache__"}


class PageMissing(RuntimeError):
    """An sdist without the built page or the fonts."""


def build_page_and_fonts(root: Path) -> list[str]:
    """Bring `src/facegate/http/page` and `src/facegate/imaging/fonts` up to date with their sources.

    An sdist (it has a PKG-INFO) carries both ready-made, so that Node.js is not needed there.

    Args:
        root: the repository, or the unpacked sdist.

    Returns:
        What was done, for people; empty when everything was up to date.

    Raises:
        PageMissing: an sdist lacks them.
        NodeMissing: there is no Node.js to build with.
        RuntimeError: npm failed.
    """
    page, fonts = root / "src/facegate/http/page", root / "src/facegate/imaging/fonts"
    has_page, has_fonts = (page / "index.html").is_file(), (fonts / ARCHIVE).is_file()
    if (root / "PKG-INFO").is_file():
        if not (has_page and has_fonts):
            raise PageMissing(f"{root} is an sdist without {page} or {fonts}. Take the sdist from its source again.")
        return []
    frontend, modules = root / "frontend", root / "frontend/node_modules"
    done: list[str] = []
    # The stamps lie in node_modules, so removing that folder makes page and packages anew.
    lock = _digest([frontend / "package-lock.json"], root)
    if not _is_stamped(modules / ".facegate-packages", lock):
        node.find().run_npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=frontend)
        _stamp(modules / ".facegate-packages", lock)
        done.append("npm packages")
    build_fonts(modules, fonts)  # keeps a stamp of its own
    page_sources = _digest(list(_files_of(frontend)), root)
    if not (has_page and _is_stamped(modules / ".facegate-page", page_sources)):
        node.find().run_npm("run", "build", cwd=frontend)
        _stamp(modules / ".facegate-page", page_sources)
        done.append("page")
    return done


def _files_of(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name not in _IGNORED_FOLDERS:
                yield from _files_of(path)
        elif path.suffix != ".tsbuildinfo":
            yield path


def _digest(files: list[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        data = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def _is_stamped(stamp: Path, digest: str) -> bool:
    return stamp.is_file() and stamp.read_text("ascii") == digest


def _stamp(stamp: Path, digest: str) -> None:
    stamp.write_text(digest, "ascii")
