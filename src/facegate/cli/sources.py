"""The pictures a command was given: files, folders and `-` for stdin."""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from facegate.config import Settings
from facegate.errors import InvalidRequest, NotFound
from facegate.imaging.decode import ImageLimits, decode_image, read_image
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


def expand(arguments: Iterable[str]) -> list[Source]:
    """Each argument as the sources it stands for; a folder means all files below it in order of their names.

    Hidden files and the index files of file managers are passed over. A file that does not exist stays in the list:
    reading it fails, and the others are still done.

    Raises:
        NotFound: a folder holds no file.
    """
    arguments = list(arguments)
    sources: list[Source] = []
    for argument in arguments:
        path = Path(argument)
        if argument == STDIN:
            sources.append(Source("stdin", None, Path("stdin")))
        elif path.is_dir():
            files = list(files_below(path))
            if not files:
                raise NotFound(f"{argument} holds no files. Name a folder with JPEG, PNG or WebP pictures.")
            # Copies of several folders' files lie in a folder each.
            base = path if len(arguments) == 1 else path.parent
            sources += [Source(str(file), file, file.relative_to(base)) for file in files]
        else:
            sources.append(Source(argument, path, Path(path.name)))
    return sources


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
