"""Damaged files by the hundred: a picture or an error of ours, nothing else; what is cut is always refused."""

import io
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from skimage import data as sample_images

from facegate.errors import InputError, InvalidImage
from facegate.imaging.decode import decode_image
from facegate.types import Frame


def _originals() -> dict[str, bytes]:
    face = np.ascontiguousarray(sample_images.astronaut()[60:188, 160:288])
    image = Image.fromarray(face)
    exif = Image.Exif()
    exif[0x0112] = 6
    alpha = image.copy()
    alpha.putalpha(200)
    variants: dict[str, tuple[Image.Image, str, dict[str, object]]] = {
        "baseline.jpg": (image, "JPEG", {"exif": exif}),
        "progressive.jpg": (image, "JPEG", {"progressive": True}),
        "grey.jpg": (image.convert("L"), "JPEG", {}),
        "cmyk.jpg": (image.convert("CMYK"), "JPEG", {}),
        "rgb.png": (image, "PNG", {"exif": exif}),
        "palette.png": (image.convert("P"), "PNG", {"transparency": 3}),
        "sixteen.png": (Image.fromarray(np.array(image.convert("L")).astype(np.uint16) * 257), "PNG", {}),
        "lossy.webp": (image, "WEBP", {"exif": exif}),
        "lossless.webp": (image, "WEBP", {"lossless": True}),
        "alpha.webp": (alpha, "WEBP", {}),
    }
    files: dict[str, bytes] = {}
    for name, (picture, kind, options) in variants.items():
        buffer = io.BytesIO()
        picture.save(buffer, kind, **options)
        files[name] = buffer.getvalue()
    return files


ORIGINALS = _originals()


def _mutations(data: bytes, rng: np.random.Generator) -> Iterator[bytes]:
    for _ in range(20):  # one to four bits anywhere in the header
        yield _flip(data, rng, 0, min(len(data), 400))
    for _ in range(15):  # anywhere
        yield _flip(data, rng, 0, len(data))
    for _ in range(8):  # a hole filled with one value
        start = int(rng.integers(2, len(data) - 20))
        end = min(len(data), start + int(rng.integers(1, 400)))
        yield data[:start] + bytes([int(rng.integers(256))]) * (end - start) + data[end:]
    for _ in range(8):  # a piece gone from the middle
        start = int(rng.integers(2, len(data) - 20))
        yield data[:start] + data[start + int(rng.integers(1, 300)) :]
    for _ in range(8):  # a piece doubled, or moved in from elsewhere
        start, end = sorted(int(v) for v in rng.integers(0, len(data), 2))
        at = int(rng.integers(12, len(data)))
        yield data[:at] + data[start:end] + data[at:]


def _flip(data: bytes, rng: np.random.Generator, low: int, high: int) -> bytes:
    damaged = bytearray(data)
    for position in rng.integers(low, high, int(rng.integers(1, 5))):
        damaged[position] ^= 1 << int(rng.integers(8))
    return bytes(damaged)


@pytest.mark.parametrize("name", ORIGINALS)
def test_the_original_is_read(name: str):
    assert decode_image(ORIGINALS[name]).width == 128


@pytest.mark.parametrize("name", ORIGINALS)
def test_mutated_files_give_a_picture_or_our_error(name: str):
    outcomes: list[Frame | str] = []
    for damaged in _mutations(ORIGINALS[name], np.random.default_rng(zlib.crc32(name.encode()))):
        try:
            outcomes.append(decode_image(damaged, name=name))
        except InputError as error:
            outcomes.append(error.code)
    codes = [outcome for outcome in outcomes if isinstance(outcome, str)]
    # Ten originals of 59 mutations each. Some must be found out; that none are would mean nothing is checked.
    assert len(outcomes) == 59
    assert len(codes) >= 10
    assert set(codes) <= {"invalid_image", "unsupported_media_type", "image_too_large"}


@pytest.mark.parametrize("name", ORIGINALS)
def test_every_cut_is_refused(name: str):
    data = ORIGINALS[name]
    lengths = {*range(1, 40), *np.linspace(40, len(data) - 1, 60).astype(int).tolist(), len(data) - 2, len(data) - 1}
    for length in sorted(lengths):
        with pytest.raises(InputError) as caught:
            decode_image(data[:length], name=name)
        if length > 12:
            assert isinstance(caught.value, InvalidImage), length


@pytest.mark.parametrize("name", [name for name in ORIGINALS if name.endswith(".png")])
def test_every_flipped_bit_of_png_pixels_is_found(name: str):
    data = ORIGINALS[name]
    start = data.index(b"IDAT") + 4
    for position in range(start, len(data) - 16, 97):
        damaged = bytearray(data)
        damaged[position] ^= 0x10
        with pytest.raises(InvalidImage):
            decode_image(bytes(damaged))


@given(
    head=st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBP", b"\0\0\0\x20ftyp", b""]),
    tail=st.binary(max_size=400),
)
@settings(max_examples=300, deadline=None)
def test_noise_behind_any_signature_is_refused(head: bytes, tail: bytes):
    with pytest.raises(InputError):
        decode_image(head + tail)


@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    kind=st.sampled_from(["PNG", "WEBP"]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_any_small_picture_survives_a_lossless_file(size: tuple[int, int], kind: str, seed: int):
    pixels: NDArray[np.uint8] = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **({"lossless": True} if kind == "WEBP" else {}))
    np.testing.assert_array_equal(decode_image(buffer.getvalue()).pixels, pixels)
