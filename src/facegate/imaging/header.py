"""What an image file says about itself before a single pixel is decoded.

The parsers are small and total: any bytes give an :class:`ImageHeader` or :class:`BadHeader`, in time that does not
depend on what the header claims. Nothing here allocates pixels.
"""

import re
import zlib
from dataclasses import dataclass

from facegate.imaging.sniff import ImageKind

# A well-formed file has a few dozen segments or chunks; 10 MB of empty ones would only cost time.
_MAX_SEGMENTS = 10_000
# Progressive JPEGs have about ten scans. Every scan visits the whole picture, so a small file with thousands of
# empty ones would keep a core busy for minutes.
_MAX_SCANS = 64

_FILL = re.compile(rb"\xff+")
_PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}


class BadHeader(Exception):
    """The file is not what its first bytes promise; the message is a phrase that follows "the file"."""


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """The header of a JPEG, PNG or WebP file.

    Attributes:
        kind: file format.
        width: columns as stored, before orientation, px.
        height: rows as stored, px.
        orientation: EXIF orientation, 1 (upright) to 8.
        channels: colour components as stored (JPEG only, else 0).
        bits: bits per component (JPEG only, else 0).
        animated: whether it says it has several pictures.
    """

    kind: ImageKind
    width: int
    height: int
    orientation: int = 1
    channels: int = 0
    bits: int = 0
    animated: bool = False


def read_header(data: bytes, kind: ImageKind) -> ImageHeader:
    """Parse the header of `data`, whose first bytes were found to be of `kind`.

    Raises:
        BadHeader: it ends early or contradicts the format.
    """
    try:
        header = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp}[kind](data)
    except IndexError:
        raise BadHeader("ends inside its header") from None
    if header.width < 1 or header.height < 1:
        raise BadHeader(f"says it is {header.width}x{header.height} px")
    return header


def _jpeg(data: bytes) -> ImageHeader:
    """Walk the marker segments up to the frame header (ITU-T T.81, annex B)."""
    position = 2
    orientation = 1
    for _ in range(_MAX_SEGMENTS):
        fill = _FILL.match(data, position)
        if fill is None:
            raise BadHeader("has a damaged header" if position < len(data) else "ends inside its header")
        position = fill.end()
        marker = data[position]
        position += 1
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            continue
        if marker in (0xD8, 0xD9, 0xDA):
            raise BadHeader("has no picture in it")
        length = data[position] << 8 | data[position + 1]
        segment = data[position + 2 : position + length]
        if length < 2 or len(segment) < length - 2:
            raise BadHeader("ends inside its header")
        position += length
        if marker == 0xE1 and segment.startswith(b"Exif\x00\x00") and orientation == 1:
            orientation = exif_orientation(segment[6:])
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if marker in (0xC2, 0xCA) and data.count(b"\xff\xda", position) > _MAX_SCANS:
                raise BadHeader(f"has more than {_MAX_SCANS} scans")
            width, height = segment[3] << 8 | segment[4], segment[1] << 8 | segment[2]
            return ImageHeader("JPEG", width, height, orientation, channels=segment[5], bits=segment[0])
    raise BadHeader(f"has more than {_MAX_SEGMENTS} header segments")


def _png(data: bytes) -> ImageHeader:
    if data[12:16] != b"IHDR" or data[8:12] != b"\x00\x00\x00\x0d":
        raise BadHeader("has a damaged header")
    if len(data) < 33:
        raise BadHeader("ends inside its header")
    if zlib.crc32(data[12:29]) != int.from_bytes(data[29:33], "big"):
        raise BadHeader("has a damaged header")
    return ImageHeader("PNG", int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"))


@dataclass(frozen=True, slots=True)
class PngBody:
    """A PNG file reduced to what makes its pixels.

    Attributes:
        data: the file without metadata (text, profile, time and EXIF chunks).
        orientation: EXIF orientation, 1 to 8.
        animated: whether it holds animation control (APNG).
    """

    data: bytes
    orientation: int
    animated: bool


def png_body(data: bytes) -> PngBody:
    """Check the chunks of a PNG file whose header was read, and drop those that are metadata.

    Compressed text and colour profiles can unpack to gigabytes; no decoder gets to see them.

    Raises:
        BadHeader: a chunk is cut or its checksum is wrong, or the end chunk is missing.
    """
    view = memoryview(data)
    kept: list[bytes | memoryview] = [view[:8]]
    orientation = 1
    animated = False
    position = 8
    for _ in range(_MAX_SEGMENTS):
        length = int.from_bytes(view[position : position + 4], "big")
        kind = bytes(view[position + 4 : position + 8])
        end = position + 12 + length
        if len(kind) < 4 or end > len(data):
            raise BadHeader("is cut short")
        if kind in _PNG_KEPT:
            if zlib.crc32(view[position + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
                raise BadHeader(f"has a damaged {kind.decode()} part")
            kept.append(view[position:end])
        elif kind == b"acTL":
            animated = True
        elif kind == b"eXIf":
            orientation = exif_orientation(bytes(view[position + 8 : end - 4]))
        if kind == b"IEND":
            return PngBody(b"".join(kept), orientation, animated)
        position = end
    raise BadHeader(f"has more than {_MAX_SEGMENTS} parts")


def _webp(data: bytes) -> ImageHeader:
    """The first chunk of the RIFF container (developers.google.com/speed/webp/docs/riff_container)."""
    if int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise BadHeader("is cut short")
    first = data[12:16]
    if len(data) < 30:
        raise BadHeader("ends inside its header")
    if first == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = int.from_bytes(data[26:28], "little"), int.from_bytes(data[28:30], "little")
        return ImageHeader("WEBP", width & 0x3FFF, height & 0x3FFF)
    if first == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return ImageHeader("WEBP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if first == b"VP8X":
        flags = data[20]
        width, height = int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
        orientation = _webp_orientation(data) if flags & 0x08 else 1
        return ImageHeader("WEBP", width, height, orientation, animated=bool(flags & 0x02))
    raise BadHeader("has a damaged header")


def _webp_orientation(data: bytes) -> int:
    position = 12
    for _ in range(_MAX_SEGMENTS):
        kind = data[position : position + 4]
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        if kind == b"EXIF":
            return exif_orientation(data[position + 8 : position + 8 + length].removeprefix(b"Exif\x00\x00"))
        if len(kind) < 4:
            break
        position += 8 + length + (length & 1)
    return 1


def exif_orientation(tiff: bytes) -> int:
    """The orientation tag (0x0112) of an EXIF block, 1 to 8; 1 when it is absent or the block is damaged.

    Args:
        tiff: the block from its byte-order mark on.
    """
    orders = {b"II*\x00": "little", b"MM\x00*": "big"}
    order = orders.get(tiff[:4])
    if order is None:
        return 1

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], "little" if order == "little" else "big")

    directory = number(4, 4)
    for entry in range(directory + 2, min(directory + 2 + 12 * number(directory, 2), len(tiff) - 11), 12):
        if number(entry, 2) == 0x0112:
            value = number(entry + 8, 2)
            return value if 1 <= value <= 8 else 1
    return 1
