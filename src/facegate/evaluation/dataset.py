"""Photos in one folder per person, and the pair lists of Labeled Faces in the Wild."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from facegate.errors import InvalidRequest

LFW_VIEW1 = "LFW View 1 (deep-funneled)"
LFW_MULTI = "142 people of LFW with 6 to 15 photos"
_NAME = re.compile(r"(?P<person>.+)_(?P<number>\d+)\.jpg")


class PhotoKey(NamedTuple):
    """A photo by its person and number, as LFW counts: from 1."""

    person: str
    number: int


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo and where it is."""

    key: PhotoKey
    path: Path


class Pair(NamedTuple):
    """Two photos to compare."""

    first: PhotoKey
    second: PhotoKey

    @property
    def same(self) -> bool:
        """Whether both show one person."""
        return self.first.person == self.second.person


def shared_data() -> Path:
    """The folder of test data: `$SHARED_DATA`, or `../shared/data`."""
    return Path(os.environ.get("SHARED_DATA", "../shared/data"))


def find_photos(folder: Path) -> list[Photo]:
    """All `PERSON/PERSON_0001.jpg` of a folder, or of its subfolder `images`, ordered by person and number.

    Raises:
        InvalidRequest: there is no such photo.
    """
    root = folder / "images" if (folder / "images").is_dir() else folder
    photos: list[Photo] = []
    for path in root.glob("*/*.jpg"):
        match = _NAME.fullmatch(path.name)
        if match and match["person"] == path.parent.name:
            photos.append(Photo(PhotoKey(match["person"], int(match["number"])), path))
    if not photos:
        raise InvalidRequest(
            f"There is no photo like PERSON/PERSON_0001.jpg in {root}. "
            "Name the folder of the data set, or set SHARED_DATA to the folder that holds it."
        )
    return sorted(photos, key=lambda photo: photo.key)


def read_pairs(path: Path) -> list[Pair]:
    """Read an LFW View 1 pair list: a count n, n lines `name i j` and n lines `name i name j`.

    Raises:
        InvalidRequest: the file has another form, or not as many lines as it says.
    """
    lines = [line.split("\t") for line in path.read_text("utf-8").splitlines() if line.strip()]
    try:
        count = int(lines[0][0])
        same = [Pair(PhotoKey(name, int(i)), PhotoKey(name, int(j))) for name, i, j in lines[1 : 1 + count]]
        different = [Pair(PhotoKey(a, int(i)), PhotoKey(b, int(j))) for a, i, b, j in lines[1 + count :]]
    except (ValueError, IndexError) as error:
        raise InvalidRequest(f"{path} is not an LFW pair list: {error}.") from None
    if (len(same), len(different)) != (count, count):
        raise InvalidRequest(
            f"{path} announces {count} pairs of each kind but has {len(same)} of the same person and "
            f"{len(different)} of different people; it seems cut off."
        )
    return same + different


def split_by_presence(pairs: Iterable[Pair], present: Iterable[PhotoKey]) -> tuple[list[Pair], list[Pair]]:
    """The pairs whose photos are both present, and those that lack one."""
    known = set(present)
    usable: list[Pair] = []
    lacking: list[Pair] = []
    for pair in pairs:
        (usable if pair.first in known and pair.second in known else lacking).append(pair)
    return usable, lacking


def person_numbers(photos: Sequence[PhotoKey]) -> list[int]:
    """A number per photo, equal for photos of one person, counted from 0 in order of first appearance."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(key.person, len(numbers)) for key in photos]
