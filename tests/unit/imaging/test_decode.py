"""Reading pictures: every kind gives the same upright RGB, everything else its own error."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from facegate.config import Settings
from facegate.errors import FacegateError, ImageTooLarge, InvalidImage, NotFound, UnsupportedMediaType
from facegate.imaging.decode import ImageLimits, decode_image, read_image
from facegate.imaging.header import exif_orientation

Array = NDArray[np.uint8]


def saved(pixels: Array | Image.Image, kind: str, **options: object) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *extra: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(extra)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def difference(a: Array, b: Array) -> float:
    assert a.shape == b.shape
    return float(np.abs(a.astype(int) - b).mean())


# What is read


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_equals_pillow(astronaut: Array, subsampling: int, progressive: bool):
    data = saved(astronaut, "JPEG", quality=90, subsampling=subsampling, progressive=progressive)
    frame = decode_image(data)
    with Image.open(io.BytesIO(data)) as image:
        reference = np.array(image)
    assert frame.pixels.flags.c_contiguous
    assert frame.pixels.flags.writeable
    assert difference(frame.pixels, reference) < 0.5


def test_jpeg_of_unusual_sampling_is_read(astronaut: Array):
    # Legal, but none of the samplings that simplejpeg knows. Every block is flat: in the standard luma tables a
    # DC difference of 0 is 00 and the end of the block 1010.
    ordinary = saved(astronaut, "JPEG")
    tables = ordinary[ordinary.index(b"\xff\xc4") : ordinary.index(b"\xff\xda")]
    quantisation = ordinary[ordinary.index(b"\xff\xdb") : ordinary.index(b"\xff\xc0")]
    frame = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 32, 32) + b"\x03\x01\x22\x00\x02\x21\x00\x03\x11\x00"
    scan = b"\xff\xda\x00\x0c\x03\x01\x00\x02\x00\x03\x00\x00\x3f\x00"
    blocks = "001010" * (4 * (4 + 2 + 1))
    body = int(blocks, 2).to_bytes(len(blocks) // 8, "big")
    frame = decode_image(b"\xff\xd8" + quantisation + frame + tables + scan + body + b"\xff\xd9")
    assert frame.pixels.shape == (32, 32, 3)
    assert (frame.pixels == 128).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_lossless_kinds_give_the_very_pixels(astronaut: Array, kind: str):
    data = saved(astronaut, kind, **({"lossless": True} if kind == "WEBP" else {}))
    np.testing.assert_array_equal(decode_image(data).pixels, astronaut)


def test_lossy_webp(astronaut: Array):
    assert difference(decode_image(saved(astronaut, "WEBP", quality=90)).pixels, astronaut) < 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_grey(astronaut: Array, kind: str):
    grey = Image.fromarray(astronaut).convert("L")
    pixels = decode_image(saved(grey, kind)).pixels
    assert difference(pixels, np.array(grey.convert("RGB"))) < 4
    assert (np.ptp(pixels.astype(int), axis=2) <= 2).all()


@pytest.mark.parametrize("mode", ["1", "P", "L", "LA", "RGBA", "I;16"])
def test_png_modes_look_like_the_picture(astronaut: Array, mode: str):
    colour = Image.fromarray(astronaut)
    if mode == "I;16":
        image = Image.fromarray(np.array(colour.convert("L")).astype(np.uint16) * 257)
        expected = np.array(colour.convert("L").convert("RGB"))
    else:
        image = colour.convert(mode)
        expected = np.array(image.convert("RGB"))
    assert difference(decode_image(saved(image, "PNG")).pixels, expected) < 0.5


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_png_of_16_bits(colour_type: int, channels: int):
    values = np.array([[0x0000, 0x12FF, 0x8000, 0xFFFF]], np.uint16)
    samples = np.repeat(values[:, :, None], channels, axis=2)
    if channels in (2, 4):
        samples[:, :, -1] = 0xFFFF
    rows = b"\x00" + samples.astype(">u2").tobytes()
    pixels = decode_image(png(4, 1, 16, colour_type, rows)).pixels
    np.testing.assert_allclose(pixels[0, :, 0].astype(int), [0, 0x12, 0x80, 0xFF], atol=1)


def test_transparency_is_put_on_white(astronaut: Array):
    alpha = np.zeros((*astronaut.shape[:2], 1), np.uint8)
    alpha[:, 256:] = 255
    pixels = decode_image(saved(np.concatenate([astronaut, alpha], 2), "PNG")).pixels
    assert (pixels[:, :256] == 255).all()
    np.testing.assert_array_equal(pixels[:, 256:], astronaut[:, 256:])


def test_half_transparent_webp():
    rgba = np.full((8, 8, 4), (0, 0, 0, 128), np.uint8)
    pixels = decode_image(saved(rgba, "WEBP", lossless=True, exact=True)).pixels
    assert set(np.unique(pixels)) == {127}


def test_palette_with_a_transparent_colour():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putdata([0, 1])
    pixels = decode_image(saved(image, "PNG", transparency=0)).pixels
    assert pixels.tolist() == [[[255, 255, 255], [200, 100, 50]]]


def test_grey_png_with_a_transparent_value():
    pixels = decode_image(png(2, 1, 8, 0, b"\x00\x05\x09", chunk(b"tRNS", b"\x00\x05"))).pixels
    assert pixels[0, :, 0].tolist() == [255, 9]


def test_cmyk_jpeg(astronaut: Array):
    data = saved(Image.fromarray(astronaut).convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data  # which means that the numbers are inverted: 255 is no ink
    assert difference(decode_image(data).pixels, astronaut) < 3
    assert decode_image(data, max_side_px=128).width == 128


def test_adobe_rgb_jpeg_is_not_taken_for_ycc(astronaut: Array):
    data = saved(astronaut, "JPEG", quality=95, keep_rgb=True)
    assert difference(decode_image(data).pixels, astronaut) < 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_orientation_gives_the_upright_picture(astronaut: Array, kind: str, orientation: int):
    upright = np.ascontiguousarray(astronaut[:300, :200])
    stored = _as_camera_stores(Image.fromarray(upright), orientation)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(stored, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {"quality": 95}))
    with Image.open(io.BytesIO(data)) as image:
        reference = np.array(ImageOps.exif_transpose(image).convert("RGB"))
    frame = decode_image(data)
    assert (frame.width, frame.height) == (200, 300)
    assert difference(frame.pixels, reference) < 0.5
    assert difference(frame.pixels, upright) < 4


def _as_camera_stores(image: Image.Image, orientation: int) -> Image.Image:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return image.transpose(undo[orientation]) if orientation > 1 else image


@pytest.mark.parametrize(
    "block", [b"", b"II*\x00", b"XX*\x00aaaaaaaa", b"II*\x00\xff\xff\xff\xff", b"MM\x00*\x00\x00\x00\x08\xff\xff"]
)
def test_damaged_exif_means_upright(block: bytes):
    assert exif_orientation(block) == 1


def test_orientation_out_of_range_means_upright():
    assert exif_orientation(b"II*\x00\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0\0\0\0\0") == 1


def test_trailing_bytes_are_ignored(astronaut: Array):
    # Motion photos and multi-picture files carry more after the picture.
    data = saved(astronaut, "JPEG")
    np.testing.assert_array_equal(decode_image(data + b"\0" * 999).pixels, decode_image(data).pixels)


def test_ending_and_type_are_not_asked(astronaut: Array, tmp_path: Path):
    path = tmp_path / "photo.txt"
    path.write_bytes(saved(astronaut, "PNG"))
    np.testing.assert_array_equal(read_image(path).pixels, astronaut)


def test_real_photos(shared_data: Path):
    sizes = {p.name: read_image(p).pixels.shape for p in (shared_data / "photos").iterdir() if "bad-" not in p.name}
    assert len(sizes) == 17
    assert sizes["rotated-90.jpg"] == (325, 402, 3)  # a PNG by its bytes


# Reduced scale


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("side", [64, 200, 511])
def test_max_side_shrinks_to_the_asked_size(astronaut: Array, kind: str, side: int):
    wide = np.ascontiguousarray(astronaut[:384])
    frame = decode_image(saved(wide, kind, quality=95), max_side_px=side)
    assert (frame.width, frame.height) == (side, round(384 * side / 512))
    reference = np.array(Image.fromarray(wide).resize((frame.width, frame.height), Image.Resampling.BOX))
    assert difference(frame.pixels, reference) < 5


def test_max_side_never_enlarges(astronaut: Array):
    assert decode_image(saved(astronaut, "JPEG"), max_side_px=4000).width == 512


def test_max_side_with_orientation(astronaut: Array):
    exif = Image.Exif()
    exif[0x0112] = 6
    frame = decode_image(saved(np.ascontiguousarray(astronaut[:256]), "JPEG", exif=exif), max_side_px=100)
    assert (frame.width, frame.height) == (50, 100)


def test_a_large_photo(astronaut: Array):
    large = np.asarray(Image.fromarray(astronaut).resize((4000, 3000)))
    data = saved(large, "JPEG", quality=80)
    assert decode_image(data).pixels.shape == (3000, 4000, 3)
    small = decode_image(data, max_side_px=1280)
    assert difference(small.pixels, np.asarray(Image.fromarray(large).resize((1280, 960)))) < 3


# What is refused


def refused(data: bytes, limits: ImageLimits | None = None) -> FacegateError:
    with pytest.raises(FacegateError) as caught:
        decode_image(data, name="x.jpg", limits=limits)
    error = caught.value
    assert error.message.startswith("x.jpg ")
    assert error.message.endswith(".")
    assert error.details["image"] == "x.jpg"
    return error


def test_empty():
    error = refused(b"")
    assert error.code == "invalid_image"
    assert "0 bytes" in error.message


def test_shared_broken_files(shared_data: Path):
    for name in ("bad-truncated.jpg", "bad-corrupted.png"):
        with pytest.raises(InvalidImage) as caught:
            read_image(shared_data / "photos" / name)
        assert name in caught.value.message
        assert caught.value.code == "invalid_image"


@pytest.mark.parametrize(
    ("data", "noun"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC photo"),
        (b"\0\0\0\x18ftypheix\0\0\0\0mif1heix", "a HEIC photo"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf", "a HEIC photo"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "an AVIF image"),
        (b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", "an AVIF image"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", "a video"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "a video"),
        (b"GIF89a" + bytes(20), "a GIF"),
        (b"%PDF-1.7\n\xff\xd8\xff", "a PDF document"),
        (b"II*\0" + bytes(20), "a TIFF"),
        (b"BM" + bytes(20), "a BMP"),
        (b"\0\0\x01\0\x01\0", "a Windows icon"),
        (b"8BPS" + bytes(20), "a Photoshop"),
        (b"SIMPLE  =                    T", "a FITS image"),
        (b"\xc5\xd0\xd3\xc6" + bytes(20), "a PostScript"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "a PostScript"),
        (b"\xff\x0a" + bytes(20), "a JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000"),
        (b"RIFF\x10\0\0\0AVI LIST", "an AVI video"),
        (b"\x1aE\xdf\xa3" + bytes(20), "WebM video"),
        (b"PK\x03\x04" + bytes(20), "a ZIP archive"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<!DOCTYPE html><p>404", "a web page"),
        ("Grüße, dies ist ein Text.".encode(), "a text file"),
        (b"hello", "a text file"),
        (bytes(range(128, 256)), "not an image"),
        (b"\xff\xd8", "not an image"),
        (b"\x89PNG\n\x1a\n", "not an image"),
    ],
)
def test_other_types_are_named(data: bytes, noun: str):
    error = refused(data)
    assert isinstance(error, UnsupportedMediaType)
    assert error.code == "unsupported_media_type"
    if noun == "a video":
        assert "video" in error.message
    else:
        assert noun in error.message


def test_heic_comes_with_its_cure():
    message = refused(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").message
    assert "facegate reads JPEG, PNG and WebP" in message
    assert "Settings > Camera > Formats > Most Compatible" in message


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_animations(astronaut: Array, kind: str):
    frames = [Image.fromarray(astronaut[:64, :64]), Image.fromarray(astronaut[64:128, :64])]
    error = refused(saved(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert isinstance(error, UnsupportedMediaType)
    assert "GIF" in error.message if kind == "GIF" else "animated" in error.message


def test_an_animation_of_ten_thousand_frames_is_not_decoded():
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    frame = chunk(b"fcTL", bytes(26)) + chunk(b"fdAT", bytes(8))
    data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"acTL", struct.pack(">II", 10_000, 0)) + frame * 10_000
    assert refused(data + chunk(b"IEND", b"")).code in ("unsupported_media_type", "invalid_image")


def test_a_huge_png_is_refused_by_its_header(monkeypatch: pytest.MonkeyPatch):
    row = b"\0" + bytes(30_000 // 8)
    body = zlib.compress(row * 30_000, 9)
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    assert len(data) < 150_000
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("decoded"))
    error = refused(data)
    assert isinstance(error, ImageTooLarge)
    assert "30000x30000" in error.message
    assert error.details["width"] == 30_000


def test_pixel_limit():
    rows = (b"\0" + bytes(9000)) * 2
    error = refused(png(9000, 9000, 8, 0, rows))
    assert isinstance(error, ImageTooLarge)
    assert "81.0 megapixels; at most 40 " in error.message


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_limit_is_for_every_kind(astronaut: Array, kind: str):
    data = saved(astronaut, kind)
    for limits in (ImageLimits(max_bytes=1000), ImageLimits(max_pixels=512 * 512 - 1), ImageLimits(max_side_px=511)):
        assert refused(data, limits=limits).code == "image_too_large"
    assert decode_image(data, limits=ImageLimits(len(data), 512 * 512, 512)).width == 512


def test_limits_follow_the_settings():
    settings = Settings(max_image_bytes=7, max_image_pixels=8, max_image_side_px=9)
    assert ImageLimits.from_settings(settings) == ImageLimits(7, 8, 9)
    assert ImageLimits.from_settings(Settings()) == ImageLimits()
    with pytest.raises(ValueError, match="max_bytes"):
        ImageLimits(max_bytes=0)


def test_a_limit_above_pillows_own_warns_nobody():
    error = refused(png(10_000, 10_000, 8, 0, b"\0"), limits=ImageLimits(max_pixels=10**9))
    assert isinstance(error, ImageTooLarge)


def test_pillow_is_left_as_it_was(astronaut: Array):
    limit, lenient = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    decode_image(saved(astronaut, "PNG"))
    refused(saved(astronaut, "PNG")[:-100])
    assert limit == Image.MAX_IMAGE_PIXELS
    assert lenient == ImageFile.LOAD_TRUNCATED_IMAGES


def test_data_missing_from_the_middle_of_a_jpeg_is_not_painted_grey(astronaut: Array):
    data = saved(astronaut, "JPEG", quality=85)
    for start in (len(data) // 3, len(data) // 2, len(data) * 4 // 5):
        assert refused(data[:start] + data[start + 400 :]).code == "invalid_image"


def test_a_cut_jpeg_with_an_end_marker_glued_on_is_refused(astronaut: Array):
    data = saved(astronaut, "JPEG")
    assert refused(data[: len(data) // 2] + b"\xff\xd9").code == "invalid_image"


def test_a_jpeg_of_many_scans_is_refused(astronaut: Array):
    data = saved(astronaut, "JPEG", progressive=True)
    scan = data.index(b"\xff\xda")
    empty_scan = data[scan : scan + 14]
    assert "scans" in refused(data[:scan] + empty_scan * 200 + data[scan:]).message


def test_a_12_bit_jpeg_is_named(astronaut: Array):
    data = bytearray(saved(astronaut, "JPEG"))
    data[data.index(b"\xff\xc0") + 4] = 12
    error = refused(bytes(data))
    assert isinstance(error, UnsupportedMediaType)
    assert "12 bits" in error.message


def test_png_metadata_bombs_are_not_unpacked(astronaut: Array):
    bomb = zlib.compress(bytes(50_000_000), 9)
    data = saved(np.ascontiguousarray(astronaut[:64, :64]), "PNG")
    bombs = chunk(b"zTXt", b"Comment\0\0" + bomb) + chunk(b"iCCP", b"profile\0\0" + bomb)
    np.testing.assert_array_equal(decode_image(data[:33] + bombs + data[33:]).pixels, astronaut[:64, :64])


def test_many_empty_png_chunks_are_refused():
    assert "parts" in refused(png(1, 1, 8, 0, b"\0\0", chunk(b"tEXt", b"") * 20_000)).message


def test_nothing_is_printed_about_damaged_files(astronaut: Array, capfd: pytest.CaptureFixture[str]):
    for kind in ("JPEG", "PNG", "WEBP"):
        data = saved(astronaut, kind)
        refused(data[: len(data) * 2 // 3])
    assert capfd.readouterr() == ("", "")


def test_a_name_cannot_steer_a_terminal():
    with pytest.raises(InvalidImage) as caught:
        decode_image(b"", name="a\x1b[2J\nb.jpg")
    assert caught.value.message.isprintable()


# Files


def test_missing_file(tmp_path: Path):
    with pytest.raises(NotFound, match=r"no file nobody\.jpg") as caught:
        read_image(tmp_path / "nobody.jpg")
    assert caught.value.code == "not_found"


def test_folder_and_device(tmp_path: Path):
    with pytest.raises(InvalidImage, match="is a folder"):
        read_image(tmp_path)
    with pytest.raises(InvalidImage, match="not an ordinary file"):
        read_image("/dev/null")


def test_nul_in_a_path():
    with pytest.raises(NotFound):
        read_image("a\0b.jpg")


def test_a_file_over_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "large.jpg"
    with path.open("wb") as file:
        file.truncate(11 * 1024 * 1024)
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("opened"))
    with pytest.raises(ImageTooLarge, match="11,534,336 bytes"):
        read_image(path)
