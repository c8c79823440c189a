"""Where annotated copies go (`--draw`), and writing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from facegate.cli.sources import Source
from facegate.errors import InvalidRequest, StorageError
from facegate.imaging.draw import Overlay, draw_overlays
from facegate.imaging.encode import write_image
from facegate.types import Frame

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
VIDEO_SUFFIX = ".mp4"
# Not folders either: somebody wants a kind of file that is not written.
_OTHER_SUFFIXES = frozenset(
    {".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".avif", ".mov", ".mkv", ".webm", ".avi", ".m4v"}
)


@dataclass(frozen=True, slots=True)
class DrawTarget:
    """Where the copies of one run lie.

    Attributes:
        path: a file when `is_file`, else the folder of all copies.
        is_file: one source, one copy.
    """

    path: Path
    is_file: bool

    @classmethod
    def of(cls, path: Path, sources: Sequence[Source]) -> "DrawTarget":
        """What `--draw PATH` means for these sources.

        A path that ends like a picture or an MP4 video is the one copy of the one source; any other is a folder.

        Raises:
            InvalidRequest: a kind of file that is not written, one file for several sources, or a source would be
                overwritten by its copy.
        """
        if path.suffix.lower() in _OTHER_SUFFIXES and not path.is_dir():
            raise InvalidRequest(f"--draw {path}: copies are written as .jpg, .png or .mp4. Change the ending.")
        is_file = path.suffix.lower() in PICTURE_SUFFIXES | {VIDEO_SUFFIX} and not path.is_dir()
        if is_file and len(sources) != 1:
            raise InvalidRequest(f"--draw {path} is one file, but there are {len(sources)} sources. Name a folder.")
        target = cls(path, is_file)
        for source in sources:
            if source.path is not None and any(
                copy.exists() and source.path.exists() and copy.samefile(source.path)
                for copy in (target.picture(source), target.video(source))
            ):
                raise InvalidRequest(f"--draw {path} would overwrite {source.shown}. Name another place.")
        return target

    def picture(self, source: Source) -> Path:
        """The annotated copy of a picture: in a folder it has the picture's name, and is JPEG unless that was PNG."""
        if self.is_file:
            return self.path
        kept = source.place.suffix.lower() in PICTURE_SUFFIXES
        return self.path / (source.place if kept else _append(source.place, ".jpg"))

    def video(self, source: Source) -> Path:
        """The annotated copy of a video, always MP4."""
        kept = source.place.suffix.lower() == VIDEO_SUFFIX
        return (
            self.path if self.is_file else self.path / (source.place if kept else _append(source.place, VIDEO_SUFFIX))
        )


def write_picture(path: Path, frame: Frame, overlays: Sequence[Overlay]) -> None:
    """Draw and write one annotated picture; its folder is made.

    Raises:
        InvalidRequest: the path ends like a video.
        StorageError: it cannot be written.
    """
    if path.suffix.lower() == VIDEO_SUFFIX:
        raise InvalidRequest(f"--draw {path} ends like a video, but the source is a picture. End it in .jpg or .png.")
    make_folder_of(path)
    try:
        write_image(path, draw_overlays(frame, overlays))
    except OSError as error:
        raise StorageError(f"{path} could not be written: {error.strerror}. Name another place.") from error


def make_folder_of(path: Path) -> None:
    """Make the folder a file is to lie in.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{path.parent} could not be made: {error.strerror}. Name another place.") from error


def _append(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
