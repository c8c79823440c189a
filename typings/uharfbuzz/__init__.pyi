"""The part of uharfbuzz 0.57 that facegate uses; the package itself carries no types."""

from collections.abc import Iterable, Mapping
from enum import IntFlag
from typing import NamedTuple

class Blob:
    data: bytes

class Set(Iterable[int]):
    def __iter__(self) -> Set: ...
    def __next__(self) -> int: ...
    def clear(self) -> None: ...
    def update(self, values: Iterable[int]) -> None: ...

class AxisInfo:
    tag: str

class Face:
    def __init__(self, data: bytes, index: int = 0) -> None: ...
    blob: Blob
    unicodes: Set
    upem: int
    axis_infos: list[AxisInfo]

class FontExtents(NamedTuple):
    ascender: int
    descender: int
    line_gap: int

class Font:
    def __init__(self, face: Face) -> None: ...
    scale: tuple[int, int]
    def get_font_extents(self, direction: str) -> FontExtents: ...

class GlyphInfo:
    codepoint: int
    cluster: int

class GlyphPosition:
    x_advance: int
    y_advance: int
    x_offset: int
    y_offset: int

class Buffer:
    direction: str
    script: str
    language: str
    glyph_infos: list[GlyphInfo]
    glyph_positions: list[GlyphPosition]
    def add_str(self, text: str) -> None: ...
    def guess_segment_properties(self) -> None: ...

def shape(font: Font, buffer: Buffer, features: Mapping[str, bool] | None = None) -> None: ...

class RasterExtents(NamedTuple):
    x_origin: int
    y_origin: int
    width: int
    height: int
    stride: int = 0

class RasterImage:
    extents: RasterExtents
    buffer: bytes

class RasterDraw:
    extents: RasterExtents | None
    scale_factor: tuple[float, float]
    transform: tuple[float, float, float, float, float, float]
    def draw_glyph(self, font: Font, glyph: int) -> None: ...
    def render(self) -> RasterImage | None: ...

class SubsetFlags(IntFlag):
    NO_HINTING = 1
    NOTDEF_OUTLINE = 64

class SubsetInput:
    flags: SubsetFlags
    unicode_set: Set
    glyph_set: Set
    drop_table_tag_set: Set
    def keep_everything(self) -> None: ...
    def pin_axis_location(self, face: Face, tag: str, value: float) -> None: ...

def subset(face: Face, plan: SubsetInput) -> Face: ...
