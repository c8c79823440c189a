"""What a file is, by its first bytes; its name and declared type are never asked."""

from dataclasses import dataclass
from typing import Literal

ImageKind = Literal["JPEG", "PNG", "WEBP"]

_TO_JPEG = "Save it as JPEG or PNG."
_CHECK = "Check that it is the file you mean."
_TO_STILL = "Save one picture of it as JPEG or PNG."


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file of a type that is not read.

    Attributes:
        noun: what it is, with its article ("a HEIC photo").
        cure: what to do about it, one sentence.
        video: whether it is a video, which :mod:`facegate.imaging.video` reads.
    """

    noun: str
    cure: str = _TO_JPEG
    video: bool = False


_HEIC = Foreign(
    "a HEIC photo",
    "On the iPhone choose Settings > Camera > Formats > Most Compatible, or export the photo as JPEG.",
)


def _video(noun: str) -> Foreign:
    return Foreign(noun, "Give a frame of it, saved as JPEG or PNG.", video=True)


# (offset, bytes, what it is); the first that fits is taken.
_SIGNATURES: tuple[tuple[int, bytes, Foreign], ...] = (
    (0, b"GIF8", Foreign("a GIF", _TO_STILL)),
    (0, b"%PDF", Foreign("a PDF document")),
    (0, b"II*\x00", Foreign("a TIFF or camera raw file")),
    (0, b"MM\x00*", Foreign("a TIFF or camera raw file")),
    (0, b"8BPS", Foreign("a Photoshop file")),
    (0, b"\x00\x00\x01\x00", Foreign("a Windows icon")),
    (0, b"\x00\x00\x00\x0cjP  ", Foreign("a JPEG 2000 image")),
    (0, b"\xff\x4f\xff\x51", Foreign("a JPEG 2000 image")),
    (0, b"\xff\x0a", Foreign("a JPEG XL image")),
    (0, b"\x00\x00\x00\x0cJXL ", Foreign("a JPEG XL image")),
    (0, b"%!PS", Foreign("a PostScript file")),
    (0, b"\xc5\xd0\xd3\xc6", Foreign("a PostScript file")),
    (0, b"SIMPLE  =", Foreign("a FITS image")),
    (0, b"v/1\x01", Foreign("an OpenEXR image")),
    (0, b"#?RADIANCE", Foreign("a Radiance HDR image")),
    (0, b"qoif", Foreign("a QOI image")),
    (0, b"\x1aE\xdf\xa3", _video("a Matroska or WebM video")),
    (8, b"AVI ", _video("an AVI video")),
    (0, b"\x00\x00\x01\xba", _video("an MPEG video")),
    (0, b"\x00\x00\x01\xb3", _video("an MPEG video")),
    (0, b"YUV4MPEG2", _video("a raw Y4M video")),
    (0, b"FLV\x01", _video("a Flash video")),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", _video("a Windows Media file")),
    (0, b"OggS", _video("an Ogg file")),
    (8, b"WAVE", Foreign("a sound file", "Give a picture.")),
    (0, b"PK\x03\x04", Foreign("a ZIP archive or office document", "Unpack it and give the pictures.")),
    (0, b"\x1f\x8b", Foreign("a gzip archive", "Unpack it and give the pictures.")),
    (0, b"Rar!", Foreign("a RAR archive", "Unpack it and give the pictures.")),
    (0, b"7z\xbc\xaf", Foreign("a 7-Zip archive", "Unpack it and give the pictures.")),
    (0, b"\x7fELF", Foreign("a program", "Give a picture.")),
    (0, b"MZ", Foreign("a program", "Give a picture.")),
    (0, b"BM", Foreign("a BMP image")),
)

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1", b"mif2"}
_AVIF_BRANDS = {b"avif", b"avis"}


def image_kind(data: bytes) -> ImageKind | None:
    """The kind of a readable image, or None for everything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    return None


def foreign_kind(data: bytes) -> Foreign:
    """What a file is that :func:`image_kind` did not take."""
    if data[4:8] == b"ftyp":
        return _iso_media(data)
    # A transport stream has no signature, but one sync byte every 188.
    if len(data) > 376 and data[0] == data[188] == data[376] == 0x47:
        return _video("an MPEG transport stream")
    for offset, signature, foreign in _SIGNATURES:
        if data.startswith(signature, offset):
            return foreign
    return _text(data) or Foreign("not an image of a known type", _CHECK)


def _iso_media(data: bytes) -> Foreign:
    """The media type of an ISO base media file by the brands of its first box (ISO/IEC 14496-12, 23008-12)."""
    end = min(int.from_bytes(data[:4], "big"), len(data), 256)
    major = data[8:12]
    brands = {major} | {data[i : i + 4] for i in range(16, end - 3, 4)}
    if brands & _AVIF_BRANDS:
        return Foreign("an AVIF image")
    if brands & _HEIC_BRANDS:
        return _HEIC
    if major == b"crx ":
        return Foreign("a camera raw file")
    return _video("an MP4 or QuickTime video")


def _text(data: bytes) -> Foreign | None:
    start = data[:512]
    try:
        text = start.decode("utf-8", errors="strict" if len(data) <= 512 else "ignore")
    except UnicodeDecodeError:
        return None
    if not text or sum(c.isprintable() or c.isspace() for c in text) < 0.95 * len(start.decode("utf-8", "replace")):
        return None
    text = text.lstrip("\ufeff \t\r\n").lower()
    if "<svg" in text:
        return Foreign("an SVG drawing")
    if text.startswith(("<!doctype html", "<html")):
        return Foreign("a web page", "Save the picture itself, not the page around it.")
    return Foreign("a text file", _CHECK)
