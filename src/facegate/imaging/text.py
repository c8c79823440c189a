"""One line of text in any script as a coverage mask, the same on every machine.

Fonts come with facegate (see build_hooks/fonts.py), shaping and rasterising are HarfBuzz's: Arabic letters join and
Devanagari vowels move where they belong, without a font or library of the system. Pillow's own text needs the system
library FriBiDi for that, and silently draws such names letter by letter, backwards, where it is missing.
"""

import json
import unicodedata
import zipfile
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from threading import Lock

import numpy as np
import uharfbuzz as hb

from facegate.imaging.bidi import visual_runs
from facegate.types import UInt8

# Font units per pixel: outlines are placed to 1/64 px.
_SUBPIXELS = 64
# Share of the size that every line has above and below its base line; taller script gets more.
_ASCENT, _DESCENT = 0.95, 0.3
# Unifont is drawn on a grid of 16; at 8/7 its capitals are as high as Noto's, and sharp at 14 px.
_UNIFONT_SIZE = 8 / 7
_OPEN_FONTS = 48
_JOINERS = {"\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"}


def shorten(text: str, limit: int) -> str:
    """`text` on one line, without control and direction characters, and with an ellipsis after `limit` characters.

    Marks that belong to a letter are not counted and never torn off it.
    """
    visible = (c for c in unicodedata.normalize("NFC", text) if c.isspace() or c in _JOINERS or _is_visible(c))
    line = " ".join("".join(visible).split())
    clusters = list(_clusters(line))
    if len(clusters) <= limit:
        return line
    return "".join(clusters[:limit]).rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def _clusters(text: str) -> Iterator[str]:
    """Letters with the marks and joiners that follow them."""
    cluster = ""
    for character in text:
        belongs = character in _JOINERS or unicodedata.category(character).startswith("M")
        if cluster and not belongs and cluster[-1] != "\N{ZERO WIDTH JOINER}":
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


@dataclass(frozen=True, slots=True)
class _FontFile:
    """A font in the archive with the characters it has, as inclusive ranges."""

    name: str
    first: tuple[int, ...]
    last: tuple[int, ...]

    def has(self, text: str) -> bool:
        for character in text:
            at = bisect_right(self.first, ord(character)) - 1
            if (at < 0 or ord(character) > self.last[at]) and character not in _JOINERS:
                return False
        return True


class Typesetter:
    """Draws lines of text; keeps the fonts it last used open. May be used from several threads.

    Args:
        archive: the zip of build_hooks/fonts.py; default the one in the package.

    Raises:
        FileNotFoundError: the fonts were not built.
    """

    def __init__(self, archive: Traversable | None = None) -> None:
        self._archive = archive or resources.files("facegate.imaging.fonts").joinpath("fonts.zip")
        if not self._archive.is_file():
            raise FileNotFoundError("The fonts for names on pictures were not built. Run `make install`.")
        index = json.loads(self._read("index.json"))
        self._files = [
            _FontFile(font["file"], tuple(r[0] for r in font["ranges"]), tuple(r[1] for r in font["ranges"]))
            for font in index["fonts"]
        ]
        self._open: OrderedDict[str, hb.Font] = OrderedDict()
        self._lock = Lock()

    def draw(self, text: str, size_px: float) -> UInt8:
        """The ink of one line.

        Args:
            text: one line; right-to-left and mixed text is put in visual order.
            size_px: size of the em square, px.

        Returns:
            uint8 (height, width), 255 where the ink covers the pixel whole. The height depends on the size alone,
            unless a script reaches further up or down; empty text gives one column.
        """
        with self._lock:
            return self._draw(text, size_px)

    def missing(self, text: str) -> str:
        """The characters of `text` that no font has; they are drawn as boxes."""
        return "".join(c for c in text if self._font_for(c, None) is None)

    def _draw(self, text: str, size_px: float) -> UInt8:
        raster = hb.RasterDraw()
        pen = 0.0
        for piece, font_file, right_to_left in self._pieces(text):
            font = self._font(font_file.name)
            size = size_px * (_UNIFONT_SIZE if font_file.name.startswith("unifont") else 1)
            font.scale = (round(size * _SUBPIXELS), round(size * _SUBPIXELS))
            buffer = hb.Buffer()
            buffer.add_str(piece)
            buffer.direction = "rtl" if right_to_left else "ltr"
            buffer.guess_segment_properties()
            hb.shape(font, buffer)
            for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
                x = pen + place.x_offset / _SUBPIXELS
                raster.transform = (1 / _SUBPIXELS, 0, 0, 1 / _SUBPIXELS, x, place.y_offset / _SUBPIXELS)
                raster.draw_glyph(font, info.codepoint)
                pen += place.x_advance / _SUBPIXELS
        return _line(raster.render(), pen, size_px)

    def _pieces(self, text: str) -> Iterator[tuple[str, _FontFile, bool]]:
        """Stretches of one direction and one font, left to right as they are drawn."""
        for run in visual_runs(text):
            pieces: list[tuple[str, _FontFile]] = []
            for cluster in _clusters(text[run.start : run.end]):
                current = pieces[-1][1] if pieces else None
                font_file = self._font_for(cluster, current) or self._font_for(cluster[0], None) or self._files[0]
                if pieces and font_file is current:
                    pieces[-1] = (pieces[-1][0] + cluster, font_file)
                else:
                    pieces.append((cluster, font_file))
            for piece, font_file in reversed(pieces) if run.right_to_left else pieces:
                yield piece, font_file, run.right_to_left

    def _font_for(self, cluster: str, current: _FontFile | None) -> _FontFile | None:
        if current is not None and current.has(cluster):
            return current
        return next((font_file for font_file in self._files if font_file.has(cluster)), None)

    def _font(self, name: str) -> hb.Font:
        font = self._open.get(name)
        if font is None:
            font = self._open[name] = hb.Font(hb.Face(self._read(name)))
            if len(self._open) > _OPEN_FONTS:
                self._open.popitem(last=False)
        self._open.move_to_end(name)
        return font

    def _read(self, name: str) -> bytes:
        with self._archive.open("rb") as file, zipfile.ZipFile(file) as packed:
            return packed.read(name)


def _line(image: hb.RasterImage | None, width: float, size_px: float) -> UInt8:
    """Put rendered ink, whose rows run upwards from the base line, on a line of standard height."""
    ascent, descent = round(_ASCENT * size_px), round(_DESCENT * size_px)
    if image is None or not image.extents.width or not image.extents.height:
        return np.zeros((ascent + descent, max(1, round(width))), np.uint8)
    extents = image.extents
    ink = np.frombuffer(image.buffer, np.uint8).reshape(extents.height, extents.stride)[::-1, : extents.width]
    top, bottom = extents.y_origin + extents.height, -extents.y_origin
    left, right = min(0, extents.x_origin), max(round(width), extents.x_origin + extents.width)
    ascent, descent = max(ascent, top), max(descent, bottom)
    line = np.zeros((ascent + descent, max(1, right - left)), np.uint8)
    line[ascent - top : ascent + bottom, extents.x_origin - left : extents.x_origin - left + extents.width] = ink
    return line
