"""The pictures a command was given: files, folders and `-` for stdin."""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from facegate.config import Settings
from facegate.errors import InvalidRequest, NotFound
from facegate.imaging.decode import ImageLimits, decode_image, read_image
from facegate.imaging.video import is_video
from facegate.types import Frame

STDIN = "-"
_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class Source:
    """One picture or video.

    Attributes:
        shown: what output calls it: the path as it was given, or "stdin".
        path: None for stdin.
        place: where a drawn copy lies below the folder of all drawn copies.
    """

    shown: str
    path: Path | None
    place: Path

    @property
    def name(self) -> str:
        """What sentences call it: the file's name."""
        return self.shown if self.path is None else self.path.name

    @property
    def is_video(self) -> bool:
        """Whether it is to be opened as a video."""
        return self.path is not None and is_video(self.path)


def expand(arguments: Iterable[str]) -> list[Source]:
    """Each argument as the sources it stands for; a folder means all files below it in order of their names.

    Hidden files and the index files of file managers are passed over, and so is a file that was named before. One that
    does not exist stays in the list: reading it fails, and the others are still done.

    Raises:
        InvalidRequest: an argument is empty, or two are stdin.
        NotFound: a folder holds no file.
    """
    arguments = list(arguments)
    if arguments.count(STDIN) > 1:
        raise InvalidRequest("stdin holds one picture, so - can be given once. Name the other files.")
    base = _common_folder(argument for argument in arguments if argument != STDIN)
    sources: dict[object, Source] = {}
    for argument in arguments:
        if argument == STDIN:
            sources[STDIN] = Source("stdin", None, Path("stdin"))
            continue
        for file in _files(argument):
            sources.setdefault(identity(file), Source(str(file), file, _below(base, file)))
    return list(sources.values())


def identity(path: Path) -> object:
    """Equal for two paths of one file, whichever links lead to it."""
    try:
        found = path.stat()
    except OSError:
        return path.resolve()
    return found.st_dev, found.st_ino


def _files(argument: str) -> list[Path]:
    if not argument.strip():
        raise InvalidRequest("One of the arguments is empty. Name a file or a folder; . is the folder you are in.")
    path = Path(argument)
    if not path.is_dir():
        return [path]
    files = list(files_below(path))
    if not files:
        raise NotFound(f"{argument} holds no files. Name a folder with JPEG, PNG or WebP pictures.")
    return files


def _common_folder(arguments: Iterable[str]) -> Path | None:
    """The deepest folder that all of them lie in; None where they lie on several drives."""
    paths = [Path(argument).absolute() for argument in arguments]
    try:
        return Path(os.path.commonpath([path if path.is_dir() else path.parent for path in paths]))
    except ValueError:
        return None


def _below(base: Path | None, file: Path) -> Path:
    """Where the copy of `file` lies: below all copies as `file` below `base`, so that no two meet."""
    absolute = Path(os.path.normpath(file.absolute()))
    return absolute.relative_to(base) if base is not None and absolute.is_relative_to(base) else Path(file.name)


def files_below(folder: Path) -> Iterator[Path]:
    """All files below `folder` except hidden ones, folder by folder, by name."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and name.lower() not in _SYSTEM_FILES:
                yield Path(parent, name)


def existing(source: Source) -> Path:
    """The source's path.

    Raises:
        NotFound: there is no such file.
        InvalidRequest: the source is stdin.
    """
    if source.path is None:
        raise InvalidRequest("Only a picture can be read from stdin. Name the file instead.")
    if not source.path.exists():
        raise NotFound(f"{source.shown} does not exist. Check the path.")
    return source.path


def read_frame(source: Source, settings: Settings) -> Frame:
    """The picture, decoded.

    Raises:
        InputError: there is no such file, or it is unreadable, too large, damaged or no picture facegate reads.
    """
    limits = ImageLimits.from_settings(settings)
    if source.path is None:
        return decode_image(_stdin_bytes(settings.max_image_bytes), limits=limits, name=source.shown)
    return read_image(source.path, limits=limits)


def _stdin_bytes(max_bytes: int) -> bytes:
    if sys.stdin.isatty():
        raise InvalidRequest("- reads a picture from stdin, which is this terminal. Send one: facegate … - < photo.jpg")
    # One byte more than allowed is enough for the decoder to say that it is too much.
    return sys.stdin.buffer.read(max_bytes + 1)
