"""Where annotated copies go (`--draw`), and writing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from facegate.cli.sources import Source, identity
from facegate.errors import InvalidRequest, StorageError
from facegate.imaging.draw import Overlay, draw_overlays
from facegate.imaging.encode import write_image
from facegate.types import Frame

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
VIDEO_SUFFIX = ".mp4"
# Not folders either: somebody wants a kind of file that is not written.
UNWRITTEN_SUFFIXES = frozenset(
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
            InvalidRequest: a kind of file that is not written or not that of the source, one file for several copies,
                or a source would be overwritten.
        """
        if path.suffix.lower() in UNWRITTEN_SUFFIXES and not path.is_dir():
            raise InvalidRequest(f"--draw {path}: copies are written as .jpg, .png or .mp4. Change the ending.")
        is_file = path.suffix.lower() in PICTURE_SUFFIXES | {VIDEO_SUFFIX} and not path.is_dir()
        if is_file and len(sources) != 1:
            raise InvalidRequest(f"--draw {path} is one file, but there are {len(sources)} sources. Name a folder.")
        target = cls(path, is_file)
        originals = {identity(source.path): source for source in sources if source.path is not None}
        copies: dict[object, Source] = {}
        for source in sources:
            copy = target.copy(source)
            if is_file and (copy.suffix.lower() == VIDEO_SUFFIX) != source.is_video:
                kind, ending = ("a video", ".mp4") if source.is_video else ("a picture", ".jpg or .png")
                raise InvalidRequest(f"--draw {path}: {source.shown} is {kind}, so its copy must end in {ending}.")
            key = identity(copy)
            if key in originals:
                raise InvalidRequest(f"--draw {path} would overwrite {originals[key].shown}. Name another place.")
            if key in copies:
                raise InvalidRequest(
                    f"--draw {path}: the copies of {copies[key].shown} and {source.shown} would both be {copy}. "
                    "Draw them in two runs."
                )
            copies[key] = source
        return target

    def copy(self, source: Source) -> Path:
        """Where a source's copy lies: in a folder it has the source's name, with .jpg or .mp4 added where needed."""
        if self.is_file:
            return self.path
        kept, added = ({VIDEO_SUFFIX}, VIDEO_SUFFIX) if source.is_video else (PICTURE_SUFFIXES, ".jpg")
        place = source.place
        return self.path / (place if place.suffix.lower() in kept else place.with_name(place.name + added))


def write_picture(path: Path, frame: Frame, overlays: Sequence[Overlay]) -> None:
    """Draw and write one annotated picture; its folder is made.

    Raises:
        StorageError: it cannot be written.
    """
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
