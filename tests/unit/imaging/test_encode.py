"""Writing pictures."""

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from facegate.errors import InvalidRequest
from facegate.imaging.decode import decode_image, read_image
from facegate.imaging.encode import encode_jpeg, encode_png, write_image
from facegate.types import Frame


def test_png_is_lossless(astronaut: NDArray[np.uint8]):
    np.testing.assert_array_equal(decode_image(encode_png(Frame(astronaut))).pixels, astronaut)


def test_jpeg_keeps_the_colours(astronaut: NDArray[np.uint8]):
    pixels = decode_image(encode_jpeg(Frame(astronaut), quality=92)).pixels
    assert np.abs(pixels.astype(int) - astronaut).mean() < 3


def test_quality_trades_size(astronaut: NDArray[np.uint8]):
    sizes = [len(encode_jpeg(Frame(astronaut), quality=q)) for q in (20, 60, 85, 100)]
    assert sizes == sorted(sizes)
    for quality in (0, 101):
        with pytest.raises(ValueError, match="quality"):
            encode_jpeg(Frame(astronaut), quality=quality)


def test_a_strided_picture_is_written_right(astronaut: NDArray[np.uint8]):
    view = astronaut[::2, 100:10:-1]
    np.testing.assert_array_equal(decode_image(encode_png(Frame(view))).pixels, view)


def test_nothing_of_the_camera_is_kept(astronaut: NDArray[np.uint8], tmp_path: Path):
    exif = Image.Exif()
    exif[0x010F] = "Camera maker"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    buffer = io.BytesIO()
    Image.fromarray(astronaut).save(buffer, "JPEG", exif=exif)
    assert b"Camera maker" in buffer.getvalue()
    for name in ("a.jpg", "a.png"):
        write_image(tmp_path / name, decode_image(buffer.getvalue()))
        with Image.open(tmp_path / name) as image:
            assert not image.getexif()
        assert b"Camera maker" not in (tmp_path / name).read_bytes()


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.png"])
def test_written_files_can_be_read(astronaut: NDArray[np.uint8], tmp_path: Path, name: str):
    write_image(tmp_path / name, Frame(astronaut))
    assert np.abs(read_image(tmp_path / name).pixels.astype(int) - astronaut).mean() < 3
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_failed_write_leaves_the_old_file(
    astronaut: NDArray[np.uint8], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_image(path, Frame(astronaut))
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_permissions_follow_the_umask(astronaut: NDArray[np.uint8], tmp_path: Path):
    (tmp_path / "plain").touch()
    write_image(tmp_path / "a.png", Frame(astronaut))
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_unknown_ending(astronaut: NDArray[np.uint8], tmp_path: Path):
    with pytest.raises(InvalidRequest, match=r"a\.gif"):
        write_image(tmp_path / "a.gif", Frame(astronaut))
    assert not list(tmp_path.iterdir())
